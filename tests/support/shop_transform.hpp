// The transform of the shop's plan: one user, an e-mail for each part of a text, a shared country.
#pragma once

#include "tests/support/shop_plan.hpp"

namespace mig::tests {

inline plan::Plan shop_plan_with_transform() {
  using plan::Base;
  using plan::Type;
  plan::Plan plan = shop_plan();
  const plan::Expr id = field_of(0, Type::of(Base::I64));
  const plan::Expr tag = field_of(3, Type::text());
  const plan::Expr country = call(plan::Function::Lower, Type::text(), {tag});
  const Type texts = Type::list(Type::text());
  const plan::Expr comma{Type::text(), plan::Constant{std::string(",")}};
  const plan::Expr each = call(plan::Function::Split, texts, {field_of(2, Type::text()), comma});
  plan.transforms = {{"split",
                      {0},
                      {},
                      {{.entity = {1}, .values = {id, field_of(1, Type::text(20)), country}},
                       {.entity = {2},
                        .each = each,
                        .values = {id, plan::Expr{Type::text(), plan::LoopElement{}}}},
                       {.entity = {3}, .shared = true, .values = {country, tag}}}}};
  plan.via = plan::TransformId{0};
  return plan;
}

}  // namespace mig::tests
