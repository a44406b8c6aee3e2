// What is handed to a strategy at one of its uses: operands in the order of its parameters, and
// attributes by their names.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/expand.hpp"
#include "compiler/form.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {
namespace {

std::vector<std::string> names_of(const Strategy& strategy) {
  std::vector<std::string> names;
  names.reserve(strategy.parameters.size());
  for (const StrategyParameter& parameter : strategy.parameters)
    names.push_back(parameter.name);
  return names;
}

std::string written(const Strategy& strategy) {
  const std::vector<std::string> names = names_of(strategy);
  const std::string& name = strategy.declaration->name;
  return names.empty() ? fmt::format("`{}` takes nothing", name)
                       : fmt::format("`{}` takes {}", name, fmt::join(names, ", "));
}

}  // namespace

std::optional<Bindings> Expander::bind(const syntax::Statement& use, const Strategy& strategy,
                                       const Scope& scope, syntax::FileId file) {
  Bindings given;
  misspelled_.clear();
  if (!read_operands(use, strategy, scope, given)) return std::nullopt;
  bool ok = read_attributes(use, strategy, scope, given);
  // Defaults see the parameters before them.
  Bindings bindings;
  const Scope inside{strategy.declaration->module, file, &strategy, &bindings};
  for (const StrategyParameter& parameter : strategy.parameters) {
    ok = complete(use, parameter, scope, inside, given) && ok;
    const Bound& bound = given[parameter.name];
    bindings[parameter.name] = bound;
  }
  return ok ? std::optional(std::move(bindings)) : std::nullopt;
}

bool Expander::read_operands(const syntax::Statement& use, const Strategy& strategy,
                             const Scope& scope, Bindings& given) {
  TemplateCopy copy = copier(scope);
  for (std::size_t i = 0; i < use.operands.size(); ++i) {
    const syntax::Operand& operand = use.operands[i];
    const bool fits =
        operand.mark == syntax::Mark::None || (operand.mark == syntax::Mark::Comma && i > 0);
    if (!fits || i >= strategy.parameters.size()) {
      diagnostics_.report(copy.span(operand.value.span), diag::WrongForm, use.word.text)
          .help(written(strategy));
      return false;
    }
    const auto outer = scope.bindings->find(name_of(operand.value));
    const bool is_left_out = outer != scope.bindings->end() && outer->second.value == nullptr;
    if (!is_left_out)
      given[strategy.parameters[i].name] = Bound{.value = own(copy.expr(operand.value))};
  }
  return true;
}

bool Expander::read_attributes(const syntax::Statement& use, const Strategy& strategy,
                               const Scope& scope, Bindings& given) {
  if (!use.block) return true;
  const std::vector<std::string> names = names_of(strategy);
  TemplateCopy copy = copier(scope);
  bool ok = true;
  for (const syntax::Statement& attribute : use.block->statements) {
    const std::string& name = attribute.word.text;
    const syntax::Span at = copy.span(attribute.word.span);
    const auto meant = std::ranges::find(strategy.parameters, name, &StrategyParameter::name);
    if (index_ != nullptr && meant != strategy.parameters.end()) index_->refer(at, meant->span);
    if (!attribute.is_intact) {
      ok = false;
    } else if (std::ranges::find(names, name) == names.end()) {
      ok = false;
      const auto near = nearest(name, names);
      if (near) misspelled_.push_back(*near);
      diagnostics_.report(at, diag::UnknownAttribute, use.word.text, name)
          .instead(near, written(strategy));
    } else if (given.contains(name)) {
      ok = false;
      diagnostics_.report(at, diag::DeclaredTwice, name);
    } else if (attribute.operands.size() != 1 || attribute.block ||
               attribute.operands.front().mark != syntax::Mark::Assign) {
      ok = false;
      misspelled_.push_back(name);
      diagnostics_.report(at, diag::WrongForm, name)
          .help(fmt::format("it is written like `{} = …`", name));
    } else {
      const syntax::Expr& value = attribute.operands.front().value;
      const auto outer = scope.bindings->find(name_of(value));
      const bool is_left_out = outer != scope.bindings->end() && outer->second.value == nullptr;
      if (!is_left_out) given[name] = Bound{.value = own(copy.expr(value))};
    }
  }
  return ok;
}

bool Expander::is_misspelled(std::string_view parameter) const {
  return std::ranges::find(misspelled_, parameter) != misspelled_.end();
}

// The value of a parameter that was handed in, or its default; of the right type.
bool Expander::complete(const syntax::Statement& use, const StrategyParameter& parameter,
                        const Scope& scope, const Scope& inside, Bindings& given) {
  auto found = given.find(parameter.name);
  if (found == given.end()) {
    if (parameter.fallback == nullptr && !parameter.type.is_optional) {
      given[parameter.name];
      if (is_misspelled(parameter.name)) return false;
      diagnostics_
          .report(copier(scope).span(use.word.span), diag::MissingPart, use.word.text,
                  parameter.name)
          .label(parameter.span, "it is declared here")
          .help(fmt::format("write `{} = …` in its block", parameter.name));
      return false;
    }
    Bound value;
    if (parameter.fallback != nullptr) value.value = own(copier(inside).expr(*parameter.fallback));
    found = given.emplace(parameter.name, value).first;
  }
  Bound& bound = found->second;
  if (bound.value != nullptr && name_of(*bound.value) == "none" && parameter.type.is_optional)
    bound.value = nullptr;
  bound.is_word = parameter.type.shape == Shape::Route;
  return bound.value == nullptr || has_type(*bound.value, parameter.type, parameter.name,
                                            constants_, *plan_module_, diagnostics_);
}

}  // namespace mig::compiler
