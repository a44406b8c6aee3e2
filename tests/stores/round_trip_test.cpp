// Every type through every ordered pair of stores: a value comes over exactly as it was, or its row
// is set aside with a reason. What is refused anywhere stands on a published page.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/data/iso_time.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/open_rows.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/row_writer.hpp"
#include "runtime/stores/store_letters.hpp"
#include "runtime/stores/tables.hpp"
#include "tests/stores/carried_types.hpp"
#include "tests/support/column_values.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace mig::tests;
using plan::Base;
using plan::Type;

namespace {

constexpr int kRandomRows = 60;

// A kind of store, and for Redis how rows stand in it.
struct Kept {
  const char* name;
  plan::StoreKind kind;
  plan::Codec codec = plan::Codec::Hash;
};
const std::vector<Kept> kKept = {
    {"SQLite", plan::StoreKind::Sqlite},
    {"PostgreSQL", plan::StoreKind::Postgres},
    {"Redis hash", plan::StoreKind::Redis, plan::Codec::Hash},
    {"Redis JSON", plan::StoreKind::Redis, plan::Codec::Json},
};

// Rows by their key: each value as one exact text. A zero has no sign, as in comparisons.
using Rows = std::map<std::int64_t, std::string>;

std::string exact(const Column& column, std::size_t row) {
  const bool is_zero =
      column.type().base == Base::F64 && !column.is_null(row) && column.real(row) == 0;
  return is_zero ? "0" : shown_cell(column, row);
}

// The same for people.
std::string readable(const Column& column, std::size_t row) {
  if (column.type().base == Base::F64) return fmt::format("{}", column.real(row));
  if (column.type().base == Base::Bytes) return "the bytes of Ada";
  return exact(column, row);
}

bool updates() {
  const char* asked = std::getenv("MIG_UPDATE_GOLDENS");
  return asked != nullptr && std::string_view(asked) == "1";
}

// The page is what this test finds, word for word.
void publish(const std::string& found) {
  const std::filesystem::path path = std::filesystem::path(MIG_ROOT) / "runtime/stores/TYPES.md";
  if (updates()) std::ofstream(path) << found;
  std::ifstream in(path);
  const std::string written{std::istreambuf_iterator<char>(in), {}};
  INFO("MIG_UPDATE_GOLDENS=1 writes runtime/stores/TYPES.md anew");
  CHECK(written == found);
}

constexpr const char* kHead = R"(# How values stand in a store, and what does not come over

What the tests find when they carry every type through every ordered pair of stores. A value comes
over exactly as it was, or its row is set aside with a reason; nothing is cut or rounded. Zero has
no sign: SQLite forgets the one of minus zero. In PostgreSQL and SQLite the columns are those that
`create` makes; others that hold the type are read and written as well, as `mig preview` says.

## A value in each store

| type | value | SQLite | PostgreSQL | Redis, `hash` | Redis, `json` |
|---|---|---|---|---|---|
)";
constexpr const char* kRefusals = R"(
## What is set aside

| type | value | where it is refused |
|---|---|---|
)";

class Tour {
 public:
  Tour() : database_(PostgresServer::shared().create_database()) {}

  // Puts the values into the first store. Gives those that it took.
  Rows begin(const Type& type, const Column& values) {
    ++round_;
    type_ = type;
    const plan::Plan plan = make({kKept[0], "seed"}, {kKept[0], "seed"});
    Stores stores = stores_of(plan, folder_.path());
    create(plan, stores, plan::DatasetId{0});
    const auto writer = stores.writer(plan::StoreId{0}, IfMissing::Create);
    REQUIRE(writer);
    auto rows = RowWriter::open(**writer, plan, plan::DatasetId{0}, WriteRule::Keep);
    REQUIRE(rows);
    Batch batch = Batch::of({Type::of(Base::I64), type, Type::of(Base::Bool)});
    batch.columns[1] = values;
    batch.rows = values.size();
    for (std::size_t row = 0; row < values.size(); ++row) {
      batch.columns[0].append_integer(static_cast<std::int64_t>(row));
      batch.columns[2].append_integer(1);
    }
    Rows taken;
    for (std::size_t row = 0; row < values.size(); ++row) {
      const auto written = rows->write(batch, row);
      REQUIRE(written);
      if (*written == Written::Changed)
        taken[static_cast<std::int64_t>(row)] = exact(values, row);
      else
        refused_[{"-", "SQLite"}].insert(static_cast<std::int64_t>(row));
    }
    CHECK(read(plan, stores, plan::DatasetId{0}) == taken);
    return taken;
  }

  struct Stop {
    Kept kept;
    std::string name;
  };
  // Copies from one to the other; gives what stands there then.
  Rows go(const Stop& from, const Stop& to, const Rows& before) {
    const plan::Plan plan = make(from, to);
    TestWorld world(plan, folder_.path());
    if (to.kept.kind != plan::StoreKind::Redis) create(plan, world.stores, plan::DatasetId{1});
    world.fence();
    const auto done = world.finish(*make_step(plan, plan::StepId{0}));
    if (!done) FAIL(done.error().message);
    const Rows after = read(plan, world.stores, plan::DatasetId{1});
    const auto target = world.stores.reading(plan.at(plan.to.front()).store);
    REQUIRE(target);
    const auto letters = open_dead_letters(*target, "run-1", 100'000);
    REQUIRE(letters);
    std::set<std::string> set_aside;
    for (const DeadLetter& letter : *letters) {
      if (letter.step != plan.steps[0].name) continue;
      CHECK_FALSE(letter.reason.empty());
      set_aside.insert(shown_key(letter.key));
    }
    for (const auto& [key, value] : before) {
      const auto found = after.find(key);
      INFO(from.kept.name << " to " << to.kept.name << ", row " << key << ": " << value);
      CHECK((found != after.end()) == !set_aside.contains(std::to_string(key)));
      if (found == after.end()) {
        refused_[{from.kept.name, to.kept.name}].insert(key);
      } else {
        CHECK(found->second == value);
      }
    }
    CHECK(after.size() + set_aside.size() == before.size());
    return after;
  }

  // What the first row's value is in the store where that stop left it, and of which type.
  std::string form(const Stop& stop) const {
    const std::string place = fmt::format("{}_{}", stop.name, round_);
    if (stop.kept.kind == plan::StoreKind::Redis) {
      auto redis = RedisConnection::open(redis_.url());
      REQUIRE(redis);
      const bool is_hash = stop.kept.codec == plan::Codec::Hash;
      const auto found = is_hash ? redis->call({"HGET", place + ":0", "value"})
                                 : redis->call({"GET", place + ":0"});
      REQUIRE(found);
      const std::string& text = found->text;
      return is_hash ? text : text.substr(9, text.rfind(",\"kept\"") - 9);
    }
    const bool is_file = stop.kept.kind == plan::StoreKind::Sqlite;
    const auto database = is_file ? open_sqlite(folder_ / (stop.name + ".db"), Mode::ReadOnly)
                                  : open_postgres(database_);
    REQUIRE(database);
    auto rows = database->prepare(
        is_file ? fmt::format("SELECT (SELECT type FROM pragma_table_info('{0}') WHERE name = "
                              "'value') || ' ' || quote(value) FROM {0} WHERE id = 0",
                              place)
                : fmt::format("SELECT (SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
                              "WHERE attrelid = '{0}'::regclass AND attname = 'value') || ' ' || "
                              "quote_literal(value::text) FROM {0} WHERE id = 0",
                              place));
    REQUIRE(rows);
    const auto has_row = rows->step();
    REQUIRE((has_row && *has_row));
    return std::string(rows->text(0));
  }

  // Rows that were refused since the last `begin`, by the ends of the way.
  std::map<std::pair<std::string, std::string>, std::set<std::int64_t>> take_refused() {
    return std::exchange(refused_, {});
  }

 private:
  plan::Dataset dataset(const Stop& stop, std::uint32_t store) const {
    const std::string place = fmt::format("{}_{}", stop.name, round_);
    plan::Dataset made{.name = place, .entity = {0}, .store = {store}, .table = place};
    if (stop.kept.kind != plan::StoreKind::Redis) return made;
    made.table.clear();
    made.keys = plan::Keyspace{place + ":{id}", stop.kept.codec, {}};
    return made;
  }
  plan::Store store(const Stop& stop, const char* name) const {
    plan::Store made{.name = name, .kind = stop.kept.kind};
    switch (stop.kept.kind) {
      case plan::StoreKind::Sqlite:
        made.location = {stop.name + ".db"};
        break;
      case plan::StoreKind::Postgres:
        made.location = {database_};
        break;
      case plan::StoreKind::Redis:
        made.location = {redis_.url()};
        break;
    }
    return made;
  }
  plan::Plan make(const Stop& from, const Stop& to) const {
    plan::Plan plan;
    plan.name = "tour";
    plan.stores = {store(from, "old"), store(to, "new")};
    plan.entities = {{"Kept",
                      {{.name = "id", .column = "id", .type = Type::of(Base::I64), .key = true},
                       {.name = "value", .column = "value", .type = type_},
                       // Redis keeps no hash without a field.
                       {.name = "kept", .column = "kept", .type = Type::of(Base::Bool)}},
                      {}}};
    plan.datasets = {dataset(from, 0), dataset(to, 1)};
    plan.to = {{1}};
    plan.phases = {{.name = "all"}};
    plan::Copy copy;
    copy.pace.kind = plan::PaceKind::Full;
    copy.rejects = {.quarantine = true, .most = plan::Ratio::percent(100), .owner = "test"};
    plan.steps = {{.name = plan.datasets[0].name + "/" + plan.datasets[1].name,
                   .phase = {0},
                   .action = copy}};
    return plan;
  }

  static void create(const plan::Plan& plan, Stores& stores, plan::DatasetId id) {
    const auto database = stores.writer(plan.at(id).store, IfMissing::Create);
    REQUIRE(database);
    const auto sql = create_table_sql(plan, id, plan.at(id).table, (*database)->dialect());
    if (!sql) FAIL(sql.error().message);
    const auto made = (*database)->execute(*sql);
    if (!made) FAIL(made.error().message);
  }

  static Rows read(const plan::Plan& plan, Stores& stores, plan::DatasetId id) {
    auto reader = open_rows(stores, plan, id);
    if (!reader) FAIL(reader.error().message);
    Rows rows;
    Page page;
    std::string after;
    do {
      const auto done = reader->read(after, "", 1000, page);
      if (!done) FAIL(done.error().message);
      CHECK(page.bad.empty());
      for (std::size_t row = 0; row < page.rows.rows; ++row)
        rows[page.rows.columns[0].integer(row)] = exact(page.rows.columns[1], row);
      after = page.last;
    } while (!page.is_last);
    return rows;
  }

  TemporaryFolder folder_;
  std::string database_;
  RedisServer redis_;
  int round_ = 0;
  Type type_;
  std::map<std::pair<std::string, std::string>, std::set<std::int64_t>> refused_;
};

}  // namespace

TEST_CASE("a value comes over exactly or is set aside, of every type, between all stores") {
  const char* named = std::getenv("MIG_SEED");
  const std::uint64_t seed = named == nullptr ? 20261122 : std::strtoull(named, nullptr, 10);
  ColumnValues random(seed);
  Tour tour;
  std::string forms;
  std::string refusals;
  for (const Type& type : types()) {
    INFO(print(type) << ", seed " << seed);
    Column values(type);
    append_sample(values);
    const auto special = extremes(type);
    for (const auto& [what, append] : special)
      append(values);
    for (int i = 0; i < kRandomRows; ++i)
      random.append(values);
    const Rows seeded = tour.begin(type, values);
    forms += fmt::format("| `{}` | `{}` |", print(type), readable(values, 0));
    const Tour::Stop seed_stop{kKept[0], "seed"};
    for (std::size_t a = 0; a < kKept.size(); ++a) {
      const Tour::Stop first{kKept[a], fmt::format("a{}", a)};
      const Rows there = tour.go(seed_stop, first, seeded);
      forms += fmt::format(" `{}` |", tour.form(first));
      for (std::size_t b = 0; b < kKept.size(); ++b)
        tour.go(first, {kKept[b], fmt::format("b{}_{}", a, b)}, there);
    }
    forms += "\n";
    std::map<std::string, std::set<std::string>> where;
    for (const auto& [way, rows] : tour.take_refused()) {
      for (const std::int64_t row : rows) {
        const auto at = static_cast<std::size_t>(row);
        REQUIRE(at >= 1);
        where[at <= special.size() ? special[at - 1].first : "a common value"].insert(way.second);
      }
    }
    for (const auto& [what, stores] : where)
      refusals += fmt::format("| `{}` | {} | {} |\n", print(type), what, fmt::join(stores, ", "));
  }
  publish(kHead + forms + kRefusals + refusals);
}
