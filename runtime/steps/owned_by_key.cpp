#include "runtime/steps/owned_by_key.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>

#include "runtime/stores/sqlite_keyset.hpp"

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

class OwnedByKey final : public OwnedRows {
 public:
  // `key`: columns; `owner`: those of them that hold the old row's key, in its order.
  OwnedByKey(std::string table, std::vector<std::string> key, std::vector<std::string> owner)
      : table_(std::move(table)), key_(std::move(key)), owner_(std::move(owner)) {}

  Result<void> open(const Database& database) override {
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

  Result<std::vector<std::string>> sources_of(const std::string& place) override {
    std::vector<std::string_view> cells;
    std::string_view rest = place;
    while (true) {
      const auto end = rest.find('.');
      cells.push_back(rest.substr(0, end));
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
    assert(cells.size() == key_.size());
    std::string owner;
    for (const std::string& column : owner_) {
      const auto position = std::ranges::find(key_, column) - key_.begin();
      owner += owner.empty() ? "" : ".";
      owner += cells[static_cast<std::size_t>(position)];
    }
    return std::vector<std::string>{owner};
  }

  Result<std::vector<std::string>> others(const std::string& owner,
                                          const std::set<std::string>& keep) override {
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

  Result<std::int64_t> give_up_others(const std::string& owner,
                                      const std::set<std::string>& keep) override {
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

  // Somebody's they all are, and gone as soon as they are given up.
  void suspect(const std::string&) override {}
  Result<std::int64_t> delete_unowned() override { return 0; }

 private:
  std::string table_;
  std::vector<std::string> key_;
  std::vector<std::string> owner_;
  std::vector<Statement> statements_;  // empty before `open`
  const Database* database_ = nullptr;
};

}  // namespace

std::unique_ptr<OwnedRows> owned_by_key(const plan::Plan& plan, const plan::Emit& emit,
                                        plan::DatasetId dataset, plan::DatasetId source_dataset) {
  if (emit.shared) return nullptr;
  const plan::Entity& source = plan.entity_of(source_dataset);
  const plan::Entity& target = plan.entity_of(dataset);
  std::vector<std::string> columns;
  for (const std::uint32_t position : target.key())
    columns.push_back(target.fields[position].column);
  std::vector<std::string> owner;
  for (const std::uint32_t wanted : source.key()) {
    const auto holds = [&](std::uint32_t position) {
      return source_field_of(emit.values[position]) == wanted &&
             target.fields[position].type.base == source.fields[wanted].type.base;
    };
    const auto key = target.key();
    const auto found = std::ranges::find_if(key, holds);
    if (found == key.end()) return nullptr;
    owner.push_back(target.fields[*found].column);
  }
  return std::make_unique<OwnedByKey>(plan.at(dataset).table, std::move(columns), std::move(owner));
}

}  // namespace mig::runtime
