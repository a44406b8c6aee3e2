// The live schema of a store as plain data: what checks, structure steps and preflight read.
//
// Reading takes no lock that lasts and writes nothing. mig's own tables (`mig_ctl_...`) and the
// database's are left out. The data is a copy; safe to share between threads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/postgres_wire.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// How SQLite treats what is stored in a column, from its declared type; elsewhere the nearest to
// what the type holds.
enum class Affinity { Integer, Text, Blob, Real, Numeric };

struct LiveColumn {
  std::string name;
  std::string declared;
  Affinity affinity = Affinity::Blob;
  bool not_null = false;
  bool has_default = false;
  int key_position = 0;  // in PRIMARY KEY, from 1; 0: not part of it
  bool is_generated = false;
  // Of a column of PostgreSQL's. Oids differ from server to server and are left at 0.
  std::optional<PostgresType> type;
  bool folds_texts = false;  // it takes texts for equal that differ; known of PostgreSQL's
};

struct LiveIndex {
  std::string name;
  bool unique = false;
  bool partial = false;
  bool is_declared = false;          // by CREATE INDEX, not by a constraint of the table
  bool is_deferrable = false;        // a transaction may break it until its end
  std::vector<std::string> columns;  // empty text for an expression
};

struct LiveForeignKey {
  std::string table;  // that is referred to
  std::vector<std::string> columns;
  std::vector<std::string> target_columns;  // empty: its primary key
};

struct LiveTrigger {
  std::string name;
  std::string table;
  std::string sql;
};

struct LiveTable {
  std::string name;
  std::string sql;
  std::vector<LiveColumn> columns;
  std::vector<LiveIndex> indexes;
  std::vector<LiveForeignKey> foreign_keys;

  const LiveColumn* column(std::string_view column_name) const;
  std::vector<std::string> primary_key() const;
  // True where no two rows can share these columns, NULLs aside.
  bool is_unique(const std::vector<std::string>& key) const;
  // The same at every moment, also within a transaction, by every rule: what ON CONFLICT needs.
  bool is_unique_at_once(const std::vector<std::string>& key) const;
};

struct LiveView {
  std::string name;
  std::string sql;
};

struct LiveSchema {
  Dialect dialect = Dialect::Sqlite;
  std::vector<LiveTable> tables;
  std::vector<LiveView> views;
  std::vector<LiveTrigger> triggers;

  const LiveTable* table(std::string_view table_name) const;
  std::vector<LiveTrigger> triggers_on(std::string_view table_name) const;
};

// As the database of this dialect has it.
Result<LiveSchema> read_schema(const Database& database);

// What of others stops working without the table: views and triggers that name it, foreign keys
// that point to it, and the views that read those views. A sentence each: "the view `active_users`
// reads it".
std::vector<std::string> dependents(const LiveSchema& schema, std::string_view table);
// The same for one column: indexes, keys, and the views and triggers that name table and column.
std::vector<std::string> dependents(const LiveSchema& schema, std::string_view table,
                                    std::string_view column);

// Every definition, sorted, mig's and the database's own left out: equal texts, equal schemas.
Result<std::string> schema_text(const Database& database);

// Names are taken for equal whatever their ASCII case. Where two differ in nothing else, look-ups
// find the one that is spelled the same.
bool is_same_name(std::string_view left, std::string_view right);

}  // namespace mig::runtime
