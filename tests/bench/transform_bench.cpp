// How many cells a second a transform computes on one core: trims, lower case, joins, comparisons.
#include <ctime>

#include <fmt/format.h>

#include "runtime/data/transform.hpp"
#include "tests/support/expressions.hpp"

namespace {

using namespace mig;
using namespace mig::tests;
using plan::Base;
using plan::Function;
using plan::Type;

constexpr std::size_t kRows = 2000;
constexpr int kBatches = 500;

const Type kText = Type::text();
const Type kI64 = Type::of(Base::I64);

runtime::Batch input() {
  runtime::Batch batch = runtime::Batch::of({kI64, kText, kText, kText.as_optional(), kI64});
  for (std::size_t i = 0; i < kRows; ++i) {
    batch.columns[0].append_integer(static_cast<std::int64_t>(i));
    batch.columns[1].append_bytes(fmt::format("  Ann{} von Example ", i));
    batch.columns[2].append_bytes(fmt::format("Ann.{}@Example.ORG", i));
    if (i % 3 == 0) {
      batch.columns[3].append_null();
    } else {
      batch.columns[3].append_bytes("12 High Street");
    }
    batch.columns[4].append_integer(static_cast<std::int64_t>(i) * 1'000'000);
  }
  batch.rows = kRows;
  return batch;
}

plan::Plan split_users() {
  plan::Plan plan;
  plan.entities = {entity("In", {kI64, kText, kText, kText.as_optional(), kI64}),
                   entity("User", {kI64, kText, kText, kText, kText, kI64, Type::of(Base::Bool)}),
                   entity("Address", {kI64, kText})};
  const auto name = local(0, kText);
  plan.transforms = {plan::Transform{
      .name = "split",
      .input = plan::EntityId{0},
      .lets = {apply(Function::Trim, kText, {field(1, kText)})},
      .emits = {
          {.entity = plan::EntityId{1},
           .values = {field(0, kI64), apply(Function::SplitOnceHead, kText, {name, text(" ")}),
                      apply(Function::Coalesce, kText,
                            {apply(Function::SplitOnceTail, kText.as_optional(), {name, text(" ")}),
                             text("")}),
                      apply(Function::Lower, kText, {field(2, kText)}),
                      apply(Function::Concat, kText,
                            {name, text(" <"), field(2, kText), text(">")}),
                      apply(Function::Add, kI64, {field(4, kI64), integer(1)}),
                      apply(Function::Less, Type::of(Base::Bool), {field(4, kI64), integer(7)})}},
          {.entity = plan::EntityId{2},
           .when = apply(Function::Present, Type::of(Base::Bool), {field(3, kText.as_optional())}),
           .values = {field(0, kI64), field(3, kText)}}}}};
  return plan;
}

}  // namespace

int main() {
  const auto batch = input();
  const auto plan = split_users();
  runtime::Transformer transformer(plan, plan.transforms[0]);
  std::vector<runtime::Emitted> out;
  std::vector<runtime::RowReject> rejects;
  std::size_t cells = 0;
  const std::clock_t begin = std::clock();
  for (int i = 0; i < kBatches; ++i) {
    transformer.run(batch, out, rejects);
    for (const runtime::Emitted& emitted : out)
      cells += emitted.rows.rows * emitted.rows.columns.size();
  }
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  fmt::print("{} cells, {:.3f} s, {:.1f} million cells/s, {} rejects\n", cells, seconds,
             static_cast<double>(cells) / seconds / 1e6, rejects.size());
  return 0;
}
