#include "runtime/stores/live_schema.hpp"

#include <algorithm>
#include <cctype>
#include <ranges>

#include <fmt/format.h>

#include "runtime/stores/postgres_schema.hpp"
#include "runtime/stores/sqlite_schema.hpp"

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

// The one of this very name, or else one that differs in case only.
template <class Named>
const Named* named(const std::vector<Named>& all, std::string_view name) {
  const auto exact = std::ranges::find(all, name, &Named::name);
  if (exact != all.end()) return &*exact;
  const auto found =
      std::ranges::find_if(all, [&](const Named& one) { return is_same_name(one.name, name); });
  return found == all.end() ? nullptr : &*found;
}

// In whatever order.
bool are_same_names(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  return left.size() == right.size() && std::ranges::all_of(left, [&](const std::string& one) {
           return std::ranges::any_of(
               right, [&](const std::string& other) { return is_same_name(one, other); });
         });
}

}  // namespace

bool is_same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

const LiveColumn* LiveTable::column(std::string_view column_name) const {
  return named(columns, column_name);
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
  if (are_same_names(primary_key(), key)) return true;
  return std::ranges::any_of(indexes, [&](const LiveIndex& index) {
    return index.unique && !index.partial && are_same_names(index.columns, key);
  });
}

bool LiveTable::is_unique_at_once(const std::vector<std::string>& key) const {
  return is_unique(key) && std::ranges::none_of(indexes, [&](const LiveIndex& index) {
           return index.is_deferrable && are_same_names(index.columns, key);
         });
}

const LiveTable* LiveSchema::table(std::string_view table_name) const {
  return named(tables, table_name);
}

std::vector<LiveTrigger> LiveSchema::triggers_on(std::string_view table_name) const {
  std::vector<LiveTrigger> found;
  for (const LiveTrigger& trigger : triggers) {
    if (is_same_name(trigger.table, table_name)) found.push_back(trigger);
  }
  return found;
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

Result<LiveSchema> read_schema(const Database& database) {
  return database.dialect() == Dialect::Sqlite ? read_sqlite_schema(database)
                                               : read_postgres_schema(database);
}

Result<std::string> schema_text(const Database& database) {
  return database.dialect() == Dialect::Sqlite ? sqlite_schema_text(database)
                                               : postgres_schema_text(database);
}

}  // namespace mig::runtime
