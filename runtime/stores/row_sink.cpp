#include "runtime/stores/row_sink.hpp"

#include "runtime/stores/postgres_sink.hpp"
#include "runtime/stores/sqlite_sink.hpp"

namespace mig::runtime {

Result<std::unique_ptr<RowSink>> open_sink(const Database& database, const InsertSql& sql) {
  return database.dialect() == Dialect::Sqlite ? sqlite_sink(database, sql)
                                               : postgres_sink(database, sql);
}

}  // namespace mig::runtime
