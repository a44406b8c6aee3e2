#include "runtime/journal/sqlite_journal.hpp"

#include <fstream>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "runtime/journal/chain.hpp"
#include "runtime/journal/sqlite_file.hpp"
#include "tests/unit/journal_folder.hpp"

using namespace mig::runtime;
using mig::tests::JournalFolder;

namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat file {};
  REQUIRE(stat(path.c_str(), &file) == 0);
  return file.st_mode & 0777;
}

}  // namespace

TEST_CASE("journal: what is appended is read back in order, page by page and after reopening") {
  JournalFolder place;
  {
    auto journal = place.open();
    const auto lease = journal->take("orders", "ann");
    REQUIRE(lease);
    CHECK(append(*journal, *lease, {"RunRecorded", R"({"plan":"x"})", "ann"}).value() == 1);
    place.clock.advance(std::chrono::microseconds(1));
    const std::vector<NewRecord> pair = {{"StepStarted", "{}", "ann"}, {"StepDone", "{}", "bob"}};
    CHECK(journal->append(*lease, pair).value() == 3);
  }
  auto journal = place.open(Mode::ReadOnly);
  const auto all = journal->read(0, 100);
  REQUIRE(all);
  REQUIRE(all->size() == 3);
  CHECK(all->at(0).kind == "RunRecorded");
  CHECK(all->at(0).body == R"({"plan":"x"})");
  CHECK(print(all->at(1).at) == "2026-03-01T12:00:00.000001Z");
  CHECK(all->at(2).actor == "bob");
  CHECK(all->at(2).epoch == 1);
  CHECK(journal->read(0, 2)->size() == 2);
  CHECK(journal->read(2, 2)->at(0).seq == 3);
  CHECK(journal->read(3, 2)->empty());
  CHECK(journal->verify().value() == 3);
}

TEST_CASE("journal: an empty one is a whole one, and creating it again changes nothing") {
  JournalFolder place;
  const std::string uuid = place.open()->uuid();
  CHECK(uuid.size() == 36);
  auto again = place.open(Mode::Create);
  CHECK(again->uuid() == uuid);
  CHECK(again->verify().value() == 0);
  CHECK(again->read(0, 10)->empty());
}

TEST_CASE("journal: only its owner can read it") {
  JournalFolder place;
  place.fill(1);
  CHECK(mode_of(place.path.parent_path()) == 0700);
  CHECK(mode_of(place.path) == 0600);
  CHECK(mode_of(place.path.string() + "-journal") == 0600);
  CHECK(mode_of(place.path.string() + ".lock") == 0600);
  CHECK(mode_of(place.path.string() + ".reserve") == 0600);
}

TEST_CASE("journal: it is durable as promised") {
  JournalFolder place;
  auto file = open_journal_file((place.folder / "j.db"), Mode::Create,
                                std::chrono::milliseconds(10), "test");
  REQUIRE(file);
  const auto value = [&](const std::string& pragma) {
    auto statement = file->database.prepare("PRAGMA " + pragma);
    REQUIRE(statement->step().value());
    return std::string(statement->text(0));
  };
  CHECK(value("journal_mode") == "truncate");
  CHECK(value("synchronous") == "3");
  CHECK(value("foreign_keys") == "1");
  CHECK(value("recursive_triggers") == "1");
  CHECK(value("temp_store") == "2");
  CHECK(value("secure_delete") == "1");
  CHECK(value("trusted_schema") == "0");
  CHECK(value("user_version") == "1");
  CHECK(value("application_id") == std::to_string(kJournalApplication));
}

TEST_CASE("journal: records, requests and leases cannot be changed through SQL") {
  JournalFolder place;
  place.fill(2);
  auto journal = place.open();
  REQUIRE(journal->add_request({"r1", "pause", "ann", ""}));
  auto database = open_sqlite(place.path, Mode::ReadWrite);
  REQUIRE(database);
  REQUIRE(database->execute("PRAGMA recursive_triggers = ON"));
  for (const char* sql : {
           "UPDATE record SET body = '{}'",
           "DELETE FROM record",
           "INSERT OR REPLACE INTO record SELECT * FROM record WHERE seq = 2",
           "INSERT INTO record SELECT 9, prev, hash, at, actor, epoch, kind, body FROM record",
           "UPDATE lease SET epoch = epoch - 1",
           "DELETE FROM lease",
           "UPDATE request SET want = 'run'",
           "DELETE FROM request",
       }) {
    INFO(sql);
    const auto refused = database->execute(sql);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Conflict);
  }
  CHECK(journal->verify().value() == 2);
}

TEST_CASE("journal: anybody may request, and the runner reads what is new") {
  JournalFolder place;
  auto runner = place.open();
  auto person = place.open();
  CHECK(person->add_request({"r1", "pause", "ann", "too slow"}).value() == 1);
  place.clock.advance(std::chrono::seconds(1));
  CHECK(person->add_request({"r1", "run", "bob", ""}).value() == 2);
  const auto requests = runner->requests_after(0);
  REQUIRE(requests->size() == 2);
  CHECK(requests->at(0).want == "pause");
  CHECK(requests->at(0).why == "too slow");
  CHECK(requests->at(1).who == "bob");
  CHECK(print(requests->at(1).at) == "2026-03-01T12:00:01.000000Z");
  CHECK(runner->requests_after(1)->size() == 1);
  CHECK(runner->requests_after(2)->empty());
}

TEST_CASE("journal: two connections append in turns to one chain") {
  JournalFolder place;
  auto first = place.open();
  auto second = place.open();
  const auto a = first->take("a", "ann");
  const auto b = second->take("b", "bob");
  REQUIRE(a);
  REQUIRE(b);
  for (int i = 0; i < 5; ++i) {
    REQUIRE(append(*first, *a, {"Note", "{}", "ann"}));
    REQUIRE(append(*second, *b, {"Note", "{}", "bob"}));
  }
  CHECK(first->verify().value() == 10);
  CHECK(second->read(9, 5)->at(0).actor == "bob");
}

TEST_CASE("chain: the worked example of the format document is what the program computes") {
  const Sha256 start = chain_start("00000000-0000-4000-8000-000000000000");
  const JournalRecord record{
      .seq = 1,
      .kind = "Note",
      .body = R"({"text":"hello"})",
      .at = Instant(std::chrono::microseconds(1'772'366'400'000'000)),
      .actor = "ann",
      .epoch = 1,
  };
  std::ifstream document(std::filesystem::path(MIG_ROOT) / "runtime/journal/FORMAT.md");
  const std::string text{std::istreambuf_iterator<char>(document), {}};
  CHECK(text.find(print(start)) != std::string::npos);
  CHECK(text.find(print(chain_next(start, record))) != std::string::npos);
  CHECK(chained_bytes(start, record).size() == 130);
}

TEST_CASE("chain: no two different records share their bytes") {
  const Sha256 start = chain_start("u");
  const JournalRecord base{.seq = 1, .kind = "ab", .body = "c", .actor = "d", .epoch = 1};
  const auto differs = [&](auto change) {
    JournalRecord other = base;
    change(other);
    return chain_next(start, other) != chain_next(start, base);
  };
  CHECK_FALSE(differs([](JournalRecord&) {}));
  CHECK(differs([](JournalRecord& r) { r.kind = "a", r.body = "bc"; }));
  CHECK(differs([](JournalRecord& r) { r.actor = "da", r.kind = "b"; }));
  CHECK(differs([](JournalRecord& r) { r.seq = 2; }));
  CHECK(differs([](JournalRecord& r) { r.epoch = 2; }));
  CHECK(differs([](JournalRecord& r) { r.at += std::chrono::microseconds(1); }));
  CHECK(chain_start("v") != start);
}
