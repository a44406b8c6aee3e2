// Random transforms of well-typed expressions over one entity, for comparing interpreters.
#pragma once

#include <random>
#include <vector>

#include "tests/support/expressions.hpp"

namespace mig::tests {

using plan::Base;
using plan::Expr;
using plan::Function;
using plan::Type;

inline const Type kI64 = Type::of(Base::I64);
inline const Type kI16 = Type::of(Base::I16);
inline const Type kBool = Type::of(Base::Bool);
inline const Type kText = Type::text();
inline const std::vector<Type> kRowFields = {
    kI64, kI64, kI64.as_optional(), kText, kText.as_optional(), kBool, kI16};

struct Generator {
  std::mt19937_64 random;
  bool in_loop = false;
  std::vector<Type> lets;

  std::size_t below(std::size_t limit) { return random() % limit; }

  Expr literal(const Type& type) {
    static constexpr std::int64_t kNumbers[] = {0, 1, -1, 2, 7, INT64_MAX, INT64_MIN};
    static const char* const kTexts[] = {"", " ", "a", "B c ", "12", "-7", "é,x", ",", "zz,a,"};
    if (type.optional && below(2) == 0) return absent(type);
    if (type.base == Base::Bool) return truth(below(2) == 0);
    if (type.base == Base::I64) return integer(kNumbers[below(7)]);
    return text(kTexts[below(9)]);
  }

  Expr leaf(const Type& type) {
    std::vector<Expr> found;
    for (std::uint32_t i = 0; i < kRowFields.size(); ++i) {
      if (kRowFields[i].base == type.base && kRowFields[i].optional == type.optional) {
        found.push_back(field(i, kRowFields[i]));
      }
    }
    for (std::uint32_t i = 0; i < lets.size(); ++i) {
      if (lets[i] == type) found.push_back(local(i, type));
    }
    if (type == kI64) found.push_back(apply(Function::Widen, kI64, {field(6, kI16)}));
    if (in_loop && type == kI64) found.push_back(position());
    if (in_loop && type == kText) found.push_back(element(kText));
    if (found.empty() || below(3) == 0) return literal(type);
    return found[below(found.size())];
  }

  Expr make(const Type& type, int depth) {
    if (depth == 0) return leaf(type);
    const auto sub = [&](const Type& wanted) { return make(wanted, depth - 1); };
    switch (below(5)) {
      case 0:
        return leaf(type);
      case 1:
        return choose(type, sub(kBool), sub(type), sub(type));
      case 2: {
        auto first = sub(type.as_optional());
        return apply(Function::Coalesce, type, {std::move(first), sub(type)});
      }
      default:
        break;
    }
    if (type.base == Base::Bool) return make_bool(depth);
    if (type.base == Base::Text) return make_text(type, depth);
    return make_number(type, depth);
  }

  Expr make_number(const Type& type, int depth) {
    const auto sub = [&](const Type& wanted) { return make(wanted, depth - 1); };
    static constexpr Function kBinary[] = {Function::Add, Function::Subtract, Function::Multiply,
                                           Function::Divide};
    if (type.optional) return apply(Function::ToI64, type, {sub(kText)});
    if (below(6) == 0) return apply(Function::Length, type, {sub(kText)});
    if (below(6) == 0) return apply(Function::Negate, type, {sub(kI64)});
    if (below(4) == 0) {  // proved present by the condition
      const auto present = apply(Function::Present, kBool, {field(2, kRowFields[2])});
      return choose(type, present, field(2, kI64), sub(kI64));
    }
    auto a = sub(kI64);
    return apply(kBinary[below(4)], type, {std::move(a), sub(kI64)});
  }

  Expr make_text(const Type& type, int depth) {
    const auto sub = [&](const Type& wanted) { return make(wanted, depth - 1); };
    if (type.optional) return apply(Function::SplitOnceTail, type, {sub(kText), text(",")});
    static constexpr Function kUnary[] = {Function::Trim, Function::Lower, Function::Upper};
    if (!in_loop && below(4) == 0) return make_join(depth);
    switch (below(5)) {
      case 0: {
        auto a = sub(kText);
        return apply(Function::Concat, type, {std::move(a), sub(kText)});
      }
      case 1:
        return apply(Function::ToText, type, {sub(kI64)});
      case 2:
        return apply(Function::SplitOnceHead, type, {sub(kText), text(",")});
      default:
        return apply(kUnary[below(3)], type, {sub(kText)});
    }
  }

  Expr make_join(int depth) {
    plan::Join join;
    join.parts.push_back(
        apply(Function::Split, Type::list(kText), {make(kText, depth - 1), text(",")}));
    in_loop = true;
    join.parts.push_back(make(kText, depth - 1));
    in_loop = false;
    join.parts.push_back(make(kText, depth - 1));
    return Expr{kText, std::move(join)};
  }

  Expr make_bool(int depth) {
    const auto sub = [&](const Type& wanted) { return make(wanted, depth - 1); };
    static constexpr Function kCompare[] = {Function::Less, Function::LessOrEqual,
                                            Function::Greater, Function::GreaterOrEqual};
    const Type compared = below(2) == 0 ? kI64 : kText;
    switch (below(5)) {
      case 0: {
        auto a = sub(kBool);
        return apply(below(2) == 0 ? Function::And : Function::Or, kBool,
                     {std::move(a), sub(kBool)});
      }
      case 1:
        return apply(Function::Not, kBool, {sub(kBool)});
      case 2:
        return apply(Function::Present, kBool, {sub(compared.as_optional())});
      case 3: {
        auto a = sub(compared.as_optional());
        return apply(below(2) == 0 ? Function::Equal : Function::NotEqual, kBool,
                     {std::move(a), sub(compared.as_optional())});
      }
      default: {
        auto a = sub(compared);
        return apply(kCompare[below(4)], kBool, {std::move(a), sub(compared)});
      }
    }
  }
};

inline plan::Plan random_transform(Generator& make) {
  const std::vector<Type> plain = {kI64, kI64.as_optional(), kText.as_optional(), kBool, kText};
  const std::vector<Type> looped = {kI64, kText, kBool, kI64};
  plan::Plan plan;
  plan.entities = {entity("In", kRowFields), entity("Out", plain), entity("Each", looped)};
  plan::Transform transform{.name = "t", .input = plan::EntityId{0}};
  for (const Type& type : {kI64, kText, kBool, kI64.as_optional()}) {
    transform.lets.push_back(make.make(type, 3));
    make.lets.push_back(type);
  }
  plan::Emit out{.entity = plan::EntityId{1}};
  if (make.below(2) == 0) out.when = make.make(kBool, 3);
  for (const Type& type : plain)
    out.values.push_back(make.make(type, 4));
  plan::Emit each{.entity = plan::EntityId{2}};
  if (make.below(2) == 0) each.when = make.make(kBool, 2);
  each.each = apply(Function::Split, Type::list(kText), {make.make(kText, 2), text(",")});
  make.in_loop = true;
  for (const Type& type : looped)
    each.values.push_back(make.make(type, 4));
  transform.emits = {std::move(out), std::move(each)};
  plan.transforms = {std::move(transform)};
  return plan;
}

}  // namespace mig::tests
