// An application writes at random while a copy and a follower carry its rows over: in the end the
// new side is what the old one became, whatever met whatever.
#include "runtime/steps/follower.hpp"

#include <cstdlib>
#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/render.hpp"
#include "grammar/parse.hpp"
#include "runtime/data/reconcile.hpp"
#include "runtime/steps/copy.hpp"
#include "runtime/steps/following.hpp"
#include "runtime/steps/row_check.hpp"
#include "runtime/steps/store_step.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace {

using namespace mig;
using namespace mig::tests;

// Two rows of the old side can swap a unique value, a row may have no address or no city, and one
// becomes several. A name that is too long, or evil, is a reject. Who is in a team makes the row of
// the team, and they do not always agree about its colour.
constexpr const char* kPlan = R"mig(mig 1
use std.text (split)
store old: sqlite { path = "old.db" }
store fresh: sqlite { path = "new.db" }
entity Legacy { key id: i64; name: text(8); mails: text; city: text?
                team: text?; colour: text
                where name != "evil" else "an evil name" }
entity Team { key name: text; colour: text }
entity User { key id: i64; name: text(8); team: text? -> Team.name }
entity Mail { key user_id: i64 -> User.id; key position: i64; address: text }
entity City { key user_id: i64 -> User.id; city: text }
dataset people: Legacy in old { table = "people" }
dataset teams: Team in fresh { table = "teams" }
dataset users: User in fresh { table = "users" }
dataset mails: Mail in fresh { table = "mails" }
dataset cities: City in fresh { table = "cities" }
transform part(p: Legacy) -> User, Mail, City?, Team? {
  emit User { id = p.id; name = p.name; team = p.team }
  emit Mail for m in split(p.mails, ",") { user_id = p.id; position = m.index; address = m }
  emit City when p.city? { user_id = p.id; city = p.city }
  emit Team shared when p.team? { name = p.team; colour = p.colour }
}
plan move {
  from people
  to teams, users, mails, cities
  via part
  phase one { create teams, users, mails, cities; add index users.name { unique }
              writes none
              scan old -> new { chunk = 3 rows; rate = full }
              rejects quarantine { max = 100%; owner = "team" }
              verify old, new
              writes old }
}
)mig";

plan::Plan compiled() {
  syntax::SourceSet sources;
  compiler::Diagnostics diagnostics;
  const auto file = sources.add("plan.mig", kPlan);
  const auto parsed = syntax::parse(sources, file);
  auto result = compiler::compile(sources, {compiler::Input{"plan.mig", &parsed.file}},
                                  compiler::Settings{}, diagnostics);
  INFO(compiler::render_all(sources, diagnostics, compiler::Color::Never));
  REQUIRE(result.plans.size() == 1);
  return result.plans.front();
}

template <class Action>
plan::StepId step_with(const plan::Plan& plan) {
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    if (std::holds_alternative<Action>(plan.steps[i].action)) return {i};
  }
  FAIL("the plan has such a step");
  return {};
}

// The world of one seed: an application, a copy and a follower, each a step at a time.
class Meeting {
 public:
  explicit Meeting(std::uint64_t seed) : plan_(compiled()), random_(seed) {
    follows_ = step_with<plan::RouteWrites>(plan_);
    copies_ = step_with<plan::Copy>(plan_);
    compares_ = step_with<plan::Verify>(plan_);
    plan_.steps[follows_.index].action =
        plan::RouteWrites{.to = plan::Side::Old, .mirror = plan::WriteMode::Follow};
    run_sql(folder_ / "old.db",
            "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT UNIQUE, mails TEXT, city TEXT, "
            "team TEXT, colour TEXT NOT NULL DEFAULT 'red');"
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12)"
            "INSERT INTO people SELECT i, 'n' || i, 'a,b', NULL, 't' || (i % 4), 'red' FROM n");
  }

  std::int64_t below(std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random_);
  }

  // One transaction of the application.
  std::string write() {
    const auto id = [&] { return below(20) + 1; };
    const auto name = [&] {
      const auto kind = below(12);
      if (kind < 2) return std::string(kind == 0 ? "far too long" : "evil");
      return fmt::format("n{}", below(20));
    };
    const auto city = [&] { return below(2) == 0 ? "NULL" : "'rome'"; };
    const auto mails = [&] { return std::string("a,b,c,d").substr(0, 2 * below(4) + 1); };
    const auto team = [&] {
      const auto number = below(5);
      return number == 0 ? "NULL" : fmt::format("'t{}'", number);
    };
    const auto colour = [&] { return below(4) == 0 ? "blue" : "red"; };
    switch (below(11)) {
      case 0:
        return fmt::format("DELETE FROM people WHERE id = {}", id());
      case 1:
        return fmt::format("INSERT OR IGNORE INTO people VALUES({}, '{}', '{}', {}, {}, '{}')",
                           id(), name(), mails(), city(), team(), colour());
      case 2:
        return fmt::format("INSERT OR REPLACE INTO people VALUES({}, '{}', '{}', {}, {}, '{}')",
                           id(), name(), mails(), city(), team(), colour());
      case 3:
        return fmt::format("UPDATE OR IGNORE people SET id = {} WHERE id = {}", id(), id());
      case 4: {  // two rows swap their names
        const auto one = id();
        const auto other = id();
        return fmt::format(
            "UPDATE people SET name = 'swap' || id WHERE id IN ({0}, {1});"
            "UPDATE OR IGNORE people SET name = CASE id WHEN {0} THEN 'n{1}' ELSE 'n{0}' END "
            "WHERE id IN ({0}, {1})",
            one, other);
      }
      case 5: {  // two rows swap their teams and colours
        const auto one = id();
        const auto other = id();
        return fmt::format(
            "UPDATE people SET (team, colour) = (SELECT o.team, o.colour FROM people AS o WHERE "
            "o.id = CASE people.id WHEN {0} THEN {1} ELSE {0} END) WHERE id IN ({0}, {1}) AND "
            "(SELECT count(*) FROM people AS o WHERE o.id IN ({0}, {1})) = 2",
            one, other);
      }
      case 6:  // a whole team changes its colour
        return fmt::format("UPDATE people SET colour = '{}' WHERE team = {}", colour(), team());
      case 7:
        return fmt::format("UPDATE people SET colour = '{}' WHERE id = {}", colour(), id());
      case 8:
        return fmt::format("UPDATE people SET team = {} WHERE id = {}", team(), id());
      default:
        return fmt::format(
            "UPDATE OR IGNORE people SET name = '{}', mails = '{}', city = {} WHERE id = {}",
            name(), mails(), city(), id());
    }
  }

  void run() {
    TestWorld test(plan_, folder_.path());
    test.fence();
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const plan::StepId id{i};
      if (id == follows_ || id == copies_ || id == compares_) continue;
      const auto made = test.finish(*runtime::make_step(plan_, id));
      if (!made) FAIL(made.error().message);
    }
    const auto started = runtime::start_following(test.world, follows_);
    if (!started) FAIL(started.error().message);
    test.state().steps[follows_.index].status = plan::StepStatus::Done;

    auto application = runtime::open_sqlite(folder_ / "old.db", runtime::Mode::ReadWrite);
    REQUIRE(application);
    const auto copy = runtime::make_step(plan_, copies_);
    auto follower = runtime::Follower::open(test.world, follows_);
    if (!follower) FAIL(follower.error().message);
    bool is_copied = false;
    std::unique_ptr<runtime::Step> compare;
    std::string history;
    for (int turn = 0; turn < 120 || !is_copied; ++turn) {
      switch (below(5)) {
        case 4:
          // While rows are still to come, what is missing is missing indeed.
          if (!is_copied) break;
          if (!compare) compare = runtime::make_step(plan_, compares_);
          if (advance(test, *compare)) compare.reset();
          break;
        case 0:
          is_copied = is_copied || advance(test, *copy);
          break;
        case 1: {
          const auto limit = static_cast<std::size_t>(below(5) + 1);
          const auto followed = follower->advance(test.world, limit);
          if (!followed) FAIL(followed.error().message);
          break;
        }
        default:
          const std::string statements = write();
          history += statements + ";\n";
          INFO(history);
          REQUIRE(application->execute("BEGIN; " + statements + "; COMMIT"));
      }
    }
    INFO(history);
    drain(test, *follower);
    mend(test);
    check(test);
  }

 private:
  bool advance(TestWorld& test, runtime::Step& step) {
    const auto outcome = step.advance(test.world);
    if (!outcome) FAIL(outcome.error().message);
    const auto* done = std::get_if<runtime::Done>(&outcome->what);
    if (done != nullptr && done->summary.starts_with("drift")) {
      INFO(done->summary);
      CHECK(done->summary.starts_with("drift teams=0 users=0 mails=0 cities=0; source=0;"));
    }
    return done != nullptr;
  }

  void drain(TestWorld& test, runtime::Follower& follower) {
    while (true) {
      const auto followed = follower.advance(test.world, 7);
      if (!followed) FAIL(followed.error().message);
      if (followed->is_drained) return;
    }
  }

  // No drift, and the dead letters that are open are those of rows that cannot be moved.
  void check(TestWorld& test) {
    const auto compared =
        runtime::reconcile(plan_, test.stores, {.scratch_folder = folder_ / "scratch"});
    if (!compared) FAIL(compared.error().message);
    INFO(runtime::print_summary(plan_, *compared));
    CHECK(compared->drift() == 0);
    check_singly(test);
    const std::string set_aside =
        listed("SELECT DISTINCT shown_key FROM mig_ctl_reject WHERE closed IS NULL");
    const std::string teams =
        listed("SELECT '(' || quote(name) || ', ' || quote(colour) || ')' FROM teams");
    CHECK(old_rows("SELECT id FROM people WHERE id IN (" + set_aside + ") ORDER BY id") ==
          old_rows(std::string("WITH t(name, colour) AS (VALUES ('', '')") +
                   (teams.empty() ? "" : ", ") + teams +
                   ") SELECT id FROM people AS p LEFT JOIN t ON t.name = p.team WHERE "
                   "length(p.name) > 8 OR p.name = 'evil' OR t.colour <> p.colour ORDER BY id"));
    // Nobody's team is none, and the lineage is what everybody is a part of.
    const std::string moved =
        " FROM people WHERE team IS NOT NULL AND id NOT IN (" + set_aside + ") ORDER BY ";
    CHECK(new_rows("SELECT name FROM teams ORDER BY 1") ==
          old_rows("SELECT DISTINCT team" + moved + "1"));
    CHECK(new_rows("SELECT owner, shared_row FROM mig_ctl_lineage_teams ORDER BY 1") ==
          old_rows("SELECT printf('i%016x', id), 't' || lower(hex(team))" + moved + "1"));
  }

  std::string old_rows(const std::string& sql) { return rows_of(folder_ / "old.db", sql); }
  std::string new_rows(const std::string& sql) { return rows_of(folder_ / "new.db", sql); }
  std::string listed(const std::string& sql) {
    const std::string list = new_rows(
        "SELECT coalesce(group_concat(x), '') FROM (SELECT NULL AS x "
        "UNION ALL " +
        sql + ")");
    return list.substr(0, list.size() - 1);
  }

  // What somebody spoils on the new side comes back, while the run still follows.
  void mend(TestWorld& test) {
    run_sql(folder_ / "new.db",
            "UPDATE users SET name = 'spoilt' WHERE id = (SELECT max(id) FROM users);"
            "DELETE FROM mails WHERE user_id = (SELECT min(id) FROM users);"
            "INSERT OR IGNORE INTO users VALUES(99, 'stray', NULL);"
            "UPDATE teams SET colour = 'spoilt' WHERE name = (SELECT max(name) FROM teams);"
            "INSERT OR IGNORE INTO teams VALUES('nobody''s', 'red');"
            "PRAGMA foreign_keys = OFF;"
            "DELETE FROM teams WHERE name = (SELECT min(name) FROM teams);");
    const plan::Verify repair{.repair = true, .most_deletes = plan::Ratio::percent(100)};
    plan::Plan plan = plan_;
    plan.steps[compares_.index].action = repair;
    const auto step = runtime::make_step(plan, compares_);
    CHECK(advance(test, *step) == false);
    while (!advance(test, *step))
      continue;
  }

  // Row by row it is the same, and one that is spoilt is seen.
  void check_singly(TestWorld& test) {
    auto check = runtime::RowCheck::open(plan_, test.stores, test.world.authority.run);
    REQUIRE(check);
    const auto spoil = [&](const char* sql) { run_sql(folder_ / "new.db", sql); };
    const auto place = [](std::int64_t id) { return fmt::format("i{:016x}", id); };
    for (std::int64_t id = 1; id <= 22; ++id)
      CHECK(check->is_equal(place(id)).value());
    spoil("INSERT INTO mails VALUES(22, 0, 'stray')");
    CHECK_FALSE(check->is_equal(place(22)).value());
    const std::string some = rows_of(folder_ / "new.db", "SELECT min(id) FROM users");
    if (some == "NULL\n") return;
    const std::int64_t first = std::stoll(some);
    spoil("UPDATE users SET name = name || '?' WHERE id = (SELECT min(id) FROM users)");
    CHECK_FALSE(check->is_equal(place(first)).value());
    spoil(
        "DELETE FROM mails WHERE user_id = (SELECT min(id) FROM users);"
        "DELETE FROM cities WHERE user_id = (SELECT min(id) FROM users);"
        "DELETE FROM users WHERE id = (SELECT min(id) FROM users)");
    CHECK_FALSE(check->is_equal(place(first)).value());
  }

  TemporaryFolder folder_;
  plan::Plan plan_;
  std::mt19937_64 random_;
  plan::StepId follows_;
  plan::StepId copies_;
  plan::StepId compares_;
};

}  // namespace

TEST_CASE("a copy and a follower end where the application ended") {
  const char* chosen = std::getenv("MIG_SEED");
  const std::uint64_t first = chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
  for (std::uint64_t seed = first; seed < first + 40; ++seed) {
    INFO("MIG_SEED=" << seed);
    Meeting(seed).run();
  }
}
