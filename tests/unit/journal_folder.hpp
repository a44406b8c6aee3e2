// A journal in a folder of its own and a clock that the test moves.
#pragma once

#include <memory>

#include <catch2/catch.hpp>

#include "runtime/journal/sqlite_journal.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace mig::tests {

class TestClock final : public runtime::Clock {
 public:
  runtime::Instant now() const override { return now_; }
  runtime::Duration elapsed() const override { return elapsed_; }
  void advance(std::chrono::microseconds by) {
    now_ += by;
    elapsed_ += by;
  }

 private:
  // 2026-03-01T12:00:00Z
  runtime::Instant now_{std::chrono::microseconds(1'772'366'400'000'000)};
  runtime::Duration elapsed_ = std::chrono::hours(5);
};

struct JournalFolder {
  TemporaryFolder folder;
  TestClock clock;
  std::filesystem::path path = folder / ".mig/journal.db";

  runtime::Result<std::unique_ptr<runtime::SqliteJournal>> try_open(
      runtime::Mode mode = runtime::Mode::ReadWrite) {
    return runtime::SqliteJournal::open(path, clock,
                                        {.mode = mode,
                                         .created_by = "mig 0.1.0",
                                         .busy_wait = std::chrono::milliseconds(20),
                                         .reserve_bytes = 64 << 10});
  }
  std::unique_ptr<runtime::SqliteJournal> open(runtime::Mode mode = runtime::Mode::Create) {
    auto journal = try_open(mode);
    if (!journal) FAIL(journal.error().message);
    return std::move(*journal);
  }
  // A journal with `count` records in it, closed again.
  void fill(int count) {
    auto journal = open();
    auto lease = journal->take("orders", "test");
    REQUIRE(lease);
    for (int i = 1; i <= count; ++i) {
      REQUIRE(append(*journal, *lease, {"Note", "{\"n\":" + std::to_string(i) + "}", "test"}));
    }
    REQUIRE(journal->release(*lease));
  }
  // Changes the file as somebody with a SQLite shell would.
  void tamper(const std::string& sql) {
    auto database = runtime::open_sqlite(path, runtime::Mode::ReadWrite);
    REQUIRE(database);
    REQUIRE(database->execute(sql));
  }
};

}  // namespace mig::tests
