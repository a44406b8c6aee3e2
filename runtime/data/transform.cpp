#include "runtime/data/transform.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <numeric>

#include "compiler/plan/lane.hpp"

namespace mig::runtime {
namespace {

std::vector<std::uint32_t> count_up(std::size_t rows) {
  std::vector<std::uint32_t> numbers(rows);
  std::iota(numbers.begin(), numbers.end(), 0U);
  return numbers;
}

void add_rejects(const ColumnProgram& program, std::vector<RowReject>& rejects) {
  rejects.insert(rejects.end(), program.rejects().begin(), program.rejects().end());
}

}  // namespace

Transformer::Transformer(const plan::Plan& plan, const plan::Transform& transform)
    : program_(plan::input_row(plan, transform), transform.lets) {
  const plan::Entity input = plan::input_row(plan, transform);
  for (const plan::Emit& emit : transform.emits) {
    const plan::Entity& entity = plan.at(emit.entity);
    assert(emit.values.size() == entity.fields.size());
    Emit& compiled = emits_.emplace_back();
    compiled.entity = emit.entity;
    compiled.shared = emit.shared;
    compiled.name = entity.name;
    if (emit.when) compiled.when.push_back(program_.add(*emit.when));
    if (emit.each) compiled.loop = program_.add_loop(*emit.each);
    for (std::size_t i = 0; i < entity.fields.size(); ++i) {
      compiled.values.push_back(Value{program_.add(emit.values[i], compiled.loop),
                                      entity.name + "." + entity.fields[i].name,
                                      entity.fields[i].type});
      const auto* field = std::get_if<plan::FieldOf>(&emit.values[i].node);
      const bool is_same = field != nullptr && !emit.each &&
                           input.fields.at(field->field).type == entity.fields[i].type;
      if (is_same) compiled.values.back().same = field->field;
    }
  }
}

void Transformer::run(const Batch& input, std::vector<Emitted>& out,
                      std::vector<RowReject>& rejects) {
  program_.begin(input);
  const auto all = count_up(input.rows);
  for (Emit& emit : emits_)
    evaluate(emit, all);
  out.resize(emits_.size());
  for (std::size_t i = 0; i < emits_.size(); ++i)
    write(emits_[i], input, out[i]);
  add_rejects(program_, rejects);
}

void Transformer::evaluate(Emit& emit, Selection all) {
  emit.rows.clear();
  program_.name_field(emit.name);
  const Cells* when = nullptr;
  for (const OperationId condition : emit.when)
    when = &program_.evaluate(condition, all);
  for (const std::uint32_t row : all) {
    if (program_.is_rejected(row)) continue;
    if (when == nullptr || when->integer(row) != 0) emit.rows.push_back(row);
  }
  if (emit.loop != ColumnProgram::kRows) {
    program_.open(emit.loop, emit.rows);
    const Selection sources = program_.sources(emit.loop);
    emit.turns = count_up(sources.size());
    // A row without elements takes no value.
    emit.rows.clear();
    std::ranges::unique_copy(sources, std::back_inserter(emit.rows));
  }
  emit.cells.clear();
  for (const Value& value : emit.values) {
    if (value.same) {
      emit.cells.push_back(nullptr);
      continue;
    }
    program_.name_field(value.field);
    const bool is_inside = program_.domain_of(value.operation) != ColumnProgram::kRows;
    emit.cells.push_back(&program_.evaluate(value.operation, is_inside ? emit.turns : emit.rows));
  }
}

void Transformer::write(const Emit& emit, const Batch& input, Emitted& out) {
  out.entity = emit.entity;
  out.shared = emit.shared;
  out.source.clear();
  const bool fits =
      std::ranges::equal(out.rows.columns, emit.values, {}, &Column::type, &Value::type);
  if (!fits) {
    out.rows.columns.clear();
    for (const Value& value : emit.values)
      out.rows.columns.emplace_back(value.type);
  }
  out.rows.clear();
  const bool has_loop = emit.loop != ColumnProgram::kRows;
  const Selection turns = has_loop ? Selection(emit.turns) : Selection(emit.rows);
  std::vector<std::uint32_t> kept;  // turns whose row is carried over
  for (const std::uint32_t turn : turns) {
    const std::uint32_t row = has_loop ? program_.sources(emit.loop)[turn] : turn;
    if (program_.is_rejected(row)) continue;
    out.source.push_back(row);
    kept.push_back(turn);
  }
  for (std::size_t i = 0; i < emit.values.size(); ++i) {
    const Value& value = emit.values[i];
    if (value.same && out.source.size() == input.rows) {
      out.rows.columns[i] = input.columns[*value.same];
      continue;
    }
    const Cells& cells =
        value.same ? program_.evaluate(value.operation, emit.rows) : *emit.cells[i];
    const bool is_inside = program_.domain_of(value.operation) != ColumnProgram::kRows;
    const auto& numbers = is_inside ? kept : out.source;
    for (const std::uint32_t number : numbers)
      append(out.rows.columns[i], cells, number);
  }
  out.rows.rows = out.source.size();
}

Evaluator::Evaluator(const plan::Entity& entity, const plan::Expr& expr, std::string field)
    : program_(entity, {}),
      operation_(program_.add(expr)),
      type_(expr.type.as_optional()),
      field_(std::move(field)) {}

Column Evaluator::evaluate(const Batch& input, std::vector<RowReject>& rejects) {
  program_.begin(input);
  program_.name_field(field_);
  const Cells& cells = program_.evaluate(operation_, count_up(input.rows));
  Column column(type_);
  for (std::size_t row = 0; row < input.rows; ++row) {
    if (program_.is_rejected(row)) {
      column.append_null();
    } else {
      append(column, cells, row);
    }
  }
  add_rejects(program_, rejects);
  return column;
}

EntityRules::EntityRules(const plan::Entity& entity) : program_(entity, {}), entity_(entity.name) {
  for (const plan::Rule& rule : entity.rules) {
    conditions_.push_back(program_.add(rule.condition));
    messages_.push_back(rule.message);
  }
}

void EntityRules::check(const Batch& rows, std::vector<RowReject>& rejects) {
  if (conditions_.empty()) return;
  program_.begin(rows);
  program_.name_field(entity_);
  const auto all = count_up(rows.rows);
  for (std::size_t i = 0; i < conditions_.size(); ++i) {
    const Cells& holds = program_.evaluate(conditions_[i], all);
    for (const std::uint32_t row : all) {
      if (program_.is_rejected(row) || holds.integer(row) != 0) continue;
      program_.reject(ColumnProgram::kRows, row, messages_[i]);
    }
  }
  add_rejects(program_, rejects);
}

}  // namespace mig::runtime
