// Rows that pass as bytes: exactly those that reading them would have found good, and with the same
// outcome, whether they are moved or compared.
#include <array>
#include <numeric>
#include <optional>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/data/reconcile.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/plain_pair.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/postgres_passage.hpp"
#include "runtime/stores/postgres_twins.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_stores.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::runtime;
using mig::tests::PostgresServer;

namespace {

constexpr const char* kRead = "numeric";        // may hold more places than the field: it is read
constexpr const char* kPlain = "numeric(8,2)";  // as the field has it

// Two servers' tables `users`, whose column `balance` has that type.
class Sides {
 public:
  explicit Sides(std::string_view balance) {
    using plan::Base;
    using plan::Type;
    plan_.name = "users";
    plan_.entities = {
        {"User",
         {tests::field("id", Type::of(Base::I64), true), tests::field("email", Type::text(20)),
          tests::field("seen", Type::of(Base::Timestamp).as_optional()),
          tests::field("born", Type::of(Base::Date).as_optional()),
          tests::field("wakes", Type::of(Base::Time).as_optional()),
          tests::field("balance", Type::decimal(8, 2).as_optional()),
          tests::field("about", Type::of(Base::Json).as_optional()),
          tests::field("more", Type::of(Base::Json).as_optional())},
         {}}};
    plan_.datasets = {{"users", {0}, {0}, "users", {}}, {"copy", {0}, {1}, "users", {}}};
    plan_.from = {0};
    plan_.to = {{1}};
    for (std::size_t side = 0; side < urls_.size(); ++side) {
      urls_[side] = PostgresServer::shared().create_database();
      plan_.stores.push_back({.name = side == 0 ? "old" : "new",
                              .kind = plan::StoreKind::Postgres,
                              .location = {urls_[side]}});
      databases_.push_back(std::move(*open_postgres(urls_[side])));
      run(side,
          fmt::format("CREATE TABLE users(id bigint PRIMARY KEY, email text, seen timestamptz, "
                      "born date, wakes time, balance {}, about jsonb, more json)",
                      balance));
    }
  }
  void run(std::size_t side, const std::string& sql) const {
    PostgresServer::shared().run(urls_[side], sql);
  }
  std::string ask(std::size_t side, const std::string& sql) const {
    return PostgresServer::shared().ask(urls_[side], sql);
  }
  void fill(std::size_t side, int rows) const {
    run(side, fmt::format("INSERT INTO users SELECT i, 'u' || i, now(), '2001-02-03', '04:05', i, "
                          "'{{\"a\": [1, \"ä\"]}}', '[\"b\"]' FROM generate_series(1, {}) i",
                          rows));
  }
  const std::string& url(std::size_t side) const { return urls_[side]; }
  const plan::Plan& plan() const { return plan_; }
  const Database& old_side() const { return databases_[0]; }
  const Database& new_side() const { return databases_[1]; }

 private:
  plan::Plan plan_;
  std::array<std::string, 2> urls_;
  std::vector<Database> databases_;
};

// Each makes a row of its own: good and bad ones.
const std::vector<std::string> kChanges{
    "email = repeat('x', 20)",
    "email = repeat('ä', 20)",
    "email = repeat('x', 21)",
    "email = NULL",
    "seen = NULL",
    "seen = 'infinity'",
    "seen = '-infinity'",
    "seen = '0001-01-01 00:00:00Z'",
    "seen = '9999-12-31 23:59:59.999999Z'",
    "seen = '10000-01-01 00:00:00Z'",
    "seen = '0001-12-31 00:00:00Z BC'",
    "born = 'infinity'",
    "born = '10000-01-01'",
    "born = '9999-12-31'",
    "wakes = '24:00'",
    "wakes = '23:59:59.999999'",
    "balance = 'NaN'",
    "balance = -999999.99",
    "balance = 0",
    "balance = NULL",
    "about = 'null'",
    "about = '{\"deep\": [[[1e400, true]]]}'",
    "more = '{\"a\": 1, \"a\": 2}'",
    "more = '\"\\ud800\"'",
    "more = NULL",
};

// What moving a page of bytes does: how many of its rows changed something, where it goes in.
std::optional<std::int64_t> pass(const Sides& sides, const std::string& after, std::size_t limit,
                                 const plan::Copy& copy = {}) {
  auto passage = PostgresPassage::open(sides.old_side(), sides.new_side(), sides.plan(),
                                       {copy, "run-1", "copy"});
  REQUIRE(passage);
  REQUIRE(passage->has_value());
  PostgresPassage::Page page;
  REQUIRE((*passage)->read(after, "", limit, page));
  if (!page.is_plain) return std::nullopt;
  auto transaction = Transaction::begin_write(sides.new_side());
  REQUIRE(transaction);
  const auto written = (*passage)->write(page);
  REQUIRE(written);
  REQUIRE(transaction->commit());
  return *written;
}

}  // namespace

TEST_CASE("bytes pass where reading them finds the row good, and only there") {
  Sides sides(kPlain);
  sides.fill(0, static_cast<int>(kChanges.size()));
  for (std::size_t i = 0; i < kChanges.size(); ++i)
    sides.run(0, fmt::format("UPDATE users SET {} WHERE id = {}", kChanges[i], i + 1));
  auto reader = KeysetReader::open(sides.old_side(), sides.plan(), {0});
  REQUIRE(reader);
  std::string after;
  std::size_t good = 0;
  for (const std::string& change : kChanges) {
    INFO(change);
    Page page;
    REQUIRE(reader->read(after, "", 1, page));
    REQUIRE(page.read == 1);
    CHECK(pass(sides, after, 1).has_value() == page.bad.empty());
    good += page.bad.empty() ? 1 : 0;
    after = page.last;
  }
  CHECK(good > 10);
  CHECK(kChanges.size() - good > 8);
  constexpr const char* rows =
      "SELECT string_agg(u::text, '|' ORDER BY id) FROM users u WHERE id IN ({})";
  const std::string moved = sides.ask(1, "SELECT string_agg(id::text, ',') FROM users");
  CHECK(sides.ask(0, fmt::format(rows, moved)) == sides.ask(1, fmt::format(rows, moved)));
}

TEST_CASE("a page of bytes that meets rows is merged with them by the rule of the copy") {
  using plan::OnConflict;
  const Sides sides(kPlain);
  sides.fill(0, 30);
  sides.run(0, "UPDATE users SET seen = '2026-01-02Z'");
  const auto over = [&](const plan::Copy& copy) {
    sides.run(1, "TRUNCATE users");
    sides.fill(1, 20);
    sides.run(1, "UPDATE users SET seen = '2026-01-02Z'");
    sides.run(1, "UPDATE users SET email = 'mine', more = '[ \"b\"]' WHERE id IN (14, 15)");
    return pass(sides, "", 30, copy);
  };
  constexpr const char* kMine =
      "SELECT concat_ws('|', count(*), count(*) FILTER (WHERE email = "
      "'mine'), count(*) FILTER (WHERE more::text = '[\"b\"]')) FROM users";
  CHECK(over({.on_conflict = OnConflict::Keep}) == 10);
  CHECK(sides.ask(1, kMine) == "30|2|28");
  CHECK(over({.on_conflict = OnConflict::Replace}) == 12);
  CHECK(sides.ask(1, kMine) == "30|0|30");
  CHECK(over({.on_conflict = OnConflict::Merge, .merged = {{{1}, 7}}}) == 12);
  CHECK(sides.ask(1, kMine) == "30|2|30");
}

TEST_CASE("a page of bytes of which a row is refused leaves everything as it was") {
  const Sides sides(kPlain);
  sides.fill(0, 30);
  sides.run(1, "INSERT INTO users(id, email) VALUES (15, 'mine'), (99, 'u17')");
  sides.run(1, "CREATE UNIQUE INDEX ON users(email)");
  CHECK_FALSE(pass(sides, "", 30, {.on_conflict = plan::OnConflict::Replace}));
  CHECK(sides.ask(1, "SELECT count(*) || min(email) FROM users") == "2mine");
  CHECK(pass(sides, "", 14) == 14);
  CHECK(sides.ask(1, "SELECT count(*) FROM users") == "16");
}

TEST_CASE("a page of bytes of which a trigger leaves a row out is looked at row by row") {
  const Sides sides(kPlain);
  sides.fill(0, 30);
  sides.run(1,
            "CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NULL; END $$;"
            "CREATE TRIGGER leave_out BEFORE INSERT ON users FOR EACH ROW WHEN (NEW.id = 7) "
            "EXECUTE FUNCTION leave_out()");
  CHECK_FALSE(pass(sides, "", 30));
  CHECK(sides.ask(1, "SELECT count(*) FROM users") == "0");
}

TEST_CASE("a key that the server hands out itself is handed over, also where rows are merged") {
  const Sides sides(kPlain);
  sides.fill(0, 30);
  sides.fill(1, 20);
  sides.run(1, "ALTER TABLE users ALTER id ADD GENERATED ALWAYS AS IDENTITY");
  CHECK(pass(sides, "", 30) == 10);
  CHECK(sides.ask(1, "SELECT max(id) FROM users") == "30");
}

TEST_CASE("rows pass as bytes only between columns of one type") {
  CHECK(PlainPair::of(Sides(kPlain).old_side(), Sides(kPlain).new_side(), Sides(kPlain).plan())
            .value()
            .has_value());
  const Sides read(kRead);
  CHECK_FALSE(PlainPair::of(read.old_side(), read.new_side(), read.plan()).value().has_value());
  Sides mixed(kPlain);
  mixed.run(1, "ALTER TABLE users ALTER balance TYPE numeric(9,2)");
  CHECK_FALSE(PlainPair::of(mixed.old_side(), mixed.new_side(), mixed.plan()).value().has_value());
  mixed.run(1, "ALTER TABLE users ALTER balance TYPE numeric(8,2)");
  mixed.run(1, "ALTER TABLE users ALTER about TYPE json");
  CHECK_FALSE(PlainPair::of(mixed.old_side(), mixed.new_side(), mixed.plan()).value().has_value());
}

TEST_CASE("a comparison that passes over equal bytes finds what one of all rows finds") {
  std::vector<Reconciliation> results;
  for (const char* balance : {kPlain, kRead}) {
    Sides sides(balance);
    sides.fill(0, 9000);
    sides.run(0, "UPDATE users SET seen = '2026-01-02Z'");
    sides.fill(1, 9000);
    sides.run(1, "UPDATE users SET seen = '2026-01-02Z'");
    sides.run(1, "UPDATE users SET email = 'other' WHERE id IN (1, 4000, 4001)");
    sides.run(1, "DELETE FROM users WHERE id IN (2500, 8999, 9000)");
    sides.run(1, "INSERT INTO users(id, email) VALUES (-5, 'extra'), (9500, 'extra')");
    for (const std::size_t side : {0U, 1U})  // as wrong on both sides
      sides.run(side, "UPDATE users SET email = repeat('x', 21) WHERE id = 6000");
    CHECK(
        PostgresTwins::open(sides.old_side(), sides.new_side(), sides.plan()).value().has_value() ==
        (balance == kPlain));
    tests::TemporaryFolder folder;
    Stores stores = tests::stores_of(sides.plan(), folder.path());
    auto result = reconcile(sides.plan(), stores, {.scratch_folder = folder.path()});
    REQUIRE(result);
    results.push_back(std::move(*result));
  }
  const Reconciliation& plain = results[0];
  const Reconciliation& read = results[1];
  CHECK(plain.datasets == read.datasets);
  CHECK(plain.source_rows == read.source_rows);
  CHECK(plain.source_drift == read.source_drift);
  CHECK(plain.rejected == read.rejected);
  CHECK(plain.datasets[0].mismatched == 3);
  CHECK(plain.datasets[0].missing == 3);
  CHECK(plain.datasets[0].extra == 3);
  CHECK(plain.datasets[0].expected == 8999);
  CHECK(plain.rejected == 1);
}

TEST_CASE("a page of wide rows ends at its bytes, read or passed on") {
  const Sides sides(kPlain);
  sides.fill(0, 30);
  sides.run(0, "UPDATE users SET more = to_json(repeat('x', 1000000)) WHERE id > 10");
  constexpr std::size_t kLimit = 16'000;
  constexpr std::size_t kWidest = kPageBytes + 1'100'000;
  auto reader = KeysetReader::open(sides.old_side(), sides.plan(), sides.plan().from);
  REQUIRE(reader);
  auto passage =
      PostgresPassage::open(sides.old_side(), sides.new_side(), sides.plan(), {{}, {}, {}});
  REQUIRE(passage);
  REQUIRE(passage->has_value());
  runtime::Page typed;
  PostgresPassage::Page passed;
  std::vector<std::int64_t> reads;
  std::vector<std::int64_t> passes;
  for (typed.is_last = false; !typed.is_last;) {
    REQUIRE(reader->read(typed.last, "", kLimit, typed));
    CHECK(typed.rows.byte_count() < kWidest);
    CHECK(typed.bad.empty());
    reads.push_back(typed.read);
  }
  while (!passed.is_last) {
    REQUIRE((*passage)->read(passed.last, "", kLimit, passed));
    CHECK(passed.is_plain);
    CHECK(passed.tuples.size() < kWidest);
    CHECK(passed.bytes == static_cast<std::int64_t>(passed.tuples.size()));
    passes.push_back(passed.read);
  }
  CHECK(std::accumulate(reads.begin(), reads.end(), std::int64_t{0}) == 30);
  CHECK(std::accumulate(passes.begin(), passes.end(), std::int64_t{0}) == 30);
  CHECK(reads.front() == 19);  // ten narrow rows, and those up to the one that goes beyond
  CHECK(passes.front() == 19);
}
