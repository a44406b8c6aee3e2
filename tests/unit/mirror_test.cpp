// What a mirror promises, promise by promise; each is broken once to see that it matters.
#include <sqlite3.h>

#include "runtime/stores/sqlite_mirror.hpp"
#include "tests/support/mirrored_shop.hpp"

using namespace mig;
using namespace mig::tests;

namespace {

const std::string kPlain = "PRAGMA recursive_triggers = OFF";
constexpr const char* kUsers = "SELECT id, first, last FROM users ORDER BY id";

void add_letter(const MirroredShop& shop, const std::string& key) {
  run_sql(shop.path(), "INSERT INTO mig_ctl_reject VALUES('run-1', 'copy', 'people', '" + key +
                           "', '1', 'name', 'an evil name', 'now', 'team', NULL)");
}

// What installing says of a side that leads into such tables.
std::string refusal(const std::string& people, const std::string& more, Side leads = Side::New) {
  MirroredShop shop(leads, kPlain, people, false);
  shop.run(more);
  const auto installed = shop.install();
  if (installed) return {};
  CHECK(installed.error().kind == runtime::ErrorKind::Permanent);
  if (more.find("lower(") == more.npos) CHECK(installed.error().help == "use `mode = follow`");
  return installed.error().message;
}

}  // namespace

TEST_CASE("the mirror passes the guard of the other side, and nobody else does") {
  MirroredShop shop(Side::Old, kPlain, kPeople);
  shop.run("INSERT INTO people(id, name) VALUES(1, 'Ann Lee')");
  CHECK(shop.rows(kUsers) == "1|Ann|Lee\n");
  CHECK_FALSE(shop.write("INSERT INTO users VALUES(2, 'Bob', NULL, 'x')").empty());
  CHECK_FALSE(shop.write("DELETE FROM users").empty());
  CHECK(shop.rows(kUsers) == "1|Ann|Lee\n");
}

TEST_CASE("a statement that fails halfway leaves no mark behind") {
  MirroredShop shop(Side::Old, kPlain, kPeople);
  shop.run("INSERT INTO people(id, name) VALUES(3, 'Cyd')");
  CHECK_FALSE(shop.write("INSERT OR FAIL INTO people(id, name) VALUES(1, 'Ann'), (3, 'Ann'), "
                         "(4, 'Dan')")
                  .empty());
  CHECK(shop.rows(kUsers) == "1|Ann|NULL\n3|Cyd|NULL\n");
  shop.check_marks();
}

TEST_CASE("a mark that stayed behind stops nothing and goes with the next write") {
  MirroredShop shop(Side::Old, kPlain, kPeople);
  shop.run("INSERT INTO mig_ctl_origin VALUES('mirror'), ('carried')");
  shop.run("INSERT INTO people(id, name) VALUES(1, 'evil'), (2, 'Bob')");
  CHECK(shop.rows(kUsers) == "2|Bob|NULL\n");
  CHECK(shop.waiting() == "1\n");
  shop.check_marks();
}

TEST_CASE("what mig writes is not carried over") {
  MirroredShop shop(Side::Old, kPlain, kPeople);
  shop.run("INSERT INTO mig_ctl_origin VALUES('mig')");
  shop.run("INSERT INTO people(id, name) VALUES(1, 'Ann')");
  CHECK(shop.rows(kUsers).empty());
  CHECK(shop.waiting() == "NULL\n");
}

TEST_CASE("a row that cannot be carried over waits, and the other side is as it was") {
  MirroredShop shop(Side::Old, kPlain, kPeople);
  shop.run("INSERT INTO people(id, name) VALUES(1, 'Ann Lee'), (2, 'Bob')");
  shop.run("UPDATE people SET name = 'evil' WHERE id = 1");
  CHECK(shop.waiting() == "1\n");
  CHECK(shop.rows(kUsers) == "1|Ann|Lee\n2|Bob|NULL\n");
  shop.run("UPDATE people SET name = 'Ann Lee', city = 'Rome' WHERE id = 1");
  shop.run("UPDATE people SET name = 'evil', city = NULL WHERE id = 1");
  CHECK(shop.rows("SELECT user_id, city FROM cities") == "1|rome\n");
  // So does one that stands in another's way, and its next version is carried over.
  shop.run("UPDATE people SET name = 'Ann' WHERE id = 2");
  CHECK(shop.waiting() == "1,2\n");
  shop.run("DELETE FROM people WHERE id = 1; UPDATE people SET name = 'Ann Roe' WHERE id = 2");
  CHECK(shop.rows(kUsers) == "2|Ann|Roe\n");
}

TEST_CASE("the follower is told of a row with an open letter, to close it") {
  MirroredShop shop(Side::Old, kPlain, kPeople);
  add_letter(shop, "i0000000000000001");
  shop.run("INSERT INTO people(id, name) VALUES(1, 'Ann'), (2, 'Bob'), (-1, 'Neg')");
  CHECK(shop.rows(kUsers) == "-1|Neg|NULL\n1|Ann|NULL\n2|Bob|NULL\n");
  CHECK(shop.waiting() == "1\n");
}

TEST_CASE("a row that REPLACE pushes out goes from the other side, too") {
  const auto push_out = [](bool is_guarded) {
    MirroredShop shop(Side::Old, kPlain, kPeople);
    shop.run("INSERT INTO people(id, name, city, born) VALUES(1, 'Ann', 'Rome', '2001-02-03')");
    if (!is_guarded) shop.run("DROP TRIGGER mig_ctl_log_evicting_insert_people");
    // Nobody is pushed out, however often it is tried.
    for (int i = 0; i < 3; ++i)
      shop.run(
          "INSERT OR IGNORE INTO people(id, name, city, born) VALUES(5, 'Bob', 'Rome', "
          "'2001-02-03')");
    if (is_guarded) CHECK(shop.rows("SELECT * FROM mig_ctl_evicted_people") == "1\n");
    shop.run(
        "INSERT OR REPLACE INTO people(id, name, city, born) VALUES(2, 'Bob', 'Rome', "
        "'2001-02-03')");
    CHECK(shop.rows("SELECT id FROM people") == "2\n");
    return shop.rows("SELECT user_id FROM cities");
  };
  CHECK(push_out(true) == "2\n");
  CHECK(push_out(false) == "1\n2\n");
}

TEST_CASE("columns of the old table that the plan does not name keep what they hold") {
  MirroredShop shop(Side::New, kPlain, kPeople);
  shop.run("INSERT INTO users VALUES(1, 'Ann', NULL, '2024-05-06T07:08:09.000000Z')");
  CHECK(shop.rows("SELECT id, name, code FROM people") == "1|Ann|7\n");
  run_sql(shop.path(),
          "INSERT INTO mig_ctl_origin VALUES('mig'); UPDATE people SET code = 8;"
          "DELETE FROM mig_ctl_origin");
  shop.run(
      "INSERT OR REPLACE INTO users VALUES(1, 'Ann', 'Lee', '2024-05-06T07:08:09.000000Z');"
      "INSERT INTO cities VALUES(1, 'rome', NULL)");
  CHECK(shop.rows("SELECT id, name, city, code FROM people") == "1|Ann Lee|rome|8\n");
  shop.run("DELETE FROM cities; DELETE FROM users");
  CHECK(shop.rows("SELECT count(*) FROM people") == "0\n");
}

TEST_CASE("where an extension folds letters otherwise, rows wait for mig") {
  MirroredShop shop(Side::Old, kPlain, kPeople);
  const auto fold_otherwise = [](sqlite3_context* context, int, sqlite3_value** values) {
    if (sqlite3_value_type(values[0]) == SQLITE_NULL) return sqlite3_result_null(context);
    sqlite3_result_text(context, "folded", -1, SQLITE_STATIC);
  };
  REQUIRE(sqlite3_create_function(runtime::sqlite_handle(shop.database()), "lower", 1,
                                  SQLITE_UTF8 | SQLITE_INNOCUOUS, nullptr, fold_otherwise, nullptr,
                                  nullptr) == SQLITE_OK);
  shop.run("INSERT INTO people(id, name, city) VALUES(1, 'Ann', 'Rome')");
  CHECK(shop.rows("SELECT * FROM cities").empty());
  CHECK(shop.waiting() == "1\n");
}

TEST_CASE("tables whose rules nobody can ask beforehand are refused") {
  const auto people = [](const std::string& columns) {
    return "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT, city TEXT, seen TEXT, born "
           "TEXT" +
           columns + ")";
  };
  const std::string begin = "triggers cannot keep `people` for every writer: ";
  CHECK(refusal(people(""), "").empty());
  CHECK(refusal(people(", age CHECK (age > 0)"), "") == begin + "it has a CHECK of its own");
  CHECK(refusal(people(", age NOT NULL"), "") ==
        begin + "its column `age` is NOT NULL, and the plan does not name it");
  CHECK(refusal(people(", age NOT NULL DEFAULT 7"), "").empty());
  CHECK(refusal(people(", code UNIQUE"), "") ==
        begin + "the plan does not name its column `code`, which is to be unique");
  CHECK(refusal(people(""), "CREATE TRIGGER audit AFTER INSERT ON people BEGIN SELECT 1; END") ==
        begin + "it has a trigger `audit`");
  CHECK(refusal(people(", team REFERENCES teams(id)"), "CREATE TABLE teams(id PRIMARY KEY)") ==
        begin + "it refers to `teams`");
  CHECK(refusal(people(""), "CREATE TABLE bills(person REFERENCES people(id))") ==
        begin + "`bills` refers to it");
  CHECK(refusal("CREATE TABLE people(id INT COLLATE NOCASE PRIMARY KEY, name TEXT, city TEXT, seen "
                "TEXT, born TEXT)",
                "") == begin + "the key `id` is compared by NOCASE");
  CHECK(refusal(people(""), "CREATE UNIQUE INDEX odd ON users(lower(first))", Side::Old)
            .starts_with("the unique index `odd`"));
}
