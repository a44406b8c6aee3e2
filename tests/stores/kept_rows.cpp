#include "tests/stores/kept_rows.hpp"

#include <catch2/catch.hpp>

#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/redis_rows.hpp"
#include "runtime/stores/sqlite_database.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig::runtime;

namespace mig::tests {
namespace {

constexpr plan::DatasetId kKept{0};

template <class T>
T need(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}

void need(const Result<void>& result) {
  if (!result) FAIL(result.error().message);
}

plan::Field field(std::string name, plan::Type type, bool is_key) {
  return {.name = name, .column = name, .type = std::move(type), .key = is_key};
}

class SqlRows final : public KeptRows {
 public:
  SqlRows(Database database, plan::StoreKind kind, KeyShape key)
      : KeptRows({.table = "kept"}, kind, key), database_(std::move(database)) {
    std::string columns;
    for (const std::uint32_t position : entity().key())
      columns += (columns.empty() ? "" : ", ") + entity().fields[position].column;
    need(
        database_.execute("CREATE TABLE kept(number bigint NOT NULL, text text NOT NULL, "
                          "note text, weight bigint NOT NULL, PRIMARY KEY (" +
                          columns + "))"));
  }

  void put(const Item& item) override {
    Statement row =
        need(database_.prepare("INSERT INTO kept(number, text, note, weight) VALUES(?, ?, ?, ?)"));
    row.bind(1, item.number);
    row.bind_text(2, item.text);
    if (item.note) row.bind_text(3, *item.note);
    if (!item.note) row.bind_null(3);
    row.bind(4, std::int64_t{1});
    need(row.run());
  }

  void remove(const Item& item) override {
    Statement rows = need(database_.prepare("DELETE FROM kept WHERE number = ? AND text = ?"));
    rows.bind(1, item.number);
    rows.bind_text(2, item.text);
    need(rows.run());
  }

  KeysetReader reader() override { return need(KeysetReader::open(database_, plan_, kKept)); }

 private:
  Database database_;
};

const char* pattern_of(KeyShape key) {
  switch (key) {
    case KeyShape::Number:
      return "kept:{number}";
    case KeyShape::Text:
      return "kept:{text}";
    case KeyShape::NumberAndText:
      break;
  }
  return "kept:{number}|{text}";
}

class RedisHashes final : public KeptRows {
 public:
  explicit RedisHashes(KeyShape key)
      : KeptRows({.keys = plan::Keyspace{pattern_of(key), plan::Codec::Hash, {}}},
                 plan::StoreKind::Redis, key),
        redis_(need(RedisConnection::open(server_.url()))),
        key_(key) {}

  void put(const Item& item) override {
    const std::string key = key_of(item);
    need(redis_.call({"HSET", key, "weight", "1"}));
    if (key_ == KeyShape::Number) need(redis_.call({"HSET", key, "text", item.text}));
    if (key_ == KeyShape::Text)
      need(redis_.call({"HSET", key, "number", std::to_string(item.number)}));
    if (item.note) need(redis_.call({"HSET", key, "note", *item.note}));
  }

  void remove(const Item& item) override { need(redis_.call({"DEL", key_of(item)})); }

  KeysetReader reader() override {
    auto rows = need(RedisRows::open(redis_, plan_, kKept, folder_.path()));
    return KeysetReader(std::make_unique<RedisRows>(std::move(rows)));
  }

 private:
  std::string key_of(const Item& item) const {
    const std::string number = std::to_string(item.number);
    if (key_ == KeyShape::Number) return "kept:" + number;
    return "kept:" + (key_ == KeyShape::Text ? item.text : number + "|" + item.text);
  }

  RedisServer server_;
  RedisConnection redis_;
  TemporaryFolder folder_;
  KeyShape key_;
};

std::unique_ptr<KeptRows> in_sqlite(KeyShape key) {
  static const TemporaryFolder folder;
  static int files = 0;
  const std::string name = std::to_string(++files) + ".db";
  Database database = need(open_sqlite(folder / name, Mode::Create));
  need(database.execute("PRAGMA synchronous = OFF"));  // no crash is to come
  return std::make_unique<SqlRows>(std::move(database), plan::StoreKind::Sqlite, key);
}

std::unique_ptr<KeptRows> in_postgres(KeyShape key) {
  return std::make_unique<SqlRows>(need(open_postgres(PostgresServer::shared().create_database())),
                                   plan::StoreKind::Postgres, key);
}

std::unique_ptr<KeptRows> in_redis(KeyShape key) {
  return std::make_unique<RedisHashes>(key);
}

}  // namespace

KeptRows::KeptRows(plan::Dataset dataset, plan::StoreKind kind, KeyShape key) {
  dataset.name = "kept";
  dataset.entity = plan::EntityId{0};
  dataset.store = plan::StoreId{0};
  plan_.stores.push_back({.name = "store", .kind = kind});
  plan_.entities.push_back(
      {.name = "Kept",
       .fields = {field("number", plan::Type::of(plan::Base::I64), key != KeyShape::Text),
                  field("text", plan::Type::text(), key != KeyShape::Number),
                  field("note", plan::Type::text(5).as_optional(), false),
                  field("weight", plan::Type::of(plan::Base::I64), false)}});
  plan_.datasets.push_back(std::move(dataset));
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"SQLite", in_sqlite},
      {"PostgreSQL", in_postgres},
      {"Redis", in_redis},
  };
  return all;
}

}  // namespace mig::tests
