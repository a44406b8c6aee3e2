// Copies, a follower and a takeover that meet on one row, on real stores: what tests/mc/locked_copy
// says of every order is tried here in each order, a hundred times.
//
// A copy takes the target's write lock before it reads its page while the run follows, and only
// then. So a world whose run does not know that it follows is the same copy without that guard.
#include <functional>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sqlite3.h>

#include "runtime/steps/copy.hpp"
#include "runtime/steps/following.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/store_control.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;

namespace {

constexpr plan::StepId kFollows{0};
constexpr plan::StepId kCopies{1};
constexpr int kRounds = 100;

plan::Plan staff_plan() {
  plan::Plan plan;
  plan.name = "staff";
  // Whoever finds the other store locked says so at once: nobody else works meanwhile.
  plan.stores = {
      {.name = "old", .location = {"old.db"}},
      {.name = "new", .location = {"new.db"}, .busy_timeout = std::chrono::milliseconds(1)}};
  plan.entities = {
      {"Person",
       {field("id", plan::Type::of(plan::Base::I64), true), field("name", plan::Type::text(9))},
       {}}};
  plan.datasets = {{"old", {0}, {0}, "staff", {}}, {"new", {0}, {1}, "people", {}}};
  plan.to = {{1}};
  // Said, not left out: a copy that carries rows itself reads them page by page.
  plan.transforms = {{.name = "as_it_is",
                      .input = {0},
                      .lets = {},
                      .emits = {{.entity = {0},
                                 .shared = false,
                                 .values = {field_of(0, plan::Type::of(plan::Base::I64)),
                                            field_of(1, plan::Type::text(9))}}}}};
  plan.via = plan::TransformId{0};
  plan.steps = {
      step("mirror/writes#1",
           plan::RouteWrites{.to = plan::Side::Old, .mirror = plan::WriteMode::Follow}),
      step("move/scan#1",
           plan::Copy{.chunk = {1}, .pace = {plan::PaceKind::Polite, {}}, .rejects = {}})};
  return plan;
}

// One row a round: two runners with connections of their own, and the application.
class Race {
 public:
  explicit Race(bool copy_is_guarded) : plan_(staff_plan()) {
    run_sql(folder_ / "old.db",
            fmt::format("PRAGMA journal_mode = WAL;"
                        "CREATE TABLE staff(id INTEGER PRIMARY KEY, name TEXT);"
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                        "{}) INSERT INTO staff SELECT i, 'n' || i FROM n",
                        kRounds));
    run_sql(folder_ / "new.db", "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
    copies_.emplace(plan_, folder_.path());
    follows_.emplace(plan_, folder_.path());
    copies_->fence();
    auto started = runtime::start_following(follows_->world, kFollows);
    if (!started) FAIL(started.error().message);
    follows_->state().steps[kFollows.index].status = plan::StepStatus::Done;
    if (copy_is_guarded) copies_->state().steps[kFollows.index].status = plan::StepStatus::Done;
    auto follower = runtime::Follower::open(follows_->world, kFollows);
    if (!follower) FAIL(follower.error().message);
    follower_.emplace(std::move(*follower));
    auto application = runtime::open_sqlite(folder_ / "old.db", runtime::Mode::ReadWrite);
    REQUIRE(application);
    application_.emplace(std::move(*application));
    copy_ = runtime::make_step(plan_, kCopies);
    REQUIRE(copy_->advance(copies_->world));  // it fixes its end
    const auto source = copies_->stores.reader(plan_.at(plan_.from).store);
    REQUIRE(source);
    source_ = *source;
  }
  ~Race() { sqlite3_trace_v2(runtime::sqlite_handle(*source_), 0, nullptr, nullptr); }

  void delete_row(int id) {
    REQUIRE(application_->execute(fmt::format("DELETE FROM staff WHERE id = {}", id)));
  }
  runtime::Result<runtime::Followed> apply() { return follower_->advance(follows_->world, 1000); }
  // A chunk of the copy, with `amid` between its look at the source and its commit.
  runtime::Result<runtime::Outcome> copy_chunk(std::function<void()> amid) {
    amid_ = std::move(amid);
    sqlite3_trace_v2(runtime::sqlite_handle(*source_), SQLITE_TRACE_PROFILE, &Race::after_statement,
                     this);
    copies_->clock.move_to(copies_->clock.now());
    auto outcome = copy_->advance(copies_->world);
    while (outcome && std::holds_alternative<runtime::WaitUntil>(outcome->what)) {
      copies_->clock.move_to(std::get<runtime::WaitUntil>(outcome->what).until);
      outcome = copy_->advance(copies_->world);
    }
    sqlite3_trace_v2(runtime::sqlite_handle(*source_), 0, nullptr, nullptr);
    if (amid_) {  // it had no row left to look for
      ++missed_;
      std::exchange(amid_, {})();
    }
    return outcome;
  }
  runtime::Result<void> take_over(std::int64_t epoch) {
    runtime::Authority newer = follows_->world.authority;
    newer.epoch = epoch;
    return runtime::install_fences(follows_->stores, newer, epoch);
  }
  TestWorld& copies() { return *copies_; }
  int missed() const { return missed_; }  // chunks in which nothing was amid
  std::int64_t people() const { return count("people", "new.db"); }
  std::int64_t staff() const { return count("staff", "old.db"); }

 private:
  std::int64_t count(const std::string& table, const char* file) const {
    return std::stoll(rows_of(folder_ / file, "SELECT count(*) FROM " + table));
  }
  static int after_statement(unsigned, void* race, void* statement, void*) {
    auto& self = *static_cast<Race*>(race);
    const std::string sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
    if (self.amid_ && sql.find("staff") != std::string::npos) std::exchange(self.amid_, {})();
    return 0;
  }

  TemporaryFolder folder_;
  plan::Plan plan_;
  std::optional<TestWorld> copies_;
  std::optional<TestWorld> follows_;
  std::optional<runtime::Database> application_;
  std::optional<runtime::Follower> follower_;
  std::unique_ptr<runtime::Step> copy_;
  const runtime::Database* source_ = nullptr;
  std::function<void()> amid_;
  int missed_ = 0;
};

enum class When { Before, Amid, After };
constexpr std::array kEver = {When::Before, When::Amid, When::After};

const char* name(When when) {
  return when == When::Before ? "before" : when == When::Amid ? "amid" : "after";
}

// How many rows are left on the new side of a hundred that the old side has deleted.
std::int64_t left_behind(bool is_guarded, When deletes, When applies, bool applies_first = false) {
  Race race(is_guarded);
  for (int id = 1; id <= kRounds; ++id) {
    const auto at = [&](When now) {
      const auto apply = [&] {
        const auto applied = race.apply();
        const bool is_locked_out = is_guarded && now == When::Amid;
        if (race.missed() == 0) CHECK(applied.has_value() != is_locked_out);
        if (!applied) CHECK(applied.error().kind == runtime::ErrorKind::Transient);
      };
      if (applies == now && applies_first) apply();
      if (deletes == now) race.delete_row(id);
      if (applies == now && !applies_first) apply();
    };
    at(When::Before);
    const auto copied = race.copy_chunk([&] { at(When::Amid); });
    if (!copied) FAIL(copied.error().message);
    at(When::After);
  }
  CHECK(race.apply());
  CHECK(race.staff() == 0);
  CHECK(race.missed() == (deletes == When::Before ? 1 : 0));
  return race.people();
}

}  // namespace

TEST_CASE("a copy with the lock before it reads brings no deleted row back, in any order") {
  for (const When deletes : kEver) {
    for (const When applies : kEver) {
      for (const bool applies_first : {false, true}) {
        if (applies_first && deletes != applies) continue;
        INFO("deleted " << name(deletes) << ", applied " << name(applies)
                        << (applies_first ? ", applied first" : ""));
        CHECK(left_behind(true, deletes, applies, applies_first) == 0);
      }
    }
  }
}

TEST_CASE(
    "a copy that reads before it has the lock brings back what was deleted and applied amid") {
  for (const When deletes : kEver) {
    for (const When applies : kEver) {
      INFO("deleted " << name(deletes) << ", applied " << name(applies));
      const bool is_lost = deletes == When::Amid && applies == When::Amid;
      CHECK(left_behind(false, deletes, applies) == (is_lost ? kRounds : 0));
    }
  }
}

TEST_CASE("a takeover waits for the chunk that is open, and the next one of the old runner fails") {
  Race race(true);
  const auto open = race.copy_chunk([&] {
    const auto refused = race.take_over(2);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == runtime::ErrorKind::Transient);
  });
  CHECK(open);
  CHECK(race.people() == 1);
  REQUIRE(race.take_over(2));
  const auto late = race.copy_chunk([] {});
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == runtime::ErrorKind::Conflict);
  CHECK(race.people() == 1);
}

TEST_CASE("what was read before a takeover is not written after it, and without the fence it is") {
  Race race(false);
  const auto late = race.copy_chunk([&] { REQUIRE(race.take_over(2)); });
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == runtime::ErrorKind::Conflict);
  CHECK(race.people() == 0);
  // The same rows in a transaction that does not look at the fence.
  const auto target = race.copies().stores.writer({1});
  REQUIRE(target);
  auto unfenced = runtime::Transaction::begin_write(**target);
  REQUIRE(unfenced);
  REQUIRE((*target)->execute("INSERT INTO people VALUES(1, 'n1')"));
  REQUIRE(unfenced->commit());
  CHECK(race.people() == 1);
}

TEST_CASE("what an applier knew before a takeover is not carried over after it") {
  Race race(true);
  REQUIRE(race.copy_chunk([] {}));
  race.delete_row(1);
  REQUIRE(race.take_over(2));
  const auto late = race.apply();
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == runtime::ErrorKind::Conflict);
  CHECK(race.people() == 1);
}
