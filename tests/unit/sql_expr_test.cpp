// What is refused, and under which name.
#include "compiler/plan/sql_expr.hpp"

#include <catch2/catch.hpp>

#include "tests/support/expressions.hpp"

using namespace mig;
using namespace mig::tests;
using plan::Base;
using plan::Expr;
using plan::Function;
using plan::Type;

namespace {
const Type kI64 = Type::of(Base::I64);
const Type kBool = Type::of(Base::Bool);
const Type kText = Type::text();
}  // namespace

TEST_CASE("what has no exact form in SQL is refused by its name") {
  const auto refusal = [](const Expr& expr) {
    const auto sql = plan::sql_of(expr, {"(+t.a)"}, {});
    return sql ? *sql : sql.error().what;
  };
  const Expr number = field(0, kI64);
  const Expr words = field(0, kText);
  const Type decimal = Type::decimal(8, 2);
  CHECK(refusal(apply(Function::Add, kI64, {number, number})) == "arithmetic");
  CHECK(refusal(apply(Function::RegexMatch, kBool, {words, text("a")})) == "`regex_match`");
  CHECK(refusal(apply(Function::ToI64, kI64.as_optional(), {words})) == "`to_i64`");
  CHECK(refusal(apply(Function::ToDecimal, decimal, {words})) == "a value of `decimal(8,2)`");
  CHECK(refusal(apply(Function::Split, Type::list(kText), {words, text(",")})) ==
        "a value of `[text]`");
  CHECK(refusal(apply(Function::SplitOnceHead, kText, {words, words})) ==
        "`split_once` by what is no constant");
  CHECK(refusal(apply(Function::Substr, kText, {words, number, number})) ==
        "`substr` at what is no constant");
  CHECK(refusal(apply(Function::Replace, kText.as_optional(),
                      {words, words, field(0, kText.as_optional())})) ==
        "`replace` of what may be absent");
  CHECK(refusal(text(std::string("a\0b", 3))) == "a text with a NUL in it");
  CHECK(refusal(element(kText)) == "a loop");
  CHECK_FALSE(plan::read_sql(Type::of(Base::Json), "t.a"));
  Expr deep = words;
  for (int i = 0; i < 20; ++i)
    deep = apply(Function::Trim, kText, {deep});
  CHECK(refusal(deep) == "an expression as deep as this one");
}
