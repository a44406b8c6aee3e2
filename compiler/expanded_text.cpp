#include "compiler/expanded_text.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "compiler/library.hpp"
#include "grammar/print.hpp"

namespace mig::compiler {
namespace {

// A piece of the text and what replaces it.
struct Change {
  syntax::Span at;
  std::string text;
};

// A declaration with the doc comments above it.
syntax::Span with_docs(const syntax::Statement& statement) {
  return statement.docs.empty() ? statement.span : statement.docs.front().span.to(statement.span);
}

// `use …` without the names of strategies; absent where it names none.
std::optional<std::string> without_strategies(const syntax::Statement& use, const Module& module) {
  const auto& listed = std::get<syntax::Paren>(use.operands.at(1).value.node).items;
  std::vector<std::string_view> others;
  for (const syntax::Expr& item : listed) {
    const std::string_view name = name_of(item);
    if (strategy_named(std::string(name), module) == nullptr) others.push_back(name);
  }
  if (others.size() == listed.size()) return std::nullopt;
  if (others.empty()) return "";
  return fmt::format("use {} ({})", syntax::print(use.operands.at(0).value),
                     fmt::join(others, ", "));
}

std::vector<Change> changes_of(const Module& module, const std::vector<ExpandedUse>& uses,
                               std::string_view plan) {
  std::vector<Change> changes;
  changes.reserve(uses.size());
  for (const ExpandedUse& use : uses)
    changes.push_back({use.at, use.text});
  for (const syntax::Statement& statement : module.tree->statements) {
    const std::string& word = statement.word.text;
    const bool is_other_plan =
        word == "plan" && !plan.empty() && name_of(*declared_name(statement)) != plan;
    if (word == "strategy" || is_other_plan) {
      // The uses inside go with it.
      std::erase_if(changes, [&](const Change& change) {
        return change.at.begin >= statement.span.begin && change.at.end <= statement.span.end;
      });
      changes.push_back({with_docs(statement), ""});
    } else if (word == "use") {
      if (auto text = without_strategies(statement, module))
        changes.push_back({statement.span, std::move(*text)});
    }
  }
  std::ranges::sort(changes, {}, [](const Change& change) { return change.at.begin; });
  return changes;
}

// One of those in which the program was checked. Which one does not matter: environments change
// values, and never what a strategy stands for.
std::string environment_of(const Program& program) {
  for (const Declaration* env : program.declarations(DeclarationKind::Env)) {
    if (env->module == &program.root()) return env->name;
  }
  return std::string(plan::kDefaultEnvironment);
}

// Where nothing is left, neither is the `;` behind it.
std::size_t end_of(const Change& change, std::string_view text) {
  if (!change.text.empty()) return change.at.end;
  const std::size_t next = text.find_first_not_of(" \t", change.at.end);
  return next != std::string_view::npos && text[next] == ';' ? next + 1 : change.at.end;
}

std::string changed(std::string_view text, const std::vector<Change>& changes) {
  std::string out;
  std::size_t done = 0;
  for (const Change& change : changes) {
    assert(change.at.begin >= done);
    out += text.substr(done, change.at.begin - done);
    out += change.text;
    done = end_of(change, text);
  }
  out += text.substr(done);
  return out;
}

}  // namespace

ExpandedText expanded_text(syntax::SourceSet& sources, const std::vector<Input>& inputs,
                           std::string_view plan) {
  Diagnostics diagnostics;
  const WithLibrary whole(sources, inputs);
  const Program program(whole.inputs(), diagnostics);
  Constants constants(sources, program, Settings{.env = environment_of(program)}, diagnostics);
  const Strategies strategies(program, sources, diagnostics);
  Expander expander(sources, strategies, constants, diagnostics);
  for (const Declaration* declaration : program.declarations(DeclarationKind::Plan)) {
    if (declaration->module == &program.root()) expander.expand(*declaration);
  }
  assert(!diagnostics.has_errors());  // it compiles
  const syntax::FileId file = program.root().tree->id;
  const auto changes = changes_of(program.root(), expander.uses(), plan);
  syntax::SourceSet own;
  const syntax::FileId result = own.add("", changed(sources.text(file), changes));
  ExpandedText expanded{.text = syntax::format(own, result), .uses = {}};
  for (const ExpandedUse& use : expander.uses()) {
    const bool is_shown =
        std::ranges::any_of(changes, [&](const Change& change) { return change.at == use.at; });
    if (!is_shown) continue;
    expanded.uses.push_back(ShownUse{use.strategy->name,
                                     std::string(sources.path(use.strategy->span.file)),
                                     sources.position(file, use.at.begin), use.text});
  }
  return expanded;
}

}  // namespace mig::compiler
