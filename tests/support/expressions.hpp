// Expressions and entities written by hand, for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/plan/plan.hpp"

namespace mig::tests {

inline plan::Expr constant(plan::Type type, plan::Value value) {
  return plan::Expr{std::move(type), plan::Constant{std::move(value)}};
}
inline plan::Expr integer(std::int64_t value, plan::Base base = plan::Base::I64) {
  return constant(plan::Type::of(base), value);
}
inline plan::Expr text(std::string value) {
  return constant(plan::Type::text(), std::move(value));
}
inline plan::Expr truth(bool value) {
  return constant(plan::Type::of(plan::Base::Bool), value);
}
inline plan::Expr absent(plan::Type type) {
  return constant(type.as_optional(), plan::Null{});
}
inline plan::Expr field(std::uint32_t position, plan::Type type) {
  return plan::Expr{std::move(type), plan::FieldOf{position}};
}
inline plan::Expr local(std::uint32_t index, plan::Type type) {
  return plan::Expr{std::move(type), plan::Local{index}};
}
inline plan::Expr element(plan::Type type) {
  return plan::Expr{std::move(type), plan::LoopElement{}};
}
inline plan::Expr position() {
  return plan::Expr{plan::Type::of(plan::Base::I64), plan::LoopIndex{}};
}
inline plan::Expr apply(plan::Function function, plan::Type type,
                        std::vector<plan::Expr> arguments) {
  return plan::Expr{std::move(type), plan::Apply{function, std::move(arguments)}};
}
inline plan::Expr choose(plan::Type type, plan::Expr condition, plan::Expr yes, plan::Expr no) {
  plan::Choose node;
  node.parts = {std::move(condition), std::move(yes), std::move(no)};
  return plan::Expr{std::move(type), std::move(node)};
}

inline plan::Entity entity(std::string name, std::vector<plan::Type> types) {
  plan::Entity made{.name = std::move(name)};
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::string field_name = "f" + std::to_string(i);
    made.fields.push_back(plan::Field{
        .name = field_name, .column = field_name, .type = std::move(types[i]), .key = i == 0});
  }
  return made;
}

}  // namespace mig::tests
