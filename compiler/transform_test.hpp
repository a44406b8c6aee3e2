// A `test … of` a transform, typed: rows that go in, and what is said of the rows that come out.
//
// Tests stand beside plans, never in them: whoever compiles gets them with the plans, and no hash
// covers them. Plain data; ids are those of the plans of the same compilation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/plan/expr.hpp"
#include "compiler/plan/ids.hpp"
#include "grammar/source.hpp"

namespace mig::compiler {

// `full_name = "Ada"`: a value that needs no row, of the field's own type.
struct TestField {
  std::uint32_t field = 0;
  plan::Expr value;
  syntax::Span span;
};

struct TestRow {
  plan::EntityId entity;
  std::vector<TestField> fields;  // of a given row every field, in order; else those that are named
  syntax::Span span;
};

struct ExpectNone {  // `expect no Address`
  plan::EntityId entity;
  syntax::Span span;
};

struct ExpectRejected {  // `expect rejected "half an address"`
  std::optional<std::string> reason;
  syntax::Span span;
};

using Expectation = std::variant<TestRow, ExpectNone, ExpectRejected>;

struct TransformTest {
  std::string name;
  syntax::Span span;
  plan::TransformId transform;
  TestRow driver;
  std::vector<TestRow> companions;
  std::vector<Expectation> expected;
};

}  // namespace mig::compiler
