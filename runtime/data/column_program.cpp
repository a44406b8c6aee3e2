#include "runtime/data/column_program.hpp"

#include <algorithm>
#include <cassert>

#include "compiler/plan/overloaded.hpp"
#include "runtime/data/uuid.hpp"

namespace mig::runtime {
namespace {

using plan::Base;
using plan::Function;
using plan::Type;

// Words of a one_of are ordered and handled as the texts they are, so that widening to another
// one_of never changes an answer.
bool wants_words(Function function) {
  switch (function) {
    case Function::Widen:
    case Function::Present:
    case Function::Coalesce:
    case Function::And:
    case Function::Or:
    case Function::Not:
      return false;
    default:
      return true;
  }
}

}  // namespace

ColumnProgram::ColumnProgram(const plan::Entity& input, const std::vector<plan::Expr>& lets)
    : fields_(input.fields) {
  domains_.emplace_back();
  for (const plan::Expr& let : lets)
    lets_.push_back(compile(let, kRows));
}

OperationId ColumnProgram::add(const plan::Expr& expr, LoopId loop) {
  const OperationId id = compile(expr, loop);
  ++operations_[id].uses;
  return id;
}

OperationId ColumnProgram::compile(const plan::Expr& expr, LoopId loop) {
  Recipe recipe{.type = expr.type.as_optional(false)};
  return std::visit(
      plan::Overloaded{
          [&](const plan::Constant& constant) {
            recipe.value = constant.value;
            return intern(std::move(recipe), std::holds_alternative<plan::Null>(constant.value));
          },
          [&](const plan::FieldOf& field) {
            const Type& type = fields_.at(field.field).type;
            recipe.kind = Kind::Field;
            recipe.type = type.as_optional(false);
            recipe.field = field.field;
            return intern(std::move(recipe), type.optional);
          },
          [&](const plan::Local& local) { return lets_.at(local.index); },
          [&](const plan::LoopElement&) {
            assert(loop != kRows);
            recipe.kind = Kind::Element;
            recipe.domain = loop;
            const Type& element = domains_[loop].element;
            recipe.type = element.as_optional(false);
            return intern(std::move(recipe), element.optional);
          },
          [&](const plan::LoopIndex&) {
            assert(loop != kRows);
            recipe.kind = Kind::Index;
            recipe.domain = loop;
            return intern(std::move(recipe), false);
          },
          [&](const plan::LoopField& field) { return compile_item(field.field, loop); },
          [&](const plan::Apply& apply) { return compile_apply(expr, apply, loop); },
          [&](const plan::Choose& choose) {
            recipe.kind = Kind::Choose;
            assert(choose.parts.size() == 3);
            for (const plan::Expr& part : choose.parts) {
              recipe.arguments.push_back(compile(part, loop));
              recipe.may_miss.push_back(part.type.optional);
            }
            unite_domains(recipe);
            const bool nullable = operations_[recipe.arguments[1]].cells.nullable ||
                                  operations_[recipe.arguments[2]].cells.nullable;
            return intern(std::move(recipe), nullable);
          },
          [&](const plan::Join& join) {
            assert(loop == kRows && "a loop stands in no other one");
            return compile_join(join);
          },
      },
      expr.node);
}

OperationId ColumnProgram::compile_item(std::uint32_t field, LoopId loop) {
  assert(loop != kRows);
  const Type& list = fields_.at(field).type;
  const Type& element = list.element.front();
  const OperationId lists = compile(plan::Expr{list, plan::FieldOf{field}}, kRows);
  Recipe recipe{.kind = Kind::Item, .type = element.as_optional(false), .domain = loop};
  recipe.arguments = {lists};
  recipe.may_miss = {false};
  return intern(std::move(recipe), element.optional);
}

OperationId ColumnProgram::compile_join(const plan::Join& join) {
  assert(join.parts.size() == 3);
  const LoopId own = add_loop(join.parts[0]);
  const OperationId item = brought_into(own, compile(join.parts[1], own));
  Recipe recipe{.kind = Kind::Join, .type = Type::text(), .loop = own};
  recipe.arguments = {item, compile(join.parts[2], kRows)};
  recipe.may_miss = {false, false};
  return intern(std::move(recipe), false);
}

OperationId ColumnProgram::compile_apply(const plan::Expr& expr, const plan::Apply& apply,
                                         LoopId loop) {
  Recipe recipe{
      .kind = Kind::Apply, .function = apply.function, .type = expr.type.as_optional(false)};
  for (const plan::Expr& argument : apply.arguments) {
    OperationId id = compile(argument, loop);
    const bool is_word = operations_[id].recipe.type.base == Base::OneOf;
    if (is_word && wants_words(apply.function)) id = as_text(id);
    recipe.arguments.push_back(id);
    recipe.may_miss.push_back(argument.type.optional);
  }
  // A word's spelling is already a text.
  const Type& first = operations_[recipe.arguments.at(0)].recipe.type;
  if (apply.function == Function::ToText && first.base == Base::Text) return recipe.arguments[0];
  unite_domains(recipe);
  const bool nullable = result_may_miss(recipe);
  return intern(std::move(recipe), nullable);
}

OperationId ColumnProgram::as_text(OperationId id) {
  Recipe recipe{.kind = Kind::Apply, .function = Function::Widen, .type = Type::text()};
  recipe.arguments.push_back(id);
  recipe.may_miss.push_back(true);
  unite_domains(recipe);
  return intern(std::move(recipe), operations_[id].cells.nullable);
}

// An operation with a part inside a loop runs once a turn; parts outside are brought in.
void ColumnProgram::unite_domains(Recipe& recipe) {
  for (const OperationId id : recipe.arguments)
    recipe.domain = std::max(recipe.domain, operations_[id].domain);
  if (recipe.domain == kRows) return;
  for (OperationId& id : recipe.arguments)
    id = brought_into(recipe.domain, id);
}

OperationId ColumnProgram::brought_into(LoopId loop, OperationId id) {
  const Operation& outside = operations_[id];
  if (outside.domain == loop || outside.recipe.kind == Kind::Constant) return id;
  Recipe bring{.kind = Kind::Gather, .type = outside.recipe.type, .domain = loop};
  bring.arguments.push_back(id);
  bring.may_miss.push_back(true);
  return intern(std::move(bring), outside.cells.nullable);
}

bool ColumnProgram::result_may_miss(const Recipe& recipe) const {
  const auto nullable = [&](std::size_t i) {
    return operations_[recipe.arguments[i]].cells.nullable;
  };
  switch (recipe.function) {
    case Function::Equal:
    case Function::NotEqual:
    case Function::Present:
      return false;
    case Function::Coalesce:
      return nullable(1);
    case Function::Widen:
      return nullable(0);
    default:
      break;
  }
  if (can_be_absent(recipe.function)) return true;
  for (std::size_t i = 0; i < recipe.arguments.size(); ++i) {
    if (nullable(i) && recipe.may_miss[i]) return true;
  }
  return false;
}

OperationId ColumnProgram::intern(Recipe recipe, bool nullable) {
  for (OperationId id = 0; id < operations_.size(); ++id) {
    if (operations_[id].recipe == recipe) return id;
  }
  for (const OperationId id : recipe.arguments)
    ++operations_[id].uses;
  Operation& operation = operations_.emplace_back();
  operation.domain = recipe.domain;
  operation.cells.storage = storage_of(recipe.type.base);
  operation.cells.nullable = nullable;
  operation.recipe = std::move(recipe);
  if (operation.recipe.kind == Kind::Constant) fill_constant(operation);
  if (operation.recipe.kind == Kind::Apply) {
    std::vector<const Cells*> arguments;
    arguments.reserve(operation.recipe.arguments.size());
    for (const OperationId id : operation.recipe.arguments)
      arguments.push_back(&operations_[id].cells);
    operation.prepared = prepare(operation.recipe.function, arguments);
  }
  return static_cast<OperationId>(operations_.size() - 1);
}

LoopId ColumnProgram::add_loop(const plan::Expr& list) {
  Domain domain;
  domain.list = add(list);
  domain.element = operations_[domain.list].recipe.type.element.front();
  domains_.push_back(std::move(domain));
  return static_cast<LoopId>(domains_.size() - 1);
}

void ColumnProgram::fill_constant(Operation& operation) {
  const Recipe& recipe = operation.recipe;
  Cells& cells = operation.cells;
  cells.mask = 0;
  cells.resize(1);
  const Type& type = recipe.type;
  std::visit(plan::Overloaded{
                 [&](const plan::Null&) { cells.present[0] = 0; },
                 [&](bool value) { cells.integers.at(0) = value ? 1 : 0; },
                 [&](std::int64_t value) {
                   if (type.base == Base::Decimal) {
                     const auto scaled = rescaled(plan::Decimal{value, 0}, type.scale);
                     assert(scaled);
                     cells.decimals.at(0) = scaled->digits;
                   } else {
                     cells.integers.at(0) = value;
                   }
                 },
                 [&](const plan::Decimal& value) {
                   const auto scaled = rescaled(value, type.scale);
                   assert(scaled);
                   cells.decimals.at(0) = scaled->digits;
                 },
                 [&](double value) { cells.reals.at(0) = value; },
                 [&](const std::string& value) {
                   if (cells.storage == Storage::Bytes) {
                     const bool is_uuid = type.base == Base::Uuid;
                     operation.constant = is_uuid ? parse_uuid(value).value() : value;
                     cells.texts.at(0) = operation.constant;
                     return;
                   }
                   const auto member = std::ranges::find(type.members, value);
                   assert(member != type.members.end());
                   cells.integers.at(0) = member - type.members.begin();
                 },
             },
             recipe.value);
}

}  // namespace mig::runtime
