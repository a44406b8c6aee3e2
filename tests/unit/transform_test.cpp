#include "runtime/data/transform.hpp"

#include <catch2/catch.hpp>

#include "tests/support/expressions.hpp"

namespace {

using namespace mig;
using namespace mig::tests;
using plan::Base;
using plan::Function;
using plan::Type;
using runtime::Batch;
using runtime::Emitted;
using runtime::RowReject;

const Type kText = Type::text();
const Type kI64 = Type::of(Base::I64);
const Type kBool = Type::of(Base::Bool);

plan::Expr id() {
  return field(0, kI64);
}

// Rows of (id, number, text?).
Batch rows(const std::vector<std::pair<std::int64_t, std::optional<std::string>>>& values) {
  Batch batch = Batch::of({kI64, kI64, kText.as_optional()});
  for (const auto& [number, words] : values) {
    batch.columns[0].append_integer(static_cast<std::int64_t>(batch.rows++));
    batch.columns[1].append_integer(number);
    if (words) {
      batch.columns[2].append_bytes(*words);
    } else {
      batch.columns[2].append_null();
    }
  }
  return batch;
}

plan::Plan plan_with(std::vector<plan::Emit> emits, std::vector<plan::Expr> lets = {}) {
  plan::Plan plan;
  plan.entities = {entity("In", {kI64, kI64, kText.as_optional()}), entity("Out", {kI64, kI64}),
                   entity("Word", {kI64, kI64, kText})};
  plan.transforms = {plan::Transform{
      .name = "t", .input = plan::EntityId{0}, .lets = std::move(lets), .emits = std::move(emits)}};
  return plan;
}

plan::Expr quotient_of_number() {
  return apply(Function::Divide, kI64, {integer(100), field(1, kI64)});
}

struct Outcome {
  std::vector<Emitted> out;
  std::vector<RowReject> rejects;
};
Outcome run(const plan::Plan& plan, const Batch& input) {
  Outcome outcome;
  runtime::Transformer transformer(plan, plan.transforms[0]);
  transformer.run(input, outcome.out, outcome.rejects);
  return outcome;
}

}  // namespace

TEST_CASE("a rejected row emits nothing anywhere and is named once") {
  const auto plan = plan_with({
      {.entity = plan::EntityId{1}, .values = {id(), field(1, kI64)}},
      {.entity = plan::EntityId{1}, .values = {id(), quotient_of_number()}},
      {.entity = plan::EntityId{1},
       .values = {id(), apply(Function::Divide, kI64, {integer(7), field(1, kI64)})}},
  });
  const auto [out, rejects] = run(plan, rows({{5, {}}, {0, {}}, {10, {}}}));
  CHECK(rejects == std::vector<RowReject>{{1, "Out.f1", "division by zero in `/`"}});
  REQUIRE(out.size() == 3);
  for (const Emitted& emitted : out) {
    CHECK(emitted.source == std::vector<std::uint32_t>{0, 2});
    CHECK(emitted.rows.rows == 2);
    CHECK(emitted.rows.columns[0].integer(1) == 2);
  }
  CHECK(out[1].rows.columns[1].integer(0) == 20);
}

TEST_CASE("`when` keeps rows out before their values are computed, and lets are lazy") {
  const auto not_zero = apply(Function::NotEqual, kBool, {field(1, kI64), integer(0)});
  const auto plan =
      plan_with({{.entity = plan::EntityId{1}, .when = not_zero, .values = {id(), local(0, kI64)}}},
                {quotient_of_number()});
  const auto [out, rejects] = run(plan, rows({{0, {}}, {4, {}}}));
  CHECK(rejects.empty());
  CHECK(out[0].source == std::vector<std::uint32_t>{1});
  CHECK(out[0].rows.columns[1].integer(0) == 25);
}

TEST_CASE("a loop emits once an element, with its position") {
  const auto present = apply(Function::Present, kBool, {field(2, kText.as_optional())});
  const auto words = apply(Function::Split, Type::list(kText), {field(2, kText), text(",")});
  const auto shout = apply(Function::Concat, kText,
                           {apply(Function::Upper, kText, {element(kText)}),
                            apply(Function::ToText, kText, {quotient_of_number()})});
  const auto plan = plan_with({{.entity = plan::EntityId{2},
                                .when = present,
                                .each = words,
                                .shared = true,
                                .values = {id(), position(), shout}}});
  const auto [out, rejects] =
      run(plan, rows({{1, "a,b"}, {2, {}}, {0, "x,y"}, {5, ""}, {50, "c"}}));
  CHECK(rejects == std::vector<RowReject>{{2, "Word.f2", "division by zero in `/`"}});
  CHECK(out[0].shared);
  CHECK(out[0].source == std::vector<std::uint32_t>{0, 0, 4});
  const Batch& batch = out[0].rows;
  REQUIRE(batch.rows == 3);
  CHECK(batch.columns[0].integer(2) == 4);
  CHECK(batch.columns[1].integer(1) == 1);
  CHECK(batch.columns[1].integer(2) == 0);
  CHECK(batch.columns[2].bytes(0) == "A100");
  CHECK(batch.columns[2].bytes(1) == "B100");
  CHECK(batch.columns[2].bytes(2) == "C2");
}

TEST_CASE("one element that is rejected rejects its source row") {
  const auto words = apply(Function::Split, Type::list(kText), {field(2, kText), text(",")});
  const auto inverse = apply(Function::Divide, kI64, {integer(1), position()});
  const auto plan = plan_with(
      {{.entity = plan::EntityId{1}, .values = {id(), field(1, kI64)}},
       {.entity = plan::EntityId{2}, .each = words, .values = {id(), inverse, element(kText)}}});
  const auto [out, rejects] = run(plan, rows({{1, "a,b"}, {2, ""}}));
  CHECK(rejects == std::vector<RowReject>{{0, "Word.f1", "division by zero in `/`"}});
  CHECK(out[0].source == std::vector<std::uint32_t>{1});
  CHECK(out[1].source.empty());
}

TEST_CASE("a row without elements takes no value, so none rejects it") {
  const auto words = apply(Function::Split, Type::list(kText), {field(2, kText), text(",")});
  const auto plan = plan_with({{.entity = plan::EntityId{2},
                                .each = words,
                                .values = {id(), quotient_of_number(), element(kText)}}});
  const auto [out, rejects] = run(plan, rows({{0, ""}, {4, "a"}}));
  CHECK(rejects.empty());
  CHECK(out[0].source == std::vector<std::uint32_t>{1});
}

TEST_CASE("a transformer serves batch after batch") {
  const auto plan = plan_with({{.entity = plan::EntityId{1}, .values = {id(), local(0, kI64)}}},
                              {quotient_of_number()});
  runtime::Transformer transformer(plan, plan.transforms[0]);
  std::vector<Emitted> out;
  std::vector<RowReject> rejects;
  transformer.run(rows({{1, {}}, {0, {}}, {2, {}}}), out, rejects);
  CHECK(out[0].rows.rows == 2);
  transformer.run(rows({{4, {}}}), out, rejects);
  CHECK(out[0].rows.rows == 1);
  CHECK(out[0].rows.columns[1].integer(0) == 25);
  CHECK(rejects.size() == 1);
  transformer.run(rows({}), out, rejects);
  CHECK(out[0].rows.rows == 0);
}

TEST_CASE("an entity's rules reject with their message, the first one first") {
  plan::Entity checked = entity("In", {kI64, kI64, kText.as_optional()});
  checked.rules = {
      {apply(Function::GreaterOrEqual, kBool, {field(1, kI64), integer(0)}), "a negative number"},
      {apply(Function::Equal, kBool, {quotient_of_number(), integer(50)}), "not a half"},
  };
  std::vector<RowReject> rejects;
  runtime::EntityRules(checked).check(rows({{-1, {}}, {2, {}}, {4, {}}, {0, {}}}), rejects);
  CHECK(rejects == std::vector<RowReject>{{0, "In", "a negative number"},
                                          {3, "In", "division by zero in `/`"},
                                          {2, "In", "not a half"}});
}

TEST_CASE("lists travel through fields, branches and widening") {
  const Type numbers = Type::list(Type::of(Base::I16));
  const Type wide = Type::list(Type::of(Base::I64).as_optional());
  const plan::Entity row = entity("In", {kI64, numbers});
  Batch batch = Batch::of({kI64, numbers});
  for (std::int64_t i = 0; i < 3; ++i) {
    batch.columns[0].append_integer(i);
    for (std::int64_t item = 0; item < i; ++item)
      batch.columns[1].element().append_integer(item + 10 * i);
    batch.columns[1].append_list();
  }
  batch.rows = 3;
  std::vector<RowReject> rejects;
  const auto widened = apply(Function::Widen, wide, {field(1, numbers)});
  const auto column = runtime::Evaluator(row, widened, "x").evaluate(batch, rejects);
  CHECK(column.list(0).end == 0);
  CHECK(column.list(2).end - column.list(2).first == 2);
  CHECK(column.element().integer(column.list(2).first + 1) == 21);
  CHECK(rejects.empty());
}
