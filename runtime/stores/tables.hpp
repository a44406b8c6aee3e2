// SQL text of structure: tables as entities say them, columns with their defaults.
//
// Every name is quoted here and nowhere else. Pure; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

// `CREATE TABLE ...`, with its primary key and the foreign keys to tables in the same store.
// `table` stands for the dataset's own table.
Result<std::string> create_table_sql(const plan::Plan& plan, plan::DatasetId dataset,
                                     const std::string& table, Dialect dialect);

// `"name" TEXT NOT NULL DEFAULT 'x'`
Result<std::string> column_sql(const plan::Field& field, const plan::Value* fill, Dialect dialect);

// The tables of these datasets, all at once: they may refer to each other. Those that are gone stay
// gone. Inside an Effect.
Result<void> drop_tables(const Database& database, const plan::Plan& plan,
                         const std::vector<plan::DatasetId>& datasets);

// A constant as SQLite keeps it: `'2026-01-02'`, `1`, `x'00ff'`.
Result<std::string> literal_sql(const Database& database, const plan::Type& type,
                                const plan::Value& value);

}  // namespace mig::runtime
