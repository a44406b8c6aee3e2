#include "runtime/steps/owned_by_key.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>

#include "runtime/stores/place_cells.hpp"
#include "runtime/stores/places.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kFind = 0;
constexpr std::size_t kDelete = 1;

std::optional<std::uint32_t> source_field_of(const plan::Expr& value) {
  const auto* field = std::get_if<plan::FieldOf>(&value.node);
  return field == nullptr ? std::nullopt : std::optional(field->field);
}

// `t."id" = ?1 AND …`: found by the columns' own comparison.
Result<std::string> equal_to_parameters(const std::vector<plan::Field>& fields) {
  std::string condition;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    MIG_ASSIGN(quoted, quote_identifier(fields[i].column));
    condition += fmt::format("{}t.{} = ?{}", i == 0 ? "" : " AND ", quoted, i + 1);
  }
  return condition;
}

Result<std::string> listed(Dialect dialect, const std::vector<plan::Field>& fields) {
  std::string list;
  for (const plan::Field& field : fields) {
    MIG_ASSIGN(quoted, quote_identifier(field.column));
    list += (list.empty() ? "" : ", ") + place_sql(dialect, field.type, "t." + quoted);
  }
  return list;
}

std::string place_at(const Statement& row, std::size_t first, std::size_t cells) {
  std::string place;
  for (std::size_t i = first; i < first + cells; ++i)
    append_cell(place, cell_at(row, static_cast<int>(i)));
  return place;
}

class OwnedByKey final : public OwnedRows {
 public:
  // `owner`: the fields of the key that hold the old row's key, in its order.
  OwnedByKey(std::string table, std::vector<plan::Field> key, std::vector<plan::Field> owner)
      : table_(std::move(table)), key_(std::move(key)), owner_(std::move(owner)) {}

  Result<void> open(const OpenStore& store) override {
    if (database_ != nullptr) return {};
    const Database& database = *store.sql();
    MIG_ASSIGN(table, quote_identifier(table_));
    MIG_ASSIGN(owner, listed(database.dialect(), owner_));
    MIG_ASSIGN(key, listed(database.dialect(), key_));
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
    const auto cells = split_place(place);
    assert(cells.size() == key_.size());
    std::vector<std::string_view> owner;
    for (const plan::Field& field : owner_) {
      const auto position =
          std::ranges::find(key_, field.column, &plan::Field::column) - key_.begin();
      owner.push_back(cells[static_cast<std::size_t>(position)]);
    }
    return std::vector<std::string>{joined_place(owner)};
  }

  Result<std::vector<std::string>> others(const std::string& owner,
                                          const std::set<std::string>& keep) override {
    assert(database_ != nullptr);
    Statement& find = statements_[kFind];
    bind_key(find, 1, owner);
    const std::size_t owner_cells = owner_.size();
    std::vector<std::string> found;
    while (true) {
      MIG_ASSIGN(has_row, find.step());
      if (!has_row) break;
      // A column may compare more than bytes: `a` is `A` under NOCASE, and is somebody else's row.
      if (place_at(find, 0, owner_cells) != owner) continue;
      std::string place = place_at(find, owner_cells, key_.size());
      if (!keep.contains(place)) found.push_back(std::move(place));
    }
    find.reset();
    return found;
  }

  Result<std::int64_t> give_up_others(Effect&, const std::string& owner,
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
  std::vector<plan::Field> key_;
  std::vector<plan::Field> owner_;
  std::vector<Statement> statements_;  // empty before `open`
  const Database* database_ = nullptr;
};

}  // namespace

std::unique_ptr<OwnedRows> owned_by_key(const plan::Plan& plan, const plan::Emit& emit,
                                        plan::DatasetId dataset, plan::DatasetId source_dataset) {
  if (emit.shared) return nullptr;
  const plan::Entity& source = plan.entity_of(source_dataset);
  const plan::Entity& target = plan.entity_of(dataset);
  std::vector<plan::Field> columns;
  for (const std::uint32_t position : target.key())
    columns.push_back(target.fields[position]);
  std::vector<plan::Field> owner;
  for (const std::uint32_t wanted : source.key()) {
    const auto holds = [&](std::uint32_t position) {
      return source_field_of(emit.values[position]) == wanted &&
             target.fields[position].type.base == source.fields[wanted].type.base;
    };
    const auto key = target.key();
    const auto found = std::ranges::find_if(key, holds);
    if (found == key.end()) return nullptr;
    owner.push_back(target.fields[*found]);
  }
  return std::make_unique<OwnedByKey>(plan.at(dataset).table, std::move(columns), std::move(owner));
}

}  // namespace mig::runtime
