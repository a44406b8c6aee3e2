// Two sides in one file, one of which leads and is mirrored to the other, and an application that
// writes: for tests of mirrors. Differences are found by SQL of its own.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/render.hpp"
#include "grammar/parse.hpp"
#include "runtime/data/reconcile.hpp"
#include "runtime/steps/follower.hpp"
#include "runtime/stores/guard.hpp"
#include "runtime/stores/sqlite_mirror.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace mig::tests {

using plan::Side;

// Names are unique on the new side only, so that rows stand against each other there; a name that
// is evil or too long is a reject, and a time with an offset only we can read.
inline constexpr const char* kMirrorPlan = R"mig(mig 1
use std.text (split_once, trim, lower, try_text)
store shop: sqlite { path = "shop.db" }
entity Legacy { key id: i64; name: text; city: text?; seen: timestamp; born: date?
                where name != "evil" else "an evil name" }
entity User { key id: i64; first: text(6); last: text?; seen: timestamp
              where first != "bad" else "a bad name" }
entity City { key user_id: i64 -> User.id; city: text; born: date? }
dataset people: Legacy in shop { table = "people" }
dataset users: User in shop { table = "users" }
dataset cities: City in shop { table = "cities" }
transform split(p: Legacy) -> User, City? {
  let name = split_once(trim(p.name), " ")
  emit City when p.city? { user_id = p.id; city = lower(p.city); born = p.born }
  emit User { id = p.id; first = try_text(name.head, 6) ?? "long"; last = name.tail; seen = p.seen }
}
transform join(u: User, c: City?) -> Legacy {
  emit Legacy { id = u.id; name = u.first ++ (if u.last? then " " ++ u.last else ""); city = c.city
                seen = u.seen; born = c.born }
}
plan move {
  from people
  to users, cities
  via split
  back join
  phase one { create users, cities; add index users.first { unique }
              writes none
              snapshot old -> new
              writes old }
}
)mig";

inline plan::Plan mirror_plan() {
  syntax::SourceSet sources;
  compiler::Diagnostics diagnostics;
  const auto file = sources.add("plan.mig", kMirrorPlan);
  const auto parsed = syntax::parse(sources, file);
  auto result = compiler::compile(sources, {compiler::Input{"plan.mig", &parsed.file}},
                                  compiler::Settings{}, diagnostics);
  INFO(compiler::render_all(sources, diagnostics, compiler::Color::Never));
  REQUIRE(result.plans.size() == 1);
  return result.plans.front();
}

inline runtime::Changelog log_of(const plan::Plan& plan, Side leads) {
  auto log = leads == Side::Old ? runtime::Changelog::of(plan, plan.from)
                                : runtime::Changelog::of_new_side(plan);
  REQUIRE(log);
  return std::move(*log);
}

// One side leads, the other is guarded, and the application writes.
class MirroredShop {
 public:
  MirroredShop(Side leads, const std::string& pragmas, const std::string& people,
               bool is_mirrored = true)
      : plan_(mirror_plan()), leads_(leads), test_(plan_, folder_.path()) {
    run_sql(path(), people);
    run_sql(path(),
            "CREATE TABLE users(id INTEGER PRIMARY KEY, first TEXT NOT NULL, last TEXT, seen TEXT "
            "NOT NULL) STRICT; CREATE UNIQUE INDEX one_name ON users(first);"
            "CREATE TABLE cities(user_id INTEGER PRIMARY KEY REFERENCES users(id), city TEXT NOT "
            "NULL, born TEXT) STRICT, WITHOUT ROWID");
    test_.fence();
    database_.emplace(std::move(*runtime::open_sqlite(path(), runtime::Mode::ReadWrite)));
    run(pragmas);
    if (!is_mirrored) return;
    REQUIRE(install());
    for (const std::string& table : leads == Side::Old ? std::vector<std::string>{"users", "cities"}
                                                       : std::vector<std::string>{"people"})
      REQUIRE(runtime::install_guard(*database_, table, "not yours"));
  }

  std::filesystem::path path() const { return folder_ / "shop.db"; }
  runtime::Result<void> install() {
    return runtime::install_mirror(*database_, plan_, leads_, log_of(plan_, leads_));
  }

  // The application: nothing, or what SQLite said.
  std::string write(const std::string& sql) {
    const auto done = database_->execute(sql);
    if (done) return {};
    std::string said = done.error().message + database_->constraint_subject();
    const std::string file = path().string();
    if (const auto at = said.find(file); at != said.npos) said.erase(at, file.size());
    return said;
  }
  void run(const std::string& sql) {
    const auto said = write(sql);
    if (!said.empty()) FAIL(said << "\n" << sql);
  }
  std::string rows(const std::string& sql) const { return rows_of(path(), sql); }

  // The keys that wait for the follower.
  std::string waiting() const {
    const std::string log = leads_ == Side::Old ? "mig_ctl_log_people" : "mig_ctl_log_users";
    return rows("SELECT group_concat(k0) FROM (SELECT DISTINCT k0 FROM " + log +
                " WHERE k0 IS NOT NULL ORDER BY k0)");
  }

  // What differs, of rows that wait for nobody. What is right is said here once more, by hand.
  std::string differences() const {
    static const std::string kLate =
        " WHERE id NOT IN (SELECT k0 FROM mig_ctl_log_people WHERE k0 IS NOT NULL)";
    static const std::string kSeen =
        "replace(substr(seen, 1, 19), ' ', 'T') || CASE WHEN seen LIKE '%.5Z' THEN '.500000Z' "
        "ELSE '.000000Z' END";
    static const std::string kTrim = "trim(name, char(9) || ' ')";
    static const std::string kHead =
        "substr(" + kTrim + ", 1, instr(" + kTrim + " || ' ', ' ') - 1)";
    static const std::string kOld =
        "SELECT id, CASE WHEN length(" + kHead + ") > 6 THEN 'long' ELSE " + kHead +
        " END, CASE WHEN instr(" + kTrim + ", ' ') > 0 THEN substr(" + kTrim + ", instr(" + kTrim +
        ", ' ') + 1) END, " + kSeen + ", CASE WHEN city IS NOT NULL THEN lower(city) END, " +
        "CASE WHEN city IS NOT NULL THEN born END FROM people" + kLate;
    static const std::string kNew =
        "SELECT id, first, last, seen, city, born FROM users LEFT JOIN cities ON user_id = id" +
        kLate;
    if (leads_ == Side::Old) return both(kOld, kNew);
    const std::string late =
        " WHERE id NOT IN (SELECT k0 FROM mig_ctl_log_users WHERE k0 IS NOT NULL)";
    return both("SELECT id, name, city, seen, born FROM people" + late,
                "SELECT id, first || coalesce(' ' || last, ''), city, " + kSeen +
                    ", born FROM users LEFT JOIN cities ON user_id = id" + late);
  }

  // What waits is carried over by the follower; then nothing differs but what it set aside.
  // REQUIRES: the old side leads.
  void settle() {
    auto follower = runtime::Follower::open(test_.world, kWrites, leads_);
    REQUIRE(follower);
    for (bool is_drained = false; !is_drained;) {
      const auto followed = follower->advance(test_.world, 5);
      if (!followed) FAIL(followed.error().message);
      is_drained = followed->is_drained;
    }
    const auto compared = runtime::reconcile(
        plan_, test_.stores,
        {.run = test_.world.authority.run, .scratch_folder = folder_ / "scratch"});
    REQUIRE(compared);
    INFO(runtime::print_summary(plan_, *compared));
    CHECK(compared->drift() == 0);
  }

  void check_marks() const { CHECK(rows("SELECT * FROM mig_ctl_origin").empty()); }
  runtime::Database& database() { return *database_; }

 private:
  std::string both(const std::string& one, const std::string& other) const {
    return rows("SELECT '<', * FROM (" + one + " EXCEPT " + other +
                ") UNION ALL SELECT '>', * FROM (" + other + " EXCEPT " + one + ")");
  }

  static constexpr plan::StepId kWrites{1};

  TemporaryFolder folder_;
  plan::Plan plan_;
  Side leads_;
  TestWorld test_;
  std::optional<runtime::Database> database_;
};

inline const std::string kPeople =
    "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, city TEXT, "
    "seen TEXT NOT NULL DEFAULT '2024-01-02 03:04:05', born TEXT, code INTEGER DEFAULT 7);"
    "CREATE UNIQUE INDEX one_code ON people(city, born)";
inline const std::string kPeopleByKey =
    "CREATE TABLE people(id INT NOT NULL PRIMARY KEY, name TEXT NOT NULL, city TEXT, seen TEXT NOT "
    "NULL DEFAULT '2024-01-02 03:04:05', born TEXT, UNIQUE(born, city)) WITHOUT ROWID";

}  // namespace mig::tests
