// The log of the new side: whatever row of whichever table is touched, the row that drives the way
// back is logged. Each trigger is taken away once, and then something is missed.
#include <map>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/stores/changelog.hpp"
#include "runtime/stores/control.hpp"
#include "runtime/stores/sqlite_keyset.hpp"
#include "tests/support/shop_plan.hpp"

using namespace mig;
using namespace mig::tests;
using runtime::Changelog;
using runtime::Database;

namespace {

constexpr const char* kTables =
    "PRAGMA foreign_keys = ON;"
    "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
    "CREATE TABLE addresses(user_id INTEGER PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE ON "
    "UPDATE CASCADE, street TEXT UNIQUE COLLATE NOCASE, zip TEXT);"
    "CREATE TABLE mails(user_id INTEGER, position INTEGER, mail TEXT, PRIMARY KEY(user_id, "
    "position)"
    ") WITHOUT ROWID; CREATE UNIQUE INDEX one_mail ON mails(mail) WHERE mail <> '';"
    "INSERT INTO users VALUES(1, 'ann'), (2, 'bob'), (3, 'cyd'), (4, 'dee'), (5, 'eve');"
    "INSERT INTO addresses VALUES(1, 's1', NULL), (2, 's2', NULL);"
    "INSERT INTO mails VALUES(1, 0, 'a'), (1, 1, 'b'), (3, 0, 'c'), (3, 1, '');";

plan::Plan family_plan() {
  const plan::Type number = plan::Type::of(plan::Base::I64);
  plan::Plan plan;
  plan.stores = {{.name = "app", .location = {"app.db"}}};
  plan.entities = {{"User", {field("id", number, true)}, {}},
                   {"Address", {field("user_id", number, true)}, {}},
                   {"Mail", {field("user_id", number, true), field("position", number, true)}, {}}};
  plan.datasets = {{"users", {0}, {0}, "users", {}},
                   {"addresses", {1}, {0}, "addresses", {}},
                   {"mails", {2}, {0}, "mails", {}}};
  plan.to = {{1}, {0}, {2}};
  plan.transforms = {
      {.name = "back", .input = {0}, .companions = {{{1}, false, {0}}, {{2}, true, {0}}}}};
  plan.back = plan::TransformId{0};
  return plan;
}

class Family {
 public:
  Family() : application_(open()) {
    const plan::Plan plan = family_plan();
    auto log = Changelog::of_new_side(plan);
    REQUIRE(log);
    log_.emplace(std::move(*log));
    REQUIRE(runtime::create_control_tables(application_));
    REQUIRE(log_->install(application_));
  }

  const Changelog& log() const { return *log_; }
  const Database& application() const { return application_; }
  void run(const std::string& sql) const {
    INFO(sql);
    const auto done = application_.execute(sql);
    if (!done) REQUIRE(application_.last_failure() == runtime::SqlFailure::Constraint);
  }

  // Rows that drive, or their companions, that differ after `sql`, and were not logged.
  std::set<std::string> missed(const std::string& sql) const {
    const auto before = images();
    const auto since = log_->newest(application_).value();
    run(sql);
    const auto after = images();
    std::set<std::string> differing;
    for (const auto& [place, image] : before) {
      if (!after.contains(place) || after.at(place) != image) differing.insert(shown(place));
    }
    for (const auto& [place, image] : after) {
      if (!before.contains(place)) differing.insert(shown(place));
    }
    const auto touched = log_->read(application_, since, 1'000'000);
    REQUIRE(touched);
    for (const std::string& place : touched->keys)
      differing.erase(shown(place));
    return differing;
  }

 private:
  static std::string shown(const std::string& place) { return runtime::shown_key(place); }
  static Database open() {
    auto made = open_sqlite(":memory:", runtime::Mode::Create);
    REQUIRE(made);
    REQUIRE(made->execute(kTables));
    return std::move(*made);
  }
  // All that goes back with each row, also with one that is not there any more.
  std::map<std::string, std::string> images() const {
    auto rows = application_.prepare(
        "SELECT i.id, (SELECT quote(name) FROM users WHERE id = i.id), (SELECT quote(street) || "
        "quote(zip) FROM addresses WHERE user_id = i.id), (SELECT group_concat(position || "
        "quote(mail)) FROM (SELECT * FROM mails WHERE user_id = i.id ORDER BY position)) FROM "
        "(SELECT id FROM users UNION SELECT user_id FROM addresses UNION SELECT user_id FROM mails)"
        " AS i");
    if (!rows) FAIL(rows.error().message);
    std::map<std::string, std::string> found;
    while (rows->step().value())
      found[runtime::place_of(*rows, 0)] = runtime::place_of(*rows, 1, 3);
    return found;
  }

  Database application_;
  std::optional<Changelog> log_;
};

struct Touch {
  const char* trigger;
  const char* statement;
  const char* missed;  // without the trigger
};
constexpr Touch kTouches[] = {
    {"inserted_users", "INSERT INTO users VALUES(9, 'zoe')", "9"},
    {"updated_users", "UPDATE users SET name = 'x' WHERE id = 1", "1"},
    {"deleted_users", "DELETE FROM users WHERE id = 4", "4"},
    {"evicting_insert_users", "INSERT OR REPLACE INTO users VALUES(9, 'dee')", "4"},
    {"evicting_update_users", "UPDATE OR REPLACE users SET name = 'dee' WHERE id = 1", "4"},
    {"inserted_addresses", "INSERT INTO addresses VALUES(4, 's4', NULL)", "4"},
    {"inserted_addresses",
     "INSERT INTO addresses VALUES(4, 's4', 1) ON CONFLICT DO UPDATE SET zip = 2", "4"},
    {"updated_addresses", "UPDATE addresses SET user_id = 4 WHERE user_id = 2", "4"},
    {"deleted_addresses", "DELETE FROM addresses WHERE user_id = 2", "2"},
    {"evicting_insert_addresses", "INSERT OR REPLACE INTO addresses VALUES(5, 'S1', NULL)", "1"},
    {"evicting_update_addresses", "UPDATE OR REPLACE addresses SET street = 'S1' WHERE user_id = 2",
     "1"},
    {"inserted_mails", "INSERT INTO mails VALUES(4, 0, 'd')", "4"},
    {"updated_mails", "UPDATE mails SET user_id = 4 WHERE user_id = 3", "4"},
    {"deleted_mails", "DELETE FROM mails WHERE user_id = 3", "3"},
    {"evicting_insert_mails", "INSERT OR REPLACE INTO mails VALUES(5, 7, 'c')", "3"},
    {"evicting_update_mails",
     "UPDATE OR REPLACE mails SET mail = 'c' WHERE user_id = 1 AND position "
     "= 0",
     "3"},
};

}  // namespace

TEST_CASE("to touch a row that goes back with another is to touch that one") {
  const std::set<std::string> nothing;
  for (const Touch& touch : kTouches)
    CHECK(Family().missed(touch.statement) == nothing);
  const Family family;
  CHECK(family.missed("UPDATE addresses SET user_id = 4 WHERE user_id = 1") == nothing);
  CHECK(family.missed("UPDATE mails SET user_id = user_id + 1, position = position + 10") ==
        nothing);
  CHECK(family.missed("UPDATE users SET id = id + 100") == nothing);
  CHECK(family.missed("DELETE FROM users") == nothing);
  CHECK(family.missed("DELETE FROM mails") == nothing);
}

TEST_CASE("without any one of its triggers the log of the new side misses a row") {
  for (const Touch& touch : kTouches) {
    INFO(touch.trigger);
    const Family family;
    family.run(fmt::format("DROP TRIGGER mig_ctl_log_{}", touch.trigger));
    CHECK(family.missed(touch.statement) == std::set<std::string>{touch.missed});
  }
}

TEST_CASE("mig's own writes to the new side are not logged, and a note is") {
  const Family family;
  family.run("INSERT INTO mig_ctl_origin(actor) VALUES('mig')");
  CHECK(family.missed("UPDATE mails SET mail = '' WHERE user_id = 3") ==
        std::set<std::string>{"3"});
  REQUIRE(family.log().note(family.application(), {"i0000000000000007", "i0000000000000003"}));
  family.run("DELETE FROM mig_ctl_origin");
  const auto touched = family.log().read(family.application(), 0, 10);
  REQUIRE(touched);
  CHECK(touched->keys == std::vector<std::string>{"i0000000000000007", "i0000000000000003"});
}

TEST_CASE("the log of the new side goes with all its triggers") {
  const Family family;
  CHECK(family.log().is_installed(family.application()).value());
  REQUIRE(family.log().install(family.application()));
  REQUIRE(family.log().remove(family.application()));
  CHECK_FALSE(family.log().is_installed(family.application()).value());
  auto left = family.application().prepare(
      "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'mig_ctl_log%'");
  REQUIRE(left);
  REQUIRE(left->step());
  CHECK(left->integer(0) == 0);
}
