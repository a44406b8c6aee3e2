#include "runtime/stores/sqlite_unique_rules.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

Result<bool> has_row_id(const Database& database, const std::string& table) {
  MIG_ASSIGN(rows, database.prepare("SELECT wr FROM pragma_table_list WHERE schema = 'main' AND "
                                    "name = ? COLLATE NOCASE"));
  rows.bind_text(1, table);
  MIG_ASSIGN(has_row, rows.step());
  return has_row && rows.integer(0) == 0;
}

}  // namespace

Result<std::vector<UniqueRule>> unique_rules(const Database& database, const LiveTable& table) {
  std::vector<UniqueRule> rules;
  MIG_ASSIGN(parts,
             database.prepare("SELECT l.name, x.name, x.coll, c.dflt_value "
                              "FROM pragma_index_list(?1) AS l, pragma_index_xinfo(l.name) AS x "
                              "LEFT JOIN pragma_table_info(?1) AS c ON c.name = x.name AND "
                              "c.\"notnull\" WHERE l.\"unique\" AND x.key "
                              "ORDER BY l.name, x.seqno"));
  parts.bind_text(1, table.name);
  while (true) {
    MIG_ASSIGN(has_part, parts.step());
    if (!has_part) break;
    const std::string index(parts.text(0));
    const bool is_column = parts.storage_class(1) == StorageClass::Text;
    const LiveColumn* column = is_column ? table.column(parts.text(1)) : nullptr;
    if (column == nullptr || column->is_generated) {
      return fail(
          ErrorKind::Permanent,
          fmt::format("the unique index `{}` of `{}` is over {}: rows that REPLACE pushes "
                      "out of it would go unseen",
                      index, table.name, is_column ? "a generated column" : "an expression"),
          "drop the index while the rows are followed, or stop the writers and move them "
          "with `writes none`");
    }
    if (rules.empty() || rules.back().index != index) rules.push_back({index, {}});
    rules.back().columns.push_back(
        {column->name, std::string(parts.text(2)), std::string(parts.text(3))});
  }
  return rules;
}

Result<std::string> row_id_name(const Database& database, const LiveTable& table) {
  MIG_ASSIGN(is_row_id_table, has_row_id(database, table.name));
  if (!is_row_id_table) return std::string();
  for (const std::string_view name : {"rowid", "_rowid_", "oid"}) {
    if (table.column(name) == nullptr) return std::string(name);
  }
  return std::string();
}

std::string row_id_alias(const LiveTable& table, const std::vector<UniqueRule>& rules) {
  const auto key = table.primary_key();
  if (key.size() != 1) return {};
  const LiveColumn* column = table.column(key.front());
  const bool has_index = std::ranges::any_of(rules, [&](const UniqueRule& rule) {
    return rule.columns.size() == 1 && rule.columns.front().name == column->name;
  });
  if (has_index) return {};
  return is_same_name(column->declared, "INTEGER") ? column->name : std::string();
}

}  // namespace mig::runtime
