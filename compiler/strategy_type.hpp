// The types of what a strategy is given: values with a unit, as a param has them, and the words of
// the language that a step is made of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/constants.hpp"
#include "compiler/diagnostics/diagnostic.hpp"
#include "grammar/tree.hpp"

namespace mig::compiler {

enum class Shape {
  Value,    // duration, ratio, rows, text, …
  Moment,   // moment: a timestamp, or a time of the day
  Route,    // route: reads or writes
  Gate,     // gate: one, or several joined with `and`
  Dataset,  // dataset: its name, old or new
  Field,    // field: its name
  Hash,     // hash: hash(a, b)
  Days,     // days: mon..thu
  Word,     // word: any bare word, such as the name of a phase
  OneOf     // one_of(a, b): one of these words
};

struct StrategyType {
  Shape shape = Shape::Value;
  plan::Unit unit = plan::Unit::Number;  // of a Value
  std::vector<std::string> words;        // of OneOf
  bool is_list = false;
  bool is_optional = false;
};

// The type that is written behind a parameter's name: `duration`, `[ratio]`, `hash?`,
// `one_of(follow, app)`. A mistake is reported and gives nothing.
std::optional<StrategyType> read_strategy_type(const syntax::Expr& written,
                                               const syntax::SourceSet& sources,
                                               Diagnostics& diagnostics);

// Whether a value that is handed in has that type; reports otherwise. Names of params are looked up
// in `scope`.
bool has_type(const syntax::Expr& value, const StrategyType& type, const std::string& parameter,
              Constants& constants, const Module& scope, Diagnostics& diagnostics);

}  // namespace mig::compiler
