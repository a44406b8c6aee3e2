#include "runtime/stores/sqlite_schema.hpp"

#include <string_view>

namespace mig::runtime {
namespace {

// SQLite's own rules, in its own order (datatype3.html, 3.1).
Affinity affinity_of(std::string_view declared) {
  const auto says = [&](std::string_view word) {
    for (std::size_t at = 0; at < declared.size(); ++at) {
      if (is_same_name(declared.substr(at, word.size()), word)) return true;
    }
    return false;
  };
  if (says("int")) return Affinity::Integer;
  if (says("char") || says("clob") || says("text")) return Affinity::Text;
  if (says("blob") || declared.empty() || is_same_name(declared, "any")) return Affinity::Blob;
  if (says("real") || says("floa") || says("doub")) return Affinity::Real;
  return Affinity::Numeric;
}

Result<void> read_columns(const Database& database, LiveTable& table) {
  MIG_ASSIGN(rows, database.prepare("SELECT name, type, \"notnull\", pk, hidden, dflt_value "
                                    "FROM pragma_table_xinfo(?) ORDER BY cid"));
  rows.bind_text(1, table.name);
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return {};
    LiveColumn column;
    column.name = rows.text(0);
    column.declared = rows.text(1);
    column.affinity = affinity_of(column.declared);
    column.not_null = rows.integer(2) != 0;
    column.key_position = static_cast<int>(rows.integer(3));
    column.is_generated = rows.integer(4) >= 2;
    column.has_default = rows.storage_class(5) != StorageClass::Null;
    table.columns.push_back(std::move(column));
  }
}

Result<void> read_indexes(const Database& database, LiveTable& table) {
  MIG_ASSIGN(rows,
             database.prepare("SELECT l.name, l.\"unique\", l.partial, l.origin, i.name "
                              "FROM pragma_index_list(?) AS l, pragma_index_info(l.name) AS i "
                              "ORDER BY l.name, i.seqno"));
  rows.bind_text(1, table.name);
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return {};
    if (table.indexes.empty() || table.indexes.back().name != rows.text(0)) {
      table.indexes.push_back({.name = std::string(rows.text(0)),
                               .unique = rows.integer(1) != 0,
                               .partial = rows.integer(2) != 0,
                               .is_declared = rows.text(3) == "c"});
    }
    const bool is_column = rows.storage_class(4) == StorageClass::Text;
    table.indexes.back().columns.emplace_back(is_column ? rows.text(4) : std::string_view());
  }
}

Result<void> read_foreign_keys(const Database& database, LiveTable& table) {
  MIG_ASSIGN(rows, database.prepare("SELECT id, seq, \"table\", \"from\", \"to\" "
                                    "FROM pragma_foreign_key_list(?) ORDER BY id, seq"));
  rows.bind_text(1, table.name);
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return {};
    if (rows.integer(1) == 0) table.foreign_keys.push_back({.table = std::string(rows.text(2))});
    LiveForeignKey& key = table.foreign_keys.back();
    key.columns.emplace_back(rows.text(3));
    if (rows.storage_class(4) == StorageClass::Text) key.target_columns.emplace_back(rows.text(4));
  }
}

constexpr std::string_view kOthers =
    " FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
    "AND name NOT LIKE 'mig\\_ctl\\_%' ESCAPE '\\' ORDER BY type, name";

}  // namespace

Result<LiveSchema> read_sqlite_schema(const Database& database) {
  LiveSchema schema;
  MIG_ASSIGN(rows, database.prepare("SELECT type, name, tbl_name, coalesce(sql, '')" +
                                    std::string(kOthers)));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) break;
    const std::string type(rows.text(0));
    const std::string name(rows.text(1));
    const std::string sql(rows.text(3));
    if (type == "table") schema.tables.push_back({.name = name, .sql = sql});
    if (type == "view") schema.views.push_back({name, sql});
    if (type == "trigger") schema.triggers.push_back({name, std::string(rows.text(2)), sql});
  }
  for (LiveTable& table : schema.tables) {
    MIG_TRY(read_columns(database, table));
    MIG_TRY(read_indexes(database, table));
    MIG_TRY(read_foreign_keys(database, table));
  }
  return schema;
}

Result<std::string> sqlite_schema_text(const Database& database) {
  MIG_ASSIGN(rows, database.prepare("SELECT coalesce(sql, name)" + std::string(kOthers)));
  std::string text;
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return text;
    text += rows.text(0);
    text += ";\n";
  }
}

}  // namespace mig::runtime
