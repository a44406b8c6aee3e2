#include "runtime/stores/keyset_reader.hpp"

#include <algorithm>

#include "runtime/stores/postgres_keyset.hpp"
#include "runtime/stores/sqlite_keyset.hpp"

namespace mig::runtime {

void Page::begin(const std::vector<plan::Type>& types) {
  const bool is_mine = std::ranges::equal(rows.columns, types, {}, &Column::type);
  if (!is_mine) rows = Batch::of(types);
  rows.clear();
  keys.clear();
  expiries.clear();
  bad.clear();
  read = 0;
}

Result<KeysetReader> KeysetReader::open(const Database& database, const plan::Plan& plan,
                                        plan::DatasetId dataset) {
  if (database.dialect() == Dialect::Postgres) {
    MIG_ASSIGN(rows, PostgresRows::open(database, plan, dataset));
    return KeysetReader(std::make_unique<PostgresRows>(std::move(rows)));
  }
  MIG_ASSIGN(rows, SqliteRows::open(database, plan, dataset));
  return KeysetReader(std::make_unique<SqliteRows>(std::move(rows)));
}

Result<KeysetReader> KeysetReader::open(const Database& database, const plan::Plan& plan,
                                        const plan::Lane& lane) {
  if (database.dialect() == Dialect::Postgres) {
    MIG_ASSIGN(rows, PostgresRows::open(database, plan, lane));
    return KeysetReader(std::make_unique<PostgresRows>(std::move(rows)));
  }
  MIG_ASSIGN(rows, SqliteRows::open(database, plan, lane));
  return KeysetReader(std::make_unique<SqliteRows>(std::move(rows)));
}

Result<void> KeysetReader::read_at(const std::string& place, Page& page) {
  std::vector<std::string> gone;
  MIG_TRY(source_->read_each({place}, page, gone));
  page.is_last = page.read == 0;
  return {};
}

}  // namespace mig::runtime
