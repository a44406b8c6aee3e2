// The library's functions: what they take and what they give.
//
// Used by the expression checker. Pure; knows types, not syntax.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/expr.hpp"

namespace mig::compiler {

struct SignatureMistake {
  std::optional<std::size_t> argument;  // which one is wrong; absent: their number
  std::string wanted;                   // `text`, `two arguments`, …
};

// The type that a call gives, or what is wrong with its arguments. Optional arguments are the
// caller's business. `name` is as written; a part of a result is `split_once.head`.
std::expected<plan::Type, SignatureMistake> result_of(plan::Function function,
                                                      const std::vector<plan::Expr>& arguments);

std::optional<plan::Function> function_named(std::string_view name);
// `head`, `tail` of `split_once`; empty for a function that gives one value.
std::vector<std::string> parts_of(std::string_view name);

}  // namespace mig::compiler
