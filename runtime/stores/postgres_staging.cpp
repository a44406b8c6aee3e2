#include "runtime/stores/postgres_staging.hpp"

#include <cstddef>

#include <fmt/format.h>

#include "runtime/stores/postgres_copy.hpp"

namespace mig::runtime {
namespace {

// One a statement and session: a name of its own in the schema of temporary things.
std::string staging_name(std::string_view statement) {
  std::size_t hash = 0xcbf29ce484222325;
  for (const char byte : statement)
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return fmt::format("pg_temp.mig_staged_{:016x}", hash);
}

}  // namespace

Result<PostgresStaging> PostgresStaging::of(const InsertSql& sql) {
  PostgresStaging staging;
  MIG_ASSIGN(table, quote_identifier(sql.table));
  staging.table_ = table;
  for (const std::string& name : sql.columns) {
    MIG_ASSIGN(quoted, quote_identifier(name));
    staging.columns_ += (staging.columns_.empty() ? "" : ", ") + quoted;
  }
  const std::string own = staging_name(sql.head);
  staging.make_ = fmt::format(
      "CREATE TEMPORARY TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS AS SELECT {} FROM {} "
      "WITH NO DATA; TRUNCATE {}",
      own, staging.columns_, table, own);
  staging.copy_ = fmt::format("COPY {} FROM STDIN (FORMAT binary)", own);
  staging.insert_ =
      fmt::format("{} SELECT {} FROM {} WHERE true {}", sql.head, staging.columns_, own, sql.tail);
  return staging;
}

Result<std::int64_t> PostgresStaging::merge(const Database& database,
                                            std::string_view tuples) const {
  MIG_TRY(database.execute(make_));
  MIG_ASSIGN(in, CopyIn::begin(database, copy_));
  MIG_TRY(in.put(tuples));
  MIG_TRY(in.finish());
  MIG_TRY(database.execute(insert_));
  return database.changes();
}

}  // namespace mig::runtime
