// SQL text of structure: tables as entities say them, columns with their defaults.
//
// Every name is quoted here and nowhere else. Pure; thread-safe.
#pragma once

#include <string>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

// `CREATE TABLE ... STRICT`, with its primary key and the foreign keys to tables in the same file.
// `table` stands for the dataset's own table.
Result<std::string> create_table_sql(const plan::Plan& plan, plan::DatasetId dataset,
                                     const std::string& table);

// `"name" TEXT NOT NULL DEFAULT 'x'`
Result<std::string> column_sql(const plan::Field& field, const plan::Value* fill);

// A constant as SQLite keeps it: `'2026-01-02'`, `1`, `x'00ff'`.
Result<std::string> literal_sql(const Database& database, const plan::Type& type,
                                const plan::Value& value);

}  // namespace mig::runtime
