// What a journal says when it was tampered with, damaged, or is none.
#include <fstream>
#include <linux/capability.h>
#include <random>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/unit/child_process.hpp"
#include "tests/unit/journal_folder.hpp"

using namespace mig::runtime;
using mig::tests::ChildProcess;
using mig::tests::JournalFolder;
using mig::tests::Line;

namespace {

constexpr const char* kOpenUp = "DROP TRIGGER record_update; DROP TRIGGER record_delete;";
constexpr const char* kCloseAgain =
    "CREATE TRIGGER record_update BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, ''); END;"
    "CREATE TRIGGER record_delete BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, ''); END;";

std::string after(JournalFolder& place, const std::string& sql) {
  place.tamper(kOpenUp + sql + ";" + kCloseAgain);
  const auto verified = place.open(Mode::ReadOnly)->verify();
  REQUIRE_FALSE(verified);
  CHECK(verified.error().kind == ErrorKind::Permanent);
  const auto& message = verified.error().message;
  // The path differs from run to run.
  const std::string name = "the journal `" + place.path.string() + "`";
  const auto at = message.find(name);
  REQUIRE(at != std::string::npos);
  return message.substr(0, at) + "J" + message.substr(at + name.size());
}

std::string refusal(JournalFolder& place, Mode mode = Mode::ReadWrite) {
  const auto journal = place.try_open(mode);
  REQUIRE_FALSE(journal);
  CHECK(journal.error().kind == ErrorKind::Permanent);
  std::string message = journal.error().message;
  const auto at = message.find(place.path.string());
  REQUIRE(at != std::string::npos);
  return message.replace(at, place.path.string().size(), "J");
}

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("journal: every way to rewrite history is found and named") {
  JournalFolder place;
  place.fill(5);
  SECTION("body") {
    CHECK(after(place, "UPDATE record SET body = '{\"n\":7}' WHERE seq = 3") ==
          "record 3 of J is corrupt: it was changed");
  }
  SECTION("time") {
    CHECK(after(place, "UPDATE record SET at = '2026-03-01T12:00:01.000000Z' WHERE seq = 5") ==
          "record 5 of J is corrupt: it was changed");
  }
  SECTION("unreadable time") {
    CHECK(after(place, "UPDATE record SET at = 'yesterday' WHERE seq = 4") ==
          "record 4 of J is corrupt: it cannot be read");
  }
  SECTION("hash") {
    CHECK(after(place, "UPDATE record SET hash = randomblob(32) WHERE seq = 2") ==
          "record 2 of J is corrupt: it was changed");
  }
  SECTION("a record taken out") {
    CHECK(after(place, "DELETE FROM record WHERE seq = 2") ==
          "record 2 of J is corrupt: it is missing");
  }
  SECTION("the last record taken off") {
    CHECK(after(place, "DELETE FROM record WHERE seq = 5") ==
          "J is cut short: its head says record 5, the last one is 4");
  }
  SECTION("all records taken off") {
    CHECK(after(place, "DELETE FROM record") ==
          "J is cut short: its head says record 5, the last one is 0");
  }
  SECTION("the head set back with its record left") {
    CHECK(after(place, "UPDATE meta SET v = 4 WHERE k = 'head_seq'") ==
          "record 5 of J is corrupt: it lies behind the head");
  }
  SECTION("another head") {
    CHECK(after(place, "UPDATE meta SET v = randomblob(32) WHERE k = 'head_hash'") ==
          "record 5 of J is corrupt: the head has another hash");
  }
  SECTION("two records exchanged") {
    CHECK(after(place,
                "UPDATE record SET seq = 99 WHERE seq = 2; UPDATE record SET seq = 2 WHERE seq = 3;"
                "UPDATE record SET seq = 3 WHERE seq = 99") ==
          "record 2 of J is corrupt: it does not follow from the one before");
  }
  SECTION("the name of the journal") {
    CHECK(after(place, "UPDATE meta SET v = 'another' WHERE k = 'journal_uuid'") ==
          "record 1 of J is corrupt: it does not follow from the one before");
  }
}

TEST_CASE("journal: a guard taken away is noticed at opening") {
  JournalFolder place;
  place.fill(1);
  place.tamper("DROP TRIGGER record_update");
  CHECK(refusal(place) == "the journal `J` is damaged: a table or a guard of it is missing");
}

TEST_CASE("journal: files that are none, or none of ours, have their own sentences") {
  JournalFolder place;
  std::filesystem::create_directory(place.path.parent_path());
  SECTION("text") {
    std::ofstream(place.path) << std::string(9000, 'x');
    CHECK(refusal(place, Mode::Create) == "`J` is not a journal");
  }
  SECTION("another SQLite file, left as it was") {
    {
      auto other = open_sqlite(place.path, Mode::Create);
      REQUIRE(other->execute("PRAGMA journal_mode = WAL; CREATE TABLE t(a)"));
    }
    const std::string before = content(place.path);
    CHECK(refusal(place, Mode::Create) == "`J` is not a journal");
    CHECK(content(place.path) == before);
  }
  SECTION("empty") {
    std::ofstream{place.path};
    std::ofstream{place.path.string() + ".lock"};  // it was used once
    CHECK(refusal(place) == "the journal `J` is empty");
    CHECK(place.try_open(Mode::Create));
  }
  SECTION("absent") {
    CHECK(refusal(place) == "the journal `J` cannot be opened");
    CHECK_FALSE(std::filesystem::exists(place.path));
  }
  SECTION("newer") {
    place.fill(1);
    place.tamper("PRAGMA user_version = 7");
    CHECK(refusal(place) == "the journal `J` has format 7, and this mig reads formats up to 1");
  }
}

TEST_CASE("journal: a file cut off anywhere is refused or found cut short") {
  JournalFolder place;
  place.fill(200);
  const std::string whole = content(place.path);
  std::mt19937 random(20260301);
  for (int round = 0; round < 40; ++round) {
    const auto size = std::uniform_int_distribution<std::size_t>(0, whole.size() - 1)(random);
    std::ofstream(place.path, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    const auto journal = place.try_open(Mode::ReadOnly);
    INFO("seed 20260301, cut at " << size << " of " << whole.size());
    CHECK((!journal || !(*journal)->verify()));
  }
}

TEST_CASE("journal: a flipped bit never changes what a record says") {
  JournalFolder place;
  place.fill(60);
  const std::string whole = content(place.path);
  const auto expected = place.open(Mode::ReadOnly)->read(0, 100).value();
  std::mt19937 random(20260302);
  int found = 0;
  for (int round = 0; round < 200; ++round) {
    std::string flipped = whole;
    const auto at = std::uniform_int_distribution<std::size_t>(0, whole.size() - 1)(random);
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    std::ofstream(place.path, std::ios::binary | std::ios::trunc) << flipped;
    INFO("seed 20260302, byte " << at);
    const auto journal = place.try_open(Mode::ReadOnly);
    if (!journal || !(*journal)->verify()) {
      ++found;
      continue;
    }
    // The bit lay in free space or in what no record says; the records are as they were.
    const auto records = (*journal)->read(0, 100).value();
    REQUIRE(records.size() == expected.size());
    for (std::size_t i = 0; i < records.size(); ++i)
      CHECK(records[i].body == expected[i].body);
  }
  CHECK(found > 0);
}

TEST_CASE("journal: an older copy put in place of a running journal is noticed") {
  JournalFolder place;
  place.fill(2);
  const std::string older = content(place.path);
  auto journal = place.open();
  const auto lease = journal->take("orders", "ann");
  REQUIRE(append(*journal, *lease, {"Note", "{}", "ann"}));
  place.tamper(std::string(kOpenUp) +
               "DELETE FROM record WHERE seq = 3;"
               "UPDATE meta SET v = 2 WHERE k = 'head_seq';"
               "UPDATE meta SET v = (SELECT hash FROM record WHERE seq = 2) WHERE k = 'head_hash'");
  const auto refused = append(*journal, *lease, {"Note", "{}", "ann"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Permanent);
  CHECK(refused.error().message.ends_with("went back from record 3 to 2"));
}

namespace {

// Even root is then held to the modes of its files.
void give_up_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  if (syscall(SYS_capset, &header, none) != 0) _exit(5);
}

}  // namespace

TEST_CASE("journal: one that may not be written says so and can still be read") {
  JournalFolder place;
  place.fill(3);
  // Without rights of its own, whoever the tests run as.
  ChildProcess child([&](const Line& line) {
    std::filesystem::permissions(place.path, std::filesystem::perms(0444));
    std::filesystem::permissions(place.path.parent_path(), std::filesystem::perms(0555));
    std::filesystem::permissions(place.folder.path(), std::filesystem::perms(0555));
    give_up_capabilities();
    const auto refused = place.try_open(Mode::ReadWrite);
    line.say(refused ? "opened" : refused.error().message);
    const auto reader = place.try_open(Mode::ReadOnly);
    line.say(reader ? std::to_string((*reader)->verify().value()) : reader.error().message);
  });
  CHECK(child.hear() == "the journal `" + place.path.string() + "` is read-only");
  CHECK(child.hear() == "3");
  CHECK(child.wait() == 0);
  std::filesystem::permissions(place.folder.path(), std::filesystem::perms(0700));
  std::filesystem::permissions(place.path.parent_path(), std::filesystem::perms(0700));
}
