#include "runtime/steps/owned_rows.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

#include <fmt/format.h>

#include "runtime/stores/sqlite_keyset.hpp"
#include "runtime/stores/sqlite_types.hpp"
#include "runtime/stores/sqlite_writer.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kFind = 0;
constexpr std::size_t kDelete = 1;

std::optional<std::uint32_t> source_field_of(const plan::Expr& value) {
  const auto* field = std::get_if<plan::FieldOf>(&value.node);
  return field == nullptr ? std::nullopt : std::optional(field->field);
}

Result<std::string> equal_to_parameters(const std::vector<std::string>& columns) {
  std::string condition;
  for (const std::string& column : columns) {
    MIG_ASSIGN(quoted, quote_identifier(column));
    condition += fmt::format("{}t.{} = ?", condition.empty() ? "" : " AND ", quoted);
  }
  return condition;
}

Result<std::string> listed(const std::vector<std::string>& columns) {
  std::string list;
  for (const std::string& column : columns) {
    MIG_ASSIGN(quoted, quote_identifier(column));
    list += fmt::format("{}t.{}", list.empty() ? "" : ", ", quoted);
  }
  return list;
}

}  // namespace

std::optional<OwnedRows> OwnedRows::of(const plan::Plan& plan, const plan::Emit& emit,
                                       plan::DatasetId dataset) {
  if (emit.shared) return std::nullopt;
  OwnedRows owned;
  owned.table_ = plan.at(dataset).table;
  const plan::Entity& source = plan.entity_of(plan.from);
  const plan::Entity& target = plan.entity_of(dataset);
  for (const std::uint32_t position : target.key())
    owned.key_.push_back(target.fields[position].column);
  for (const std::uint32_t wanted : source.key()) {
    const auto holds = [&](std::uint32_t position) {
      return source_field_of(emit.values[position]) == wanted &&
             target.fields[position].type.base == source.fields[wanted].type.base;
    };
    const auto key = target.key();
    const auto found = std::ranges::find_if(key, holds);
    if (found == key.end()) return std::nullopt;
    owned.owner_.push_back(target.fields[*found].column);
  }
  return owned;
}

Result<void> OwnedRows::open(const Database& database) {
  if (database_ != nullptr) return {};
  MIG_ASSIGN(table, quote_identifier(table_));
  MIG_ASSIGN(owner, listed(owner_));
  MIG_ASSIGN(key, listed(key_));
  MIG_ASSIGN(by_owner, equal_to_parameters(owner_));
  MIG_ASSIGN(by_key, equal_to_parameters(key_));
  MIG_ASSIGN(find, database.prepare(fmt::format("SELECT {}, {} FROM {} AS t WHERE {}", owner, key,
                                                table, by_owner)));
  MIG_ASSIGN(drop, database.prepare(fmt::format("DELETE FROM {} AS t WHERE {}", table, by_key)));
  statements_.push_back(std::move(find));
  statements_.push_back(std::move(drop));
  database_ = &database;
  return {};
}

std::string OwnedRows::owner_of(std::string_view place) const {
  std::vector<std::string_view> cells;
  while (true) {
    const auto end = place.find('.');
    cells.push_back(place.substr(0, end));
    if (end == std::string_view::npos) break;
    place.remove_prefix(end + 1);
  }
  assert(cells.size() == key_.size());
  std::string owner;
  for (const std::string& column : owner_) {
    const auto position = std::ranges::find(key_, column) - key_.begin();
    owner += owner.empty() ? "" : ".";
    owner += cells[static_cast<std::size_t>(position)];
  }
  return owner;
}

Result<std::vector<std::string>> OwnedRows::others(std::string_view owner,
                                                   const std::set<std::string>& keep) {
  assert(database_ != nullptr);
  Statement& find = statements_[kFind];
  bind_key(find, 1, owner);
  const int owner_cells = static_cast<int>(owner_.size());
  std::vector<std::string> found;
  while (true) {
    MIG_ASSIGN(has_row, find.step());
    if (!has_row) break;
    // A column may compare more than bytes: `a` is `A` under NOCASE, and is somebody else's row.
    if (place_of(find, 0, owner_cells) != owner) continue;
    std::string place = place_of(find, owner_cells, static_cast<int>(key_.size()));
    if (!keep.contains(place)) found.push_back(std::move(place));
  }
  find.reset();
  return found;
}

Result<std::int64_t> OwnedRows::delete_others(std::string_view owner,
                                              const std::set<std::string>& keep) {
  MIG_ASSIGN(found, others(owner, keep));
  std::int64_t deleted = 0;
  for (const std::string& place : found) {
    Statement& drop = statements_[kDelete];
    bind_key(drop, 1, place);
    MIG_TRY(drop.run());
    deleted += database_->changes();
  }
  return deleted;
}

Result<OwnedRows> owned_rows(const plan::Plan& plan, const plan::Emit& emit,
                             plan::DatasetId dataset) {
  auto owned = OwnedRows::of(plan, emit, dataset);
  if (owned) return std::move(*owned);
  return fail(ErrorKind::Permanent,
              fmt::format("rows of `{}` cannot be followed: their key does not hold the key of the "
                          "old row that they come from",
                          plan.at(dataset).name),
              "stop the writers with `writes none` and copy, or make the old key a part of the new "
              "one");
}

Result<std::optional<std::string>> place_as_written(const Database& database,
                                                    const plan::Entity& source,
                                                    const std::string& place) {
  const auto key = source.key();
  std::string marks = "?";
  for (std::size_t i = 1; i < key.size(); ++i)
    marks += ", ?";
  MIG_ASSIGN(cells, database.prepare("SELECT " + marks));
  bind_key(cells, 1, place);
  MIG_TRY(cells.step());
  std::vector<plan::Type> types;
  types.reserve(source.fields.size());
  for (const plan::Field& field : source.fields)
    types.push_back(field.type);
  Batch row = Batch::of(types);
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (read_cell(cells, static_cast<int>(i), row.columns[key[i]]).has_value()) {
      return std::optional<std::string>();
    }
  }
  return std::optional(written_key(source, row, 0));
}

}  // namespace mig::runtime
