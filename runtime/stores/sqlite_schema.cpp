#include "runtime/stores/sqlite_schema.hpp"

#include <algorithm>
#include <cctype>
#include <ranges>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

std::string lowered(std::string_view text) {
  std::string copy(text);
  std::ranges::transform(copy, copy.begin(), lower);
  return copy;
}

// SQLite's own rules, in its own order (datatype3.html, 3.1).
Affinity affinity_of(std::string_view declared) {
  const std::string text = lowered(declared);
  const auto says = [&](std::string_view word) { return text.find(word) != text.npos; };
  if (says("int")) return Affinity::Integer;
  if (says("char") || says("clob") || says("text")) return Affinity::Text;
  if (says("blob") || text.empty() || text == "any") return Affinity::Blob;
  if (says("real") || says("floa") || says("doub")) return Affinity::Real;
  return Affinity::Numeric;
}

bool is_word_letter(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

// True where the text names the table as a whole word. It may name a column instead: too careful
// is right here.
bool mentions(std::string_view sql, std::string_view name) {
  const std::string text = lowered(sql);
  const std::string word = lowered(name);
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !is_word_letter(text[at - 1]);
    const auto end = at + word.size();
    if (starts && (end == text.size() || !is_word_letter(text[end]))) return true;
  }
  return false;
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

bool is_same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

const LiveColumn* LiveTable::column(std::string_view column_name) const {
  const auto found = std::ranges::find_if(
      columns, [&](const LiveColumn& column) { return is_same_name(column.name, column_name); });
  return found == columns.end() ? nullptr : &*found;
}

std::vector<std::string> LiveTable::primary_key() const {
  std::vector<const LiveColumn*> parts;
  for (const LiveColumn& column : columns) {
    if (column.key_position > 0) parts.push_back(&column);
  }
  std::ranges::sort(parts, {}, &LiveColumn::key_position);
  std::vector<std::string> names;
  names.reserve(parts.size());
  for (const LiveColumn* part : parts)
    names.push_back(part->name);
  return names;
}

bool LiveTable::is_unique(const std::vector<std::string>& key) const {
  const auto is_key = [&](const std::vector<std::string>& other) {
    return other.size() == key.size() && std::ranges::all_of(other, [&](const std::string& part) {
             return std::ranges::any_of(
                 key, [&](const std::string& wanted) { return is_same_name(wanted, part); });
           });
  };
  if (is_key(primary_key())) return true;
  return std::ranges::any_of(indexes, [&](const LiveIndex& index) {
    return index.unique && !index.partial && is_key(index.columns);
  });
}

const LiveTable* LiveSchema::table(std::string_view table_name) const {
  const auto found = std::ranges::find_if(
      tables, [&](const LiveTable& table) { return is_same_name(table.name, table_name); });
  return found == tables.end() ? nullptr : &*found;
}

std::vector<LiveTrigger> LiveSchema::triggers_on(std::string_view table_name) const {
  std::vector<LiveTrigger> found;
  for (const LiveTrigger& trigger : triggers) {
    if (is_same_name(trigger.table, table_name)) found.push_back(trigger);
  }
  return found;
}

Result<LiveSchema> read_schema(const Database& database) {
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

std::vector<std::string> dependents(const LiveSchema& schema, std::string_view table) {
  std::vector<std::string> found;
  std::vector<std::string_view> read{table};  // the table and every view over it, however far
  for (std::size_t i = 0; i < read.size(); ++i) {
    for (const LiveView& view : schema.views) {
      const bool is_known = std::ranges::any_of(
          read, [&](std::string_view known) { return is_same_name(known, view.name); });
      if (is_known || !mentions(view.sql, read[i])) continue;
      read.push_back(view.name);
      found.push_back(i == 0 ? fmt::format("the view `{}` reads it", view.name)
                             : fmt::format("the view `{}` reads `{}`", view.name, read[i]));
    }
  }
  for (const LiveTable& other : schema.tables) {
    if (is_same_name(other.name, table)) continue;
    for (const LiveForeignKey& key : other.foreign_keys) {
      if (!is_same_name(key.table, table)) continue;
      found.push_back(fmt::format("a foreign key of `{}` refers to it", other.name));
    }
  }
  for (const LiveTrigger& trigger : schema.triggers) {
    if (!mentions(trigger.sql, table)) continue;
    found.push_back(fmt::format("the trigger `{}` of `{}` uses it", trigger.name, trigger.table));
  }
  return found;
}

std::vector<std::string> dependents(const LiveSchema& schema, std::string_view table,
                                    std::string_view column) {
  std::vector<std::string> found;
  const auto names = [](const std::vector<std::string>& columns, std::string_view wanted) {
    return std::ranges::any_of(columns,
                               [&](const std::string& one) { return is_same_name(one, wanted); });
  };
  for (const LiveTable& other : schema.tables) {
    const bool is_itself = is_same_name(other.name, table);
    for (const LiveIndex& index : other.indexes) {
      if (is_itself && names(index.columns, column))
        found.push_back(fmt::format("the index `{}` is over it", index.name));
    }
    for (const LiveForeignKey& key : other.foreign_keys) {
      if (is_itself && names(key.columns, column))
        found.push_back(fmt::format("it is a foreign key to `{}`", key.table));
      if (is_same_name(key.table, table) && names(key.target_columns, column))
        found.push_back(fmt::format("a foreign key of `{}` refers to it", other.name));
    }
  }
  for (const LiveView& view : schema.views) {
    if (mentions(view.sql, table) && mentions(view.sql, column))
      found.push_back(fmt::format("the view `{}` reads it", view.name));
  }
  for (const LiveTrigger& trigger : schema.triggers) {
    if (mentions(trigger.sql, table) && mentions(trigger.sql, column))
      found.push_back(fmt::format("the trigger `{}` of `{}` uses it", trigger.name, trigger.table));
  }
  return found;
}

Result<std::string> schema_text(const Database& database) {
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
