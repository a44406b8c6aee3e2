// Typed expressions of transforms, as data: what the compiler checked and the runtime evaluates.
//
// Total and pure by construction: no recursion, no clock, no I/O. Evaluating one either gives a
// value of its type or rejects the row. Immutable once the plan is built; safe to share between
// threads.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/plan/types.hpp"
#include "compiler/plan/value.hpp"

namespace mig::plan {

enum class Function : std::uint8_t {
#define FUNCTION(enumerator, language_name) enumerator,
#include "compiler/plan/functions.def"
#undef FUNCTION
};

// The language's name of a function; empty for operators.
std::string_view name(Function function);

struct Expr;

struct Constant {
  static constexpr std::string_view kName = "constant";
  Value value;
  bool operator==(const Constant&) const = default;
};

// A field of the row that is being transformed, by its position in what goes in (input_row).
struct FieldOf {
  static constexpr std::string_view kName = "field";
  std::uint32_t field = 0;
  bool operator==(const FieldOf&) const = default;
};

// A `let` of the transform, by position. A let only uses earlier ones.
struct Local {
  static constexpr std::string_view kName = "local";
  std::uint32_t index = 0;
  bool operator==(const Local&) const = default;
};

// The element that `for d in …` stands at, and its position counted from 0.
struct LoopElement {
  static constexpr std::string_view kName = "element";
  bool operator==(const LoopElement&) const = default;
};
struct LoopIndex {
  static constexpr std::string_view kName = "index";
  bool operator==(const LoopIndex&) const = default;
};

// The same field of the row at which a loop over further rows stands: what goes in holds a list of
// it.
struct LoopField {
  static constexpr std::string_view kName = "loop_field";
  std::uint32_t field = 0;
  bool operator==(const LoopField&) const = default;
};

struct Apply {
  static constexpr std::string_view kName = "apply";
  Function function = Function::Trim;
  std::vector<Expr> arguments;
  bool operator==(const Apply&) const = default;
};

// Only the chosen branch is evaluated: the other may hold what would reject the row.
struct Choose {
  static constexpr std::string_view kName = "choose";
  std::vector<Expr> parts;  // condition, then, else
  bool operator==(const Choose&) const = default;
};

// `join(d.needs for d in ds, ", ")`: one text of the texts that a loop gives. It stands in no other
// loop.
struct Join {
  static constexpr std::string_view kName = "join";
  std::vector<Expr> parts;  // the list, the text of each turn, the separator
  bool operator==(const Join&) const = default;
};

struct Expr {
  Type type;
  std::variant<Constant, FieldOf, Local, LoopElement, LoopIndex, LoopField, Apply, Choose, Join>
      node;
  bool operator==(const Expr&) const = default;
};

}  // namespace mig::plan
