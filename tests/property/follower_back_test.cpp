// The application writes to the new side at random while a follower carries its rows back: in the
// end the old side is what the inverse makes of the new one, and what `via` makes of the old side
// is the new one.
#include <cstdlib>
#include <optional>
#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/data/reconcile.hpp"
#include "runtime/steps/follower.hpp"
#include "runtime/steps/store_step.hpp"
#include "tests/support/compiled_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace {

using namespace mig;
using namespace mig::tests;

// A second row that may be there, and rules by which rows push each other out on both sides. No
// old row is evil: a new one that becomes so is a reject.
constexpr const char* kAddress = R"mig(mig 1
store old: sqlite { path = "old.db" }
store fresh: sqlite { path = "new.db" }
entity Legacy { key id: i64; name: text; street: text?; zip: text?
                where name != "evil" else "an evil name" }
entity User { key id: i64; name: text }
entity Address { key user_id: i64 -> User.id; street: text; zip: text? }
dataset people: Legacy in old { table = "people" }
dataset users: User in fresh { table = "users" }
dataset addresses: Address in fresh { table = "addresses" }
transform part(p: Legacy) -> User, Address? {
  emit User { id = p.id; name = p.name }
  emit Address when p.street? { user_id = p.id; street = p.street; zip = p.zip }
}
transform gather(u: User, a: Address?) -> Legacy {
  emit Legacy { id = u.id; name = u.name; street = a.street; zip = if a? then a.zip else none }
}
plan move {
  from people
  to users, addresses
  via part
  back gather
  phase one { create users, addresses }
}
)mig";

constexpr const char* kAddressTables =
    "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE addresses(user_id INTEGER PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE "
    "ON UPDATE CASCADE, street TEXT NOT NULL UNIQUE, zip TEXT);";

// Old rows are rows of the new side that were joined again.
constexpr const char* kAddressBack =
    "SELECT u.id, u.name, a.street, a.zip FROM users u LEFT JOIN addresses a ON a.user_id = u.id "
    "WHERE u.name <> 'evil' ORDER BY u.id";
constexpr const char* kAddressOld =
    "SELECT id, name, street, zip FROM people WHERE id < 100 ORDER BY id";

// A list, by a key of two fields that stand in another order on either side.
constexpr const char* kMails = R"mig(mig 1
use std.text (count, join, split)
store old: sqlite { path = "old.db" }
store fresh: sqlite { path = "new.db" }
entity Legacy { key shop: text; key id: i64; name: text; mails: text; many: bool
                where name != "evil" else "an evil name" }
entity User { key id: i64; key shop: text; name: text }
entity Mail { key position: i64; key user_shop: text -> User.shop; key user_id: i64 -> User.id
              address: text; note: text? }
dataset people: Legacy in old { table = "people" }
dataset users: User in fresh { table = "users" }
dataset mails: Mail in fresh { table = "mails" }
transform part(p: Legacy) -> User, [Mail] {
  emit User { id = p.id; shop = p.shop; name = p.name }
  emit Mail for m in split(p.mails, ",") {
    position = m.index; user_shop = p.shop; user_id = p.id; address = m; note = none
  }
  drops many
}
transform gather(u: User, ms: [Mail]) -> Legacy {
  emit Legacy {
    shop = u.shop; id = u.id; name = u.name
    mails = join(m.address ++ (if m.note? then "!" ++ m.note else "") for m in ms, ",")
    many = count(ms) > 1
  }
  drops ms.position
}
plan move {
  from people
  to users, mails
  via part
  back gather
  phase one { create users, mails }
}
)mig";

constexpr const char* kMailTables =
    "CREATE TABLE users(id INTEGER, shop TEXT, name TEXT NOT NULL UNIQUE, PRIMARY KEY(id, shop));"
    "CREATE TABLE mails(position INTEGER, user_shop TEXT, user_id INTEGER, address TEXT NOT NULL "
    "UNIQUE, note TEXT, PRIMARY KEY(position, user_shop, user_id), FOREIGN KEY(user_id, user_shop) "
    "REFERENCES users(id, shop) ON DELETE CASCADE ON UPDATE CASCADE) WITHOUT ROWID;";
constexpr const char* kMailBack =
    "SELECT shop, id, name, coalesce((SELECT group_concat(text, ',') FROM (SELECT address || "
    "coalesce('!' || note, '') AS text FROM mails WHERE user_id = u.id AND user_shop = u.shop "
    "ORDER BY position)), ''), (SELECT count(*) FROM mails WHERE user_id = u.id AND user_shop = "
    "u.shop) > 1 FROM users u WHERE name <> 'evil' ORDER BY shop, id";
constexpr const char* kMailOld =
    "SELECT shop, id, name, mails, many FROM people WHERE id < 100 ORDER BY shop, id";

struct Form {
  const char* plan;
  const char* old_table;
  const char* new_tables;
  const char* back;
  const char* found;
};
constexpr Form kForms[] = {
    {kAddress,
     "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, street TEXT, zip TEXT,"
     " extra TEXT DEFAULT 'fresh');"
     "INSERT INTO people VALUES(100, 'evil', NULL, NULL, 'mine');",
     kAddressTables, kAddressBack, kAddressOld},
    {kMails,
     "CREATE TABLE people(shop TEXT, id INTEGER, name TEXT NOT NULL UNIQUE, mails TEXT NOT NULL,"
     " many INTEGER NOT NULL, extra TEXT DEFAULT 'fresh', PRIMARY KEY(shop, id));"
     "INSERT INTO people VALUES('a', 100, 'evil', '', 0, 'mine');",
     kMailTables, kMailBack, kMailOld},
};

class Return {
 public:
  Return(std::uint64_t seed, std::size_t form)
      : form_(kForms[form]), has_list_(form == 1), plan_(compiled_plan(form_.plan)), random_(seed) {
    run_sql(folder_ / "old.db", form_.old_table);
    run_sql(folder_ / "new.db", form_.new_tables);
    test_.emplace(plan_, folder_.path());
    test_->fence();
    const auto log = runtime::Changelog::of_new_side(plan_);
    REQUIRE(log);
    auto effect = runtime::begin_effect(test_->world, plan_.at(plan_.to[0]).store, kStep);
    REQUIRE(effect);
    REQUIRE(log->install(effect->database()));
    REQUIRE(effect->commit({.cursor = "0"}));
    auto application = runtime::open_sqlite(folder_ / "new.db", runtime::Mode::ReadWrite);
    REQUIRE(application);
    application_.emplace(std::move(*application));
    REQUIRE(application_->execute("PRAGMA foreign_keys = ON"));
  }

  void run() {
    open();
    for (int turn = 0; turn < 150; ++turn) {
      const auto what = below(8);
      if (what == 0) {
        advance(static_cast<std::size_t>(below(6) + 1));
      } else if (what == 1 && below(4) == 0) {
        open();  // another runner goes on
      } else {
        write();
      }
    }
    while (!advance(7))
      continue;
  }

  void check() {
    INFO(history_);
    CHECK(rows_of(folder_ / "old.db", form_.found) == rows_of(folder_ / "new.db", form_.back));
    // Nobody touched it, so it is as it was; so is what the plan does not name.
    CHECK(rows_of(folder_ / "old.db", "SELECT name, extra FROM people WHERE id = 100") ==
          "evil|mine\n");
    CHECK(rows_of(folder_ / "old.db", "SELECT count(*) FROM people WHERE extra IS NULL") == "0\n");
    CHECK(rows_of(folder_ / "old.db", "SELECT count(*) FROM mig_ctl_reject WHERE closed IS NULL") ==
          rows_of(folder_ / "new.db", "SELECT count(*) FROM users WHERE name = 'evil'"));
    if (has_list_) close_gaps();
    check_forward();
  }

 private:
  static constexpr plan::StepId kStep{0};

  std::int64_t below(std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random_);
  }

  void open() {
    auto opened = runtime::Follower::open(test_->world, kStep, plan::Side::New);
    if (!opened) FAIL(opened.error().message);
    follower_.emplace(std::move(*opened));
  }

  bool advance(std::size_t limit) {
    INFO(history_);
    const auto followed = follower_->advance(test_->world, limit);
    if (!followed) FAIL(followed.error().message);
    return followed->is_drained;
  }

  // One transaction of the application: it changes one table, or several.
  void write() {
    std::string statements;
    for (auto count = below(3) + 1; count > 0; --count)
      statements += (has_list_ ? mail_statement() : address_statement()) + ";";
    history_ += statements + "\n";
    INFO(history_);
    REQUIRE(application_->execute("BEGIN"));
    // A statement that its table refuses leaves the others.
    for (std::size_t at = 0; at < statements.size();) {
      const auto end = statements.find(';', at);
      const auto done = application_->execute(statements.substr(at, end - at));
      if (!done) REQUIRE(application_->last_failure() == runtime::SqlFailure::Constraint);
      at = end + 1;
    }
    REQUIRE(application_->execute(below(10) == 0 ? "ROLLBACK" : "COMMIT"));
  }

  std::string name() { return below(12) == 0 ? "evil" : fmt::format("n{}", below(14)); }
  std::string either() {
    static constexpr const char* kWays[] = {"OR REPLACE", "OR IGNORE", "OR FAIL", ""};
    return kWays[below(4)];
  }

  std::string address_statement() {
    const auto id = [&] { return below(12) + 1; };
    const auto zip = [&] { return below(2) == 0 ? "NULL" : "'1234'"; };
    const auto street = [&] { return fmt::format("s{}", below(8)); };
    switch (below(10)) {
      case 0:
        return fmt::format("DELETE FROM users WHERE id = {}", id());
      case 1:
        return fmt::format("DELETE FROM addresses WHERE user_id = {}", id());
      case 2:
        return fmt::format("UPDATE {} users SET id = {} WHERE id = {}", either(), id(), id());
      case 3:
        return fmt::format("UPDATE {} addresses SET user_id = {} WHERE user_id = {}", either(),
                           id(), id());
      case 4: {  // two swap their names
        const auto one = id();
        const auto other = id();
        return fmt::format(
            "UPDATE users SET name = 'swap' || id WHERE id IN ({0}, {1});"
            "UPDATE OR IGNORE users SET name = CASE id WHEN {0} THEN 'n{1}' ELSE 'n{0}' END WHERE "
            "id IN ({0}, {1})",
            one, other);
      }
      case 5:
        return fmt::format("UPDATE {} users SET name = '{}' WHERE id = {}", either(), name(), id());
      case 6:
        return fmt::format(
            "INSERT INTO addresses VALUES({}, '{}', {}) ON CONFLICT(user_id) DO UPDATE SET street "
            "= excluded.street, zip = excluded.zip",
            id(), street(), zip());
      case 7:
        return fmt::format("UPDATE {} addresses SET street = '{}', zip = {} WHERE user_id = {}",
                           either(), street(), zip(), id());
      case 8:
        return fmt::format("INSERT {} INTO addresses VALUES({}, '{}', {})", either(), id(),
                           street(), zip());
      default:
        return fmt::format("INSERT {} INTO users VALUES({}, '{}')", either(), id(), name());
    }
  }

  std::string mail_statement() {
    const auto user = [&] {
      return fmt::format("{}, '{}'", below(5) + 1, below(2) == 0 ? 'a' : 'b');
    };
    const auto place = [&] {
      return fmt::format("({}, '{}')", below(5) + 1, below(2) == 0 ? 'a' : 'b');
    };
    const auto mail = [&] { return fmt::format("m{}", below(9)); };
    const auto note = [&] { return below(2) == 0 ? "NULL" : "'x'"; };
    switch (below(9)) {
      case 0:
        return "DELETE FROM users WHERE (id, shop) = " + place();
      case 1:
        return fmt::format("DELETE FROM mails WHERE (user_id, user_shop) = {} AND position < {}",
                           place(), below(4));
      case 2:
        return fmt::format("UPDATE {} users SET (id, shop) = {} WHERE (id, shop) = {}", either(),
                           place(), place());
      case 3:
        return fmt::format(
            "UPDATE {} mails SET (user_id, user_shop) = {} WHERE (user_id, user_shop) = {}",
            either(), place(), place());
      case 4:
        return fmt::format(
            "UPDATE {} mails SET position = position + 1 WHERE (user_id, user_shop)"
            " = {}",
            either(), place());
      case 5:
        return fmt::format("UPDATE {} users SET name = '{}' WHERE (id, shop) = {}", either(),
                           name(), place());
      case 6:
        return fmt::format("UPDATE {} mails SET address = '{}', note = {} WHERE position = {}",
                           either(), mail(), note(), below(4));
      case 7:
        return fmt::format("INSERT {} INTO users VALUES({}, '{}')", either(), user(), name());
      default: {
        const auto owner = user();
        const auto comma = owner.find(',');
        return fmt::format("INSERT {} INTO mails VALUES({}, {}, {}, '{}', {})", either(), below(4),
                           owner.substr(comma + 2), owner.substr(0, comma), mail(), note());
      }
    }
  }

  // What `via` makes of the old side is the new one, but for rows that are rejects.
  void check_forward() {
    run_sql(folder_ / "new.db", "PRAGMA foreign_keys = ON; DELETE FROM users WHERE name = 'evil'");
    run_sql(folder_ / "old.db", "DELETE FROM people WHERE id = 100");
    const auto compared =
        runtime::reconcile(plan_, test_->stores, {.scratch_folder = folder_ / "scratch"});
    if (!compared) FAIL(compared.error().message);
    INFO(runtime::print_summary(plan_, *compared));
    CHECK(compared->drift() == 0);
  }

  // A list may have gaps in its positions, and a note is a part of the text by then.
  void close_gaps() {
    run_sql(folder_ / "new.db",
            "CREATE TABLE dense AS SELECT row_number() OVER (PARTITION BY user_shop, user_id ORDER "
            "BY position) - 1 AS position, user_shop, user_id, address || coalesce('!' || note, '')"
            " AS address FROM mails; DELETE FROM mails;"
            "INSERT INTO mails SELECT position, user_shop, user_id, address, NULL FROM dense");
  }

  const Form& form_;
  bool has_list_;
  TemporaryFolder folder_;
  plan::Plan plan_;
  std::mt19937_64 random_;
  std::optional<TestWorld> test_;
  std::optional<runtime::Database> application_;
  std::optional<runtime::Follower> follower_;
  std::string history_;
};

std::uint64_t first_seed() {
  const char* chosen = std::getenv("MIG_SEED");
  return chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
}

}  // namespace

TEST_CASE("a follower on the way back ends where the application ended") {
  for (std::size_t form = 0; form < std::size(kForms); ++form) {
    for (std::uint64_t seed = first_seed(); seed < first_seed() + 15; ++seed) {
      INFO("form " << form << ", MIG_SEED=" << seed);
      Return back(seed, form);
      back.run();
      back.check();
    }
  }
}
