#include "compiler/plan/types.hpp"

#include <catch2/catch.hpp>

using namespace mig::plan;

TEST_CASE("types print as the language writes them") {
  CHECK(print(Type::text(254).as_optional()) == "text(254)?");
  CHECK(print(Type::decimal(12, 2)) == "decimal(12,2)");
  CHECK(print(Type::list(Type::of(Base::I64))) == "[i64]");
  CHECK(print(Type{.base = Base::OneOf, .members = {"a", "b"}}) == "one_of(a, b)");
}

TEST_CASE("widening loses nothing and narrowing is never silent") {
  const Type a_or_b{.base = Base::OneOf, .members = {"a", "b"}};
  const Type only_a{.base = Base::OneOf, .members = {"a"}};
  CHECK(widens(Type::of(Base::I32), Type::of(Base::I64)));
  CHECK_FALSE(widens(Type::of(Base::I64), Type::of(Base::I32)));
  CHECK(widens(Type::text(100), Type::text(200)));
  CHECK(widens(Type::text(100), Type::text()));
  CHECK_FALSE(widens(Type::text(), Type::text(100)));
  CHECK_FALSE(widens(Type::text(200), Type::text(100)));
  CHECK(widens(Type::of(Base::Bool), Type::of(Base::Bool).as_optional()));
  CHECK_FALSE(widens(Type::of(Base::Bool).as_optional(), Type::of(Base::Bool)));
  CHECK(widens(Type::decimal(10, 2), Type::decimal(12, 3)));
  CHECK_FALSE(
      widens(Type::decimal(10, 2), Type::decimal(10, 3)));  // one digit less before the point
  CHECK(widens(Type::of(Base::I32), Type::decimal(12, 2)));
  CHECK_FALSE(widens(Type::of(Base::I64), Type::decimal(12, 2)));
  CHECK(widens(only_a, a_or_b));
  CHECK_FALSE(widens(a_or_b, only_a));
  CHECK(widens(a_or_b, Type::text(1)));
  CHECK_FALSE(widens(Type::of(Base::I64), Type::of(Base::F64)));  // 2^53 + 1 has no double
}
