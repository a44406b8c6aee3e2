#include "runtime/stores/row_sink.hpp"

#include "runtime/stores/sqlite_sink.hpp"

namespace mig::runtime {

Result<std::unique_ptr<RowSink>> open_sink(const Database& database, const InsertSql& sql) {
  return sqlite_sink(database, sql);
}

}  // namespace mig::runtime
