// A RowSink of PostgreSQL. One thread, like the database.
#pragma once

#include <memory>

#include "runtime/result.hpp"
#include "runtime/stores/row_sink.hpp"

namespace mig::runtime {

Result<std::unique_ptr<RowSink>> postgres_sink(const Database& database, const InsertSql& sql);

}  // namespace mig::runtime
