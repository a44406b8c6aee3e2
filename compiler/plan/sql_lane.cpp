#include "compiler/plan/sql_lane.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

#include <fmt/format.h>

namespace mig::plan {
namespace {

std::string column_of(std::string_view row, const Field& field) {
  return fmt::format("{}.{}", row, identifier_sql(field.column));
}

bool uses_case(const std::string& sql) {
  return sql.find("lower(") != sql.npos || sql.find("upper(") != sql.npos;
}

class LaneTranslator {
 public:
  LaneTranslator(const Plan& plan, const Lane& lane) : plan_(plan), lane_(lane) {}

  std::expected<SqlLane, Untranslatable> translate() {
    if (auto problem = add_driving_row()) return std::unexpected(*problem);
    for (std::size_t i = 0; i < lane_.companions.size(); ++i) {
      if (auto problem = add_companion(i)) return std::unexpected(*problem);
    }
    if (auto problem = add_rules(plan_.entity_of(lane_.source), fields_, "1"))
      return std::unexpected(*problem);
    for (std::size_t i = 0; i < lane_.transform.emits.size(); ++i) {
      if (auto problem = add_emit(i)) return std::unexpected(*problem);
    }
    const bool folds = std::ranges::any_of(made_.emits, [](const SqlEmit& emit) {
      return uses_case(emit.when) || std::ranges::any_of(emit.values, uses_case);
    });
    if (folds || uses_case(made_.is_exact)) made_.is_exact += fmt::format(" AND {}", kAsciiCaseSql);
    return std::move(made_);
  }

 private:
  using Problem = std::optional<Untranslatable>;

  void require(const std::string& condition) {
    made_.is_exact += fmt::format("{}{}", made_.is_exact.empty() ? "" : " AND ", condition);
  }

  // What a field of the row holds, with its default where rows are older than the field.
  std::expected<std::string, Untranslatable> value_of(std::string_view row, const Field& field) {
    auto value = read_sql(field.type, column_of(row, field));
    if (!value || !field.fallback || field.type.optional) return value;
    const auto fallback = sql_of(Expr{field.type, Constant{*field.fallback}}, {}, {});
    if (!fallback) return fallback;
    return fmt::format("coalesce({}, {})", *value, *fallback);
  }
  static std::string is_read(std::string_view row, const Field& field) {
    const std::string cell = column_of(row, field);
    return is_read_sql(field.fallback ? field.type.as_optional() : field.type, cell);
  }

  Problem add_driving_row() {
    made_.from = fmt::format("{} AS {}", identifier_sql(plan_.at(lane_.source).table), kDrivingRow);
    for (const Field& field : plan_.entity_of(lane_.source).fields) {
      auto value = value_of(kDrivingRow, field);
      if (!value) return value.error();
      fields_.push_back(std::move(*value));
      require(is_read(kDrivingRow, field));
    }
    return {};
  }

  Problem add_companion(std::size_t index) {
    const Companion& companion = lane_.transform.companions[index];
    const Entity& entity = plan_.at(companion.entity);
    if (companion.is_list) return Untranslatable{"a list of rows"};
    if (std::ranges::any_of(entity.key(), [&](std::uint32_t field) {
          return std::ranges::find(companion.by, field) == companion.by.end();
        })) {
      return Untranslatable{fmt::format("a `{}` that has a key of its own", entity.name)};
    }
    const std::string row = fmt::format("mig_row{}", index);
    const Entity& driving = plan_.entity_of(lane_.source);
    std::string by;
    for (std::size_t i = 0; i < companion.by.size(); ++i) {
      by += fmt::format("{}{} = {}", by.empty() ? "" : " AND ",
                        column_of(row, entity.fields[companion.by[i]]),
                        column_of(kDrivingRow, driving.fields[driving.key()[i]]));
    }
    made_.from += fmt::format(" LEFT JOIN {} AS {} ON {}",
                              identifier_sql(plan_.at(lane_.companions[index]).table), row, by);
    const std::string is_there =
        fmt::format("({} IS NOT NULL)", column_of(row, entity.fields[companion.by.front()]));
    fields_.push_back(is_there);
    for (const Field& field : entity.fields) {
      auto value = value_of(row, field);
      if (!value) return value.error();
      const bool has_default = field.fallback && !field.type.optional;
      fields_.push_back(has_default ? fmt::format("(CASE WHEN {} THEN {} END)", is_there, *value)
                                    : std::move(*value));
      require(fmt::format("CASE WHEN {} THEN {} ELSE 1 END", is_there, is_read(row, field)));
    }
    return {};
  }

  Problem add_rules(const Entity& entity, const std::vector<std::string>& values,
                    const std::string& when) {
    for (const Rule& rule : entity.rules) {
      const auto holds = sql_of(rule.condition, values, {});
      if (!holds) return holds.error();
      require(when == "1" ? *holds : fmt::format("CASE WHEN {} THEN {} ELSE 1 END", when, *holds));
    }
    return {};
  }

  Problem add_emit(std::size_t index) {
    const Emit& emit = lane_.transform.emits[index];
    const Entity& entity = plan_.at(emit.entity);
    if (emit.shared) return Untranslatable{fmt::format("a shared `{}`", entity.name)};
    if (emit.each) return Untranslatable{"a loop"};
    if (std::ranges::find(made_.emits, lane_.targets[index], &SqlEmit::dataset) !=
        made_.emits.end())
      return Untranslatable{fmt::format("a second `{}` out of one row", entity.name)};
    SqlEmit made{.dataset = lane_.targets[index], .when = "1"};
    const auto& lets = lane_.transform.lets;
    if (emit.when) {
      auto when = sql_of(*emit.when, fields_, lets);
      if (!when) return when.error();
      made.when = std::move(*when);
    }
    for (const Expr& value : emit.values) {
      auto sql = sql_of(value, fields_, lets);
      if (!sql) return sql.error();
      made.values.push_back(std::move(*sql));
    }
    if (auto problem = add_rules(entity, made.values, made.when)) return problem;
    for (const std::uint32_t wanted : plan_.entity_of(lane_.source).key()) {
      const auto owner = holder_of(emit, entity, wanted);
      if (!owner) {
        return Untranslatable{
            fmt::format("a `{}` whose key does not hold the key of its row", entity.name)};
      }
      made.owner.push_back(*owner);
    }
    made_.emits.push_back(std::move(made));
    return {};
  }

  std::optional<std::uint32_t> holder_of(const Emit& emit, const Entity& entity,
                                         std::uint32_t wanted) const {
    const Base base = plan_.entity_of(lane_.source).fields[wanted].type.base;
    for (const std::uint32_t position : entity.key()) {
      const auto* field = std::get_if<FieldOf>(&emit.values[position].node);
      if (field != nullptr && field->field == wanted && entity.fields[position].type.base == base)
        return position;
    }
    return {};
  }

  const Plan& plan_;
  const Lane& lane_;
  SqlLane made_;
  std::vector<std::string> fields_;  // what goes in
};

}  // namespace

std::expected<SqlLane, Untranslatable> sql_lane(const Plan& plan, const Lane& lane) {
  return LaneTranslator(plan, lane).translate();
}

std::vector<std::string> read_key_sql(const Plan& plan, const Lane& lane,
                                      const std::vector<std::string>& cells) {
  const Entity& entity = plan.entity_of(lane.source);
  std::vector<std::string> read;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto value = read_sql(entity.fields[entity.key()[i]].type, cells[i]);
    assert(value && "the row was translated");
    read.push_back(*value);
  }
  return read;
}

std::string is_key_sql(const Plan& plan, const Lane& lane, const std::vector<std::string>& cells) {
  const Entity& entity = plan.entity_of(lane.source);
  std::string condition;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    condition += fmt::format("{}{}", i == 0 ? "" : " AND ",
                             is_read_sql(entity.fields[entity.key()[i]].type, cells[i]));
  }
  return condition;
}

}  // namespace mig::plan
