// An application writes at random, by every form of statement that SQLite has, into the side that
// leads: after each statement the other side is what it becomes, but for the rows that wait for the
// follower, and no statement ever fails because of a mirror.
#include <cstdlib>
#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/support/mirrored_shop.hpp"

namespace {

using namespace mig;
using namespace mig::tests;
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

// How often a row was on both sides, and how often one waited.
struct Tally {
  int carried = 0;
  int waiting = 0;
};

// The same statements where nothing is mirrored: what the application is told must be the same.
void write_both(Side leads, const std::string& people, const std::string& pragmas,
                std::uint64_t number, Tally& tally) {
  MirroredShop shop(leads, pragmas, people);
  MirroredShop alone(leads, pragmas, people, false);
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
    tally.carried +=
        shop.rows("SELECT 1 FROM people JOIN users USING (id) LIMIT 1").empty() ? 0 : 1;
    tally.waiting += shop.waiting() == "NULL\n" ? 0 : 1;
  }
  INFO(pragmas << "\n" << history);
  if (leads == Side::Old) shop.settle();
}

}  // namespace

TEST_CASE("whatever is written to the old side is on the new one at once") {
  Tally tally;
  for (std::uint64_t round = 0; round < 24; ++round) {
    const std::string& people = round % 2 == 0 ? kPeople : kPeopleByKey;
    write_both(Side::Old, people, kPragmas[round / 2 % 4], round, tally);
  }
  CHECK(tally.carried > 300);
  CHECK(tally.waiting > 100);
}

TEST_CASE("whatever is written to the new side is on the old one at once") {
  Tally tally;
  for (std::uint64_t round = 0; round < 24; ++round) {
    const std::string& people = round % 2 == 0 ? kPeople : kPeopleByKey;
    write_both(Side::New, people, kPragmas[round / 2 % 4], 100 + round, tally);
  }
  CHECK(tally.carried > 300);
  CHECK(tally.waiting > 100);
}
