// Who may write, and what happens to those who were and do not know yet that they are not.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/unit/child_process.hpp"
#include "tests/unit/journal_folder.hpp"

using namespace mig::runtime;
using mig::tests::ChildProcess;
using mig::tests::JournalFolder;
using mig::tests::Line;

TEST_CASE("lease: a living holder keeps it for its time, beat by beat") {
  JournalFolder place;
  auto first = place.open();
  auto second = place.open();
  auto lease = first->take("orders", "ann");
  REQUIRE(lease);
  CHECK(lease->epoch == 1);
  CHECK(lease->holder == "ann");
  CHECK(lease->pid == getpid());
  CHECK(lease->stop_at == place.clock.elapsed() + std::chrono::seconds(20));

  place.clock.advance(std::chrono::seconds(29));
  const auto refused = second->take("orders", "bob");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Conflict);
  CHECK(refused.error().message.starts_with(
      fmt::format("`orders` is locked by process {}", getpid())));
  CHECK(refused.error().message.ends_with("since 2026-03-01T12:00:00.000000Z"));
  CHECK(refused.error().help.ends_with("its lease ends at 2026-03-01T12:00:30.000000Z"));

  REQUIRE(first->beat(*lease));
  place.clock.advance(std::chrono::seconds(29));
  CHECK_FALSE(second->take("orders", "bob"));
  CHECK(second->take("customers", "bob").value().epoch == 1);
}

TEST_CASE("lease: a silent holder is succeeded, and nothing of it is written afterwards") {
  JournalFolder place;
  auto first = place.open();
  auto second = place.open();
  auto old = first->take("orders", "ann");
  REQUIRE(append(*first, *old, {"Note", "{}", "ann"}));
  place.clock.advance(std::chrono::seconds(30));
  const auto taken = second->take("orders", "bob");
  REQUIRE(taken);
  CHECK(taken->epoch == 2);

  const auto refused = append(*first, *old, {"Note", "{}", "ann"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Conflict);
  CHECK(refused.error().message.starts_with(
      "lease lost: epoch 1 of `orders` was succeeded by epoch 2"));
  CHECK(first->beat(*old).error().kind == ErrorKind::Conflict);
  CHECK(first->release(*old).error().kind == ErrorKind::Conflict);
  CHECK(second->verify().value() == 1);
  CHECK(append(*second, *taken, {"Note", "{}", "bob"}).value() == 2);

  // The old holder's end does not make the new one look dead.
  first.reset();
  auto third = place.open();
  CHECK_FALSE(third->take("orders", "cy"));
}

TEST_CASE("lease: released or left by a dead holder, it is free at once, one epoch higher") {
  JournalFolder place;
  auto first = place.open();
  auto second = place.open();
  const auto lease = first->take("orders", "ann");
  REQUIRE(first->release(*lease));
  CHECK(second->take("orders", "bob").value().epoch == 2);
  second.reset();
  CHECK(first->take("orders", "ann").value().epoch == 3);
  CHECK(first->take("orders", "ann").value().epoch == 4);  // even from itself
  const auto leases = first->leases();
  REQUIRE(leases->size() == 1);
  CHECK(leases->at(0).epoch == 4);
}

TEST_CASE("lease: of many processes that race for it, one wins") {
  JournalFolder place;
  place.open();
  const auto contend = [&](const Line& line) {
    auto journal = place.open(Mode::ReadWrite);
    line.say("ready");
    line.hear();
    const auto lease = journal->take("orders", "racer");
    line.say(lease ? fmt::format("won {}", lease->epoch) : "lost");
    line.hear();
  };
  ChildProcess a(contend);
  ChildProcess b(contend);
  ChildProcess c(contend);
  for (auto* child : {&a, &b, &c})
    REQUIRE(child->hear() == "ready");
  for (auto* child : {&a, &b, &c})
    child->go_on();
  std::vector<std::string> answers = {a.hear(), b.hear(), c.hear()};
  std::ranges::sort(answers);
  // A loser may have met the lock of SQLite instead of the lease; it lost all the same.
  CHECK(answers == std::vector<std::string>{"lost", "lost", "won 1"});
}

TEST_CASE("lease: a killed holder is succeeded without waiting") {
  JournalFolder place;
  place.open();
  ChildProcess child([&](const Line& line) {
    auto journal = place.open(Mode::ReadWrite);
    line.say(journal->take("orders", "child") ? "holds" : "failed");
    line.hear();
  });
  REQUIRE(child.hear() == "holds");
  auto journal = place.open();
  const auto refused = journal->take("orders", "ann");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find(fmt::format("process {}", child.id())) != std::string::npos);
  child.kill_now();
  CHECK(journal->take("orders", "ann").value().epoch == 2);
}

TEST_CASE("lease: a holder stopped past its time wakes up and writes nothing") {
  JournalFolder place;
  place.open();
  ChildProcess child([&](const Line& line) {
    auto journal = place.open(Mode::ReadWrite);
    auto lease = journal->take("orders", "child");
    line.say(lease && append(*journal, *lease, {"Note", "{}", "child"}) ? "wrote" : "failed");
    line.hear();
    const auto late = append(*journal, *lease, {"Note", "{}", "child"});
    line.say(late ? "wrote" : late.error().message);
  });
  REQUIRE(child.hear() == "wrote");
  child.stop();
  auto journal = place.open();
  const auto early = journal->take("orders", "ann");
  REQUIRE_FALSE(early);
  CHECK(early.error().message.find("T (stopped)") != std::string::npos);
  place.clock.advance(std::chrono::seconds(31));
  const auto lease = journal->take("orders", "ann");
  REQUIRE(lease);
  child.go_on();
  child.resume();
  CHECK(child.hear().starts_with("lease lost: epoch 1 of `orders` was succeeded by epoch 2"));
  CHECK(child.wait() == 0);
  CHECK(journal->verify().value() == 1);
}

TEST_CASE("lease: when SQLite itself is locked by a stopped process, it is named") {
  JournalFolder place;
  auto journal = place.open();
  ChildProcess child([&](const Line& line) {
    auto database = open_sqlite(place.path, Mode::ReadWrite);
    auto transaction = Transaction::begin_write(*database);
    line.say(transaction ? "locked" : "failed");
    line.hear();
  });
  REQUIRE(child.hear() == "locked");
  child.stop();
  const auto refused = journal->take("orders", "ann");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Conflict);
  CHECK(refused.error().message == "the journal `" + place.path.string() + "` is locked");
  CHECK(refused.error().help.find(fmt::format("process {}", child.id())) != std::string::npos);
  CHECK(refused.error().help.find("T (stopped)") != std::string::npos);
  // Only a lost lease is a Conflict to somebody who appends.
  child.kill_now();
  const auto lease = journal->take("orders", "ann");
  REQUIRE(lease);
  auto other = open_sqlite(place.path, Mode::ReadWrite);
  const auto holder = Transaction::begin_write(*other);
  CHECK(append(*journal, *lease, {"Note", "{}", "ann"}).error().kind == ErrorKind::Transient);
}
