// An application writes at random, by every form of statement that SQLite has, into the side that
// leads: after each statement the other side is what it becomes, but for the rows that wait for the
// follower, and no statement ever fails because of a mirror.
#include <cstdlib>
#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/render.hpp"
#include "grammar/parse.hpp"
#include "runtime/data/reconcile.hpp"
#include "runtime/stores/sqlite_guard.hpp"
#include "runtime/stores/sqlite_mirror.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace {

using namespace mig;
using namespace mig::tests;
using plan::Side;

// Names are unique on the new side only, so that rows stand against each other there; a name that
// is evil or too long is a reject, and a time with an offset only we can read.
constexpr const char* kPlan = R"mig(mig 1
use std.text (split_once, trim, lower)
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
              snapshot old -> new }
}
)mig";

plan::Plan compiled() {
  syntax::SourceSet sources;
  compiler::Diagnostics diagnostics;
  std::string text = kPlan;
  text.replace(text.find("trim, lower"), 11, "trim, lower, try_text");
  const auto file = sources.add("plan.mig", text);
  const auto parsed = syntax::parse(sources, file);
  auto result = compiler::compile(sources, {compiler::Input{"plan.mig", &parsed.file}},
                                  compiler::Settings{}, diagnostics);
  INFO(compiler::render_all(sources, diagnostics, compiler::Color::Never));
  REQUIRE(result.plans.size() == 1);
  return result.plans.front();
}

runtime::Changelog log_of(const plan::Plan& plan, Side leads) {
  auto log = leads == Side::Old ? runtime::Changelog::of(plan, plan.from)
                                : runtime::Changelog::of_new_side(plan);
  REQUIRE(log);
  return std::move(*log);
}

// One side leads, the other is guarded, and the application writes.
class Shop {
 public:
  Shop(Side leads, const std::string& pragmas, const std::string& people, bool is_mirrored = true)
      : plan_(compiled()), leads_(leads), test_(plan_, folder_.path()) {
    run_sql(path(), people);
    run_sql(path(),
            "CREATE TABLE users(id INTEGER PRIMARY KEY, first TEXT NOT NULL, last TEXT, seen TEXT "
            "NOT NULL) STRICT; CREATE UNIQUE INDEX one_name ON users(first);"
            "CREATE TABLE cities(user_id INTEGER PRIMARY KEY REFERENCES users(id), city TEXT NOT "
            "NULL, born TEXT) STRICT, WITHOUT ROWID");
    test_.fence();
    database_.emplace(std::move(*runtime::Database::open(path(), runtime::Mode::ReadWrite)));
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

  void check_marks() const { CHECK(rows("SELECT * FROM mig_ctl_origin").empty()); }
  runtime::Database& database() { return *database_; }

 private:
  std::string both(const std::string& one, const std::string& other) const {
    return rows("SELECT '<', * FROM (" + one + " EXCEPT " + other +
                ") UNION ALL SELECT '>', * FROM (" + other + " EXCEPT " + one + ")");
  }

  TemporaryFolder folder_;
  plan::Plan plan_;
  Side leads_;
  TestWorld test_;
  std::optional<runtime::Database> database_;
};

const std::string kPeople =
    "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, city TEXT, "
    "seen TEXT NOT NULL DEFAULT '2024-01-02 03:04:05', born TEXT, code INTEGER DEFAULT 7);"
    "CREATE UNIQUE INDEX one_code ON people(city, born)";
const std::string kPeopleByKey =
    "CREATE TABLE people(id INT NOT NULL PRIMARY KEY, name TEXT NOT NULL, city TEXT, seen TEXT NOT "
    "NULL DEFAULT '2024-01-02 03:04:05', born TEXT, UNIQUE(born, city)) WITHOUT ROWID";

// Random statements of an application, for either side.
struct Writer {
  std::mt19937_64 random;

  std::int64_t below(std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
  }
  std::string one_of(const std::vector<std::string>& words) {
    return words[static_cast<std::size_t>(below(static_cast<std::int64_t>(words.size())))];
  }
  std::string id() { return fmt::format("{}", below(9) + 1); }
  std::string clause() {
    return one_of({"", "", "OR IGNORE", "OR REPLACE", "OR ABORT", "OR FAIL", "OR ROLLBACK"});
  }
  std::string name() {
    return one_of({"'Ann Lee'", "' Bob'", "'Éva  B C'", "'evil'", "'Bad x'", "'bad'", "'Dan D'",
                   "'Eleanor Roosevelt'", "CAST(x'80' AS TEXT)", "'Fay' || char(0)", "'Gus'",
                   "'Hal'", "'ann lee'", "''"});
  }
  std::string city() { return one_of({"NULL", "NULL", "'Rome'", "'KÖLN'", "'Oslo'", "7"}); }
  std::string born() { return one_of({"NULL", "'2001-02-03'", "'2001-02-30'", "'1999-12-31'"}); }
  std::string seen() {
    return one_of({"'2024-05-06 07:08:09'", "'2024-05-06T07:08:09.5Z'", "'2024-05-06T07:08:09Z'",
                   "'2024-05-06T07:08:09+01:00'", "'never'"});
  }

  std::string old_side() {
    switch (below(8)) {
      case 0:
        return fmt::format("DELETE FROM people WHERE id = {}", id());
      case 1:
        return fmt::format("UPDATE {} people SET id = {} WHERE id = {}", clause(), id(), id());
      case 2:  // several at once
        return fmt::format("UPDATE {} people SET city = {}, name = {} WHERE id > {}", clause(),
                           city(), name(), id());
      case 3:
        return fmt::format(
            "INSERT INTO people(id, name, city) VALUES({}, {}, {}) ON CONFLICT(id) DO UPDATE SET "
            "name = excluded.name, city = excluded.city WHERE people.id <> 4",
            id(), name(), city());
      case 4:
        return fmt::format(
            "INSERT INTO people(id, name) VALUES({}, {}), ({}, {}) ON CONFLICT DO NOTHING", id(),
            name(), id(), name());
      case 5:  // names swap
        return fmt::format(
            "UPDATE people SET name = (SELECT o.name FROM people AS o WHERE o.id = 3 - people.id) "
            "WHERE id IN (1, 2) AND (SELECT count(*) FROM people WHERE id IN (1, 2)) = 2");
      default:
        return fmt::format(
            "INSERT {} INTO people(id, name, city, seen, born) VALUES({}, {}, {}, {}, {}), "
            "({}, {}, {}, {}, {})",
            clause(), id(), name(), city(), seen(), born(), id(), name(), city(), seen(), born());
    }
  }

  std::string new_side() {
    const auto first = [&] {
      return one_of({"'Ann'", "'Bob'", "'Éva'", "'evil'", "'Dan'", "'bad'"});
    };
    const auto last = [&] { return one_of({"NULL", "'Lee'", "'B C'"}); };
    switch (below(8)) {
      case 0:
        return fmt::format("DELETE FROM cities WHERE user_id = {}", id());
      case 1:
        return fmt::format(
            "DELETE FROM users WHERE id = {0} AND NOT EXISTS (SELECT 1 FROM cities "
            "WHERE user_id = {0})",
            id());
      case 2:
        return fmt::format("UPDATE {} users SET last = {}, first = {} WHERE id > {}", clause(),
                           last(), first(), id());
      case 3:
        return fmt::format("UPDATE {} cities SET user_id = {} WHERE user_id = {}", clause(), id(),
                           id());
      case 4:
        return fmt::format("INSERT {} INTO cities VALUES({}, {}, {})", clause(), id(),
                           one_of({"'rome'", "'oslo'"}), born());
      case 5:
        return fmt::format(
            "INSERT INTO users VALUES({}, {}, {}, {}) ON CONFLICT(first) DO UPDATE SET last = "
            "excluded.last",
            id(), first(), last(), seen());
      default:
        return fmt::format("INSERT {} INTO users VALUES({}, {}, {}, {}), ({}, {}, {}, {})",
                           clause(), id(), first(), last(), seen(), id(), first(), last(), seen());
    }
  }
};

const std::vector<std::string> kPragmas = {
    "PRAGMA recursive_triggers = OFF; PRAGMA foreign_keys = OFF",
    "PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = OFF",
    "PRAGMA recursive_triggers = OFF; PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = ON"};

std::uint64_t seed() {
  const char* chosen = std::getenv("MIG_SEED");
  return chosen == nullptr ? 30 : std::strtoull(chosen, nullptr, 10);
}

// The same statements where nothing is mirrored: what the application is told must be the same.
void write_both(Side leads, const std::string& people, const std::string& pragmas,
                std::uint64_t number) {
  Shop shop(leads, pragmas, people);
  Shop alone(leads, pragmas, people, false);
  Writer writer{std::mt19937_64(seed() * 1000 + number)};
  std::string history;
  for (int turn = 0; turn < 40; ++turn) {
    const std::string sql = leads == Side::Old ? writer.old_side() : writer.new_side();
    history += sql + ";\n";
    INFO(pragmas << "\n" << history);
    REQUIRE(shop.write(sql) == alone.write(sql));
    const std::string all = leads == Side::Old ? "SELECT * FROM people ORDER BY id"
                                               : "SELECT * FROM users LEFT JOIN cities ON user_id "
                                                 "= id ORDER BY id";
    REQUIRE(shop.rows(all) == alone.rows(all));
    REQUIRE(shop.differences() == "");
    REQUIRE(shop.rows("SELECT * FROM mig_ctl_origin") == "");
  }
}

}  // namespace

TEST_CASE("whatever is written to the old side is on the new one at once") {
  for (std::uint64_t round = 0; round < 24; ++round) {
    write_both(Side::Old, round % 2 == 0 ? kPeople : kPeopleByKey, kPragmas[round / 2 % 4], round);
  }
}

TEST_CASE("whatever is written to the new side is on the old one at once") {
  for (std::uint64_t round = 0; round < 24; ++round) {
    write_both(Side::New, round % 2 == 0 ? kPeople : kPeopleByKey, kPragmas[round / 2 % 4],
               100 + round);
  }
}
