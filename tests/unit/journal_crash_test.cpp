// A journal whose writer dies at any moment, or whose disk is full.
#include <random>
#include <sched.h>
#include <sys/mount.h>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/unit/child_process.hpp"
#include "tests/unit/journal_folder.hpp"

using namespace mig::runtime;
using mig::tests::ChildProcess;
using mig::tests::JournalFolder;
using mig::tests::Line;

TEST_CASE("journal: after kill -9 every acknowledged record is there and the chain holds") {
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  INFO("seed " << seed);
  JournalFolder place;
  place.open();
  std::int64_t acknowledged = 0;
  for (int round = 0; round < 40; ++round) {
    ChildProcess child([&](const Line& line) {
      auto journal = place.open();
      auto lease = journal->take("orders", "child");
      if (!lease) _exit(6);
      while (true) {
        const std::vector<NewRecord> batch(1 + random() % 3, {"Note", "{}", "child"});
        const auto seq = journal->append(*lease, batch);
        if (!seq) _exit(7);
        line.say(std::to_string(*seq));
      }
    });
    const auto lines = 1 + random() % 5;
    for (std::size_t i = 0; i < lines; ++i)
      acknowledged = std::stoll("0" + child.hear());
    // The child is writing again by now; how far it gets is up to the scheduler.
    for (auto turns = random() % 400; turns > 0; --turns)
      sched_yield();
    child.kill_now();
    for (std::string late; !(late = child.hear()).empty();)
      acknowledged = std::stoll(late);

    auto journal = place.open(Mode::ReadWrite);
    const auto verified = journal->verify();
    if (!verified) FAIL(verified.error().message);
    CHECK(*verified >= acknowledged);
    CHECK(*verified <= acknowledged + 3);
    acknowledged = *verified;
  }
  CHECK(acknowledged >= 40);
}

TEST_CASE("journal: on a full disk nothing is half written and one last word fits") {
  JournalFolder place;
  std::filesystem::create_directory(place.path.parent_path());
  ChildProcess child([&](const Line& line) {
    // A disk of one mebibyte that exists for this process only.
    if (unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0) _exit(5);
    // In a chroot the root is no mount of its own and cannot be made private; the disk is taken
    // away below.
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 && errno != EINVAL)
      _exit(6);
    if (mount("tmpfs", place.path.parent_path().c_str(), "tmpfs", 0, "size=1m") != 0) _exit(7);
    auto journal = place.open();
    const auto lease = journal->take("orders", "child");
    if (!lease) _exit(8);
    const NewRecord large{"Note", "\"" + std::string(20'000, 'x') + "\"", "child"};
    std::int64_t last = 0;
    while (true) {
      const auto seq = append(*journal, *lease, large);
      if (!seq) {
        line.say(seq.error().kind == ErrorKind::Permanent ? seq.error().message : "wrong kind");
        break;
      }
      last = *seq;
    }
    const auto paused = append(*journal, *lease, {"Paused", R"({"reason":"disk"})", "child"});
    line.say(paused && *paused == last + 1 ? "paused" : "not paused");
    journal.reset();
    const auto verified = place.open(Mode::ReadOnly)->verify();
    line.say(verified && *verified == last + 1 ? "whole" : "not whole");
    (void)umount2(place.path.parent_path().c_str(), MNT_DETACH);
  });
  CHECK(child.hear() ==
        fmt::format("the disk is full: the journal `{}` cannot grow", place.path.string()));
  CHECK(child.hear() == "paused");
  CHECK(child.hear() == "whole");
  CHECK(child.wait() == 0);
}

TEST_CASE("journal: a commit that an open reader prevents did not happen, and the next one does") {
  JournalFolder place;
  auto journal = place.open();
  const auto lease = journal->take("orders", "ann");
  REQUIRE(append(*journal, *lease, {"Note", "{}", "ann"}));
  {
    auto reader = open_sqlite(place.path, Mode::ReadOnly);
    auto select = reader->prepare("SELECT * FROM record");
    REQUIRE(select->step().value());
    const auto refused = append(*journal, *lease, {"Note", "{}", "ann"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Transient);
    CHECK(journal->verify().value() == 1);
  }
  CHECK(append(*journal, *lease, {"Note", "{}", "ann"}).value() == 2);
  CHECK(journal->verify().value() == 2);
}

TEST_CASE("journal: what a crash left half written is played back by whoever may write") {
  JournalFolder place;
  place.fill(3);
  ChildProcess child([&](const Line& line) {
    auto database = open_sqlite(place.path, Mode::ReadWrite);
    // So little memory that changed pages reach the file before the commit.
    const auto half = database->execute(
        "PRAGMA journal_mode = TRUNCATE; PRAGMA cache_size = 1; BEGIN IMMEDIATE;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
        " INSERT INTO request SELECT i, 'r', hex(zeroblob(500)), 'w', 'y', 'never' FROM n;"
        "UPDATE meta SET v = 99 WHERE k = 'head_seq'");
    line.say(half ? "half" : half.error().message);
    line.hear();
  });
  REQUIRE(child.hear() == "half");
  child.kill_now();
  REQUIRE(std::filesystem::file_size(place.path.string() + "-journal") > 0);
  const auto reader = place.try_open(Mode::ReadOnly);
  REQUIRE_FALSE(reader);
  CHECK(reader.error().message ==
        "the journal `" + place.path.string() + "` was left in the middle of a write");
  auto journal = place.open(Mode::ReadWrite);
  CHECK(journal->verify().value() == 3);
  CHECK(journal->requests_after(0)->empty());
  CHECK(place.open(Mode::ReadOnly)->verify().value() == 3);
}
