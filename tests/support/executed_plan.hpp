// A plan carried out by the executor, in a folder and with a journal of its own, on a clock that
// leaps over every wait.
#pragma once

#include <atomic>
#include <vector>

#include <catch2/catch.hpp>

#include "compiler/plan/codec.hpp"
#include "compiler/plan/hash.hpp"
#include "runtime/engine/executor.hpp"
#include "runtime/journal/sqlite_journal.hpp"
#include "tests/support/test_stores.hpp"
#include "tests/support/virtual_clock.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace mig::tests {

// Keeps every record of the journal.
class Notes : public runtime::Observer {
 public:
  void on_entry(const plan::Plan&, const plan::RunState&, const plan::Entry& entry) override {
    records.push_back(entry.record);
  }
  void on_progress(const plan::Step&, const runtime::More&) override {}
  void on_wait(const plan::Step&, const runtime::WaitUntil&) override {}
  void on_follow(const runtime::Followed&) override {}
  void on_follow_failure(const runtime::Error&) override {}

  template <class Record>
  std::vector<Record> all() const {
    std::vector<Record> found;
    for (const plan::Record& record : records) {
      if (const auto* one = std::get_if<Record>(&record)) found.push_back(*one);
    }
    return found;
  }

  std::vector<plan::Record> records;
};

// To its end, or until it pauses.
inline runtime::EndKind execute(const plan::Plan& plan, const TemporaryFolder& folder,
                                test::VirtualClock& clock, Notes& notes) {
  auto journal = runtime::SqliteJournal::open(folder / "journal.db", clock,
                                              {.mode = runtime::Mode::Create, .reserve_bytes = 0});
  REQUIRE(journal);
  auto lease = (*journal)->take("run/" + plan.name, "test");
  REQUIRE(lease);
  auto log = runtime::RunLog::create(**journal, *lease,
                                     {.run = "run-1",
                                      .plan_name = plan.name,
                                      .plan_hash = print(plan_hash(plan)),
                                      .plan = encode(plan),
                                      .plan_folder = folder.path().string()},
                                     "test", clock);
  REQUIRE(log);
  REQUIRE(log->append(*lease, {plan::RunReady{std::vector<std::string>(plan.stores.size()), {}}},
                      "test", clock));
  runtime::Stores stores = stores_of(log->plan(), folder.path());
  test::LeapingWaiter waiter(clock);
  const std::atomic<bool> is_stopping{false};
  runtime::Executor executor(*log, *lease, stores, clock, waiter, notes, is_stopping,
                             (*journal)->uuid(), folder.path());
  auto end = executor.run({});
  if (!end) FAIL(end.error().message);
  return end->kind;
}

}  // namespace mig::tests
