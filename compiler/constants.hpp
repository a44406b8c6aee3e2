// Evaluates what is constant in a plan: literals, parameters and arithmetic on them, with units.
//
// Parameters are resolved first (default < env < --set), so everything else sees plain values. Each
// mistake is reported once, where it stands.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/plan/plan.hpp"
#include "compiler/program.hpp"

namespace mig::compiler {

struct Constant {
  plan::Unit unit = plan::Unit::Number;
  std::int64_t value = 0;  // in the unit's base
  std::string text;        // of Unit::Text
  syntax::Span span;

  plan::Quantity quantity() const { return plan::Quantity{unit, value}; }
};

struct Settings {
  std::string env = "default";
  // Parsed `name = value` lines from the command line.
  const syntax::File* sets = nullptr;
  // A `test … of` a plan, whose `set` lines hold, and of whose plan alone something is wanted.
  const syntax::Statement* test = nullptr;
};

class Constants {
 public:
  // Resolves every parameter of the program. `settings_ok()` tells whether env and sets fit it.
  Constants(const syntax::SourceSet& sources, const Program& program, const Settings& settings,
            Diagnostics& diagnostics, NameIndex* index = nullptr);

  bool settings_ok() const { return settings_ok_; }
  const std::vector<plan::Parameter>& parameters() const { return parameters_; }

  // The value of an expression in the scope of a file; a mistake is reported and gives nothing.
  std::optional<Constant> evaluate(const syntax::Expr& expr, const Module& scope);
  // The same, and it must have that unit.
  std::optional<Constant> wanted(const syntax::Expr& expr, const Module& scope, plan::Unit unit);
  std::optional<plan::Duration> duration(const syntax::Expr& expr, const Module& scope);
  std::optional<plan::Ratio> ratio(const syntax::Expr& expr, const Module& scope);
  std::optional<std::string> text(const syntax::Expr& expr, const Module& scope);
  std::optional<bool> truth(const syntax::Expr& expr, const Module& scope);
  // `a..b` with both ends of one unit, a <= b.
  std::optional<std::pair<Constant, Constant>> range(const syntax::Expr& expr, const Module& scope,
                                                     plan::Unit unit);

 private:
  struct Param {
    std::optional<Constant> value;  // absent: it had a mistake
    plan::Unit unit = plan::Unit::Number;
    std::optional<std::pair<Constant, Constant>> range;
    std::string from;
  };

  void declare(const Declaration& declaration);
  void apply_env(const Program& program, const std::string& env);
  void apply_sets(const Program& program, const syntax::File& sets);
  const Declaration* param_named(const Program& program, std::string_view name,
                                 const syntax::Span& at);
  void apply_test(const Program& program, const syntax::Statement& test);
  bool assign(const syntax::Statement& setting, const Declaration& param, const std::string& from,
              const Module& scope);
  bool put(const Declaration& declaration, const syntax::Expr& expr, const std::string& from,
           const Module& scope);
  void check_range(const Constant& value, const Param& param);

  std::optional<Constant> literal(const syntax::Literal& literal, const syntax::Span& span);
  std::optional<Constant> named(const syntax::Name& name, const syntax::Span& span,
                                const Module& scope);
  std::optional<Constant> binary(const syntax::Binary& binary, const syntax::Span& span,
                                 const Module& scope);
  std::optional<Constant> overflow(const syntax::Span& span);

  const syntax::SourceSet& sources_;
  Diagnostics& diagnostics_;
  NameIndex* index_;  // null: nobody asks
  std::map<const Declaration*, Param> params_;
  std::vector<plan::Parameter> parameters_;
  bool settings_ok_ = true;
};

// The unit that a param or metric is declared with: `rows`, `duration`, `rows/s`.
std::optional<plan::Unit> unit_of_type(const syntax::Expr& type);

// `a duration`, `a count of rows`: a unit as the object of a sentence.
std::string with_article(plan::Unit unit);

}  // namespace mig::compiler
