#include "compiler/expand.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "compiler/names.hpp"
#include "grammar/print.hpp"

namespace mig::compiler {
namespace {

const Bindings kNothingBound;

bool holds_statements(std::string_view word) {
  return word == "phase" || word == "parallel" || word == "resource" || word == "feature";
}

Context context_of(Over over) {
  return over == Over::Steps ? Context::Phase : Context::Plan;
}

// Whether anything in the plan is no word of the language. Most plans are done with this.
bool has_strangers(const std::vector<syntax::Statement>& statements, Over here) {
  return std::ranges::any_of(statements, [&](const syntax::Statement& statement) {
    const std::string& word = statement.word.text;
    if (find_statement(context_of(here), word) == nullptr) return true;
    if (here == Over::Steps || !statement.block || !holds_statements(word)) return false;
    return has_strangers(statement.block->statements, word == "phase" ? Over::Steps : Over::Phases);
  });
}

}  // namespace

const syntax::Statement* Expander::expand(const Declaration& plan) {
  const syntax::Statement& from = *plan.statement;
  if (!from.block || !has_strangers(from.block->statements, Over::Phases)) return &from;
  is_whole_ = true;
  room_ = Room{};
  plan_module_ = plan.module;
  const Scope scope{.module = plan.module, .bindings = &kNothingBound};
  syntax::Statement copy = copier(scope).head(from);
  copy.block = syntax::Block{.statements = {}, .span = from.block->span};
  expand_all(from.block->statements, scope, Over::Phases, copy.block->statements);
  if (!is_whole_) return nullptr;
  plans_.push_back(std::move(copy));
  return &plans_.back();
}

TemplateCopy Expander::copier(const Scope& scope) {
  TemplateCopy::FreeName free_name;
  if (scope.file) {
    free_name = [this, scope](const syntax::Name& name, const syntax::Span& at) {
      check_known(name, at, scope);
    };
  }
  // A plan's own text is as long as it is; only what strategies make of it is limited.
  return TemplateCopy(scope.file, *scope.bindings, scope.file ? room_ : plan_room_,
                      std::move(free_name), diagnostics_);
}

// A name that the strategy's file declares has to mean the same where the strategy is used.
void Expander::check_known(const syntax::Name& name, const syntax::Span& at, const Scope& scope) {
  const auto meant = scope.module->names.find(name.text);
  if (meant == scope.module->names.end() || scope.module == plan_module_) return;
  if (meant->second->kind == DeclarationKind::Strategy) return;
  const auto found = plan_module_->names.find(name.text);
  if (found != plan_module_->names.end() && found->second == meant->second) return;
  is_whole_ = false;
  diagnostics_.report(at, diag::UnknownWhereUsed, name.text, scope.strategy->declaration->name)
      .label(meant->second->span, "it is declared here")
      .help("make it a parameter of the strategy")
      .help(fmt::format("or bring it in where the strategy is used: `use \"…\" ({})`", name.text));
}

void Expander::expand_all(const Statements& from, const Scope& scope, Over here, Statements& to) {
  for (const syntax::Statement& statement : from) {
    if (scope.file && !room_.is_left()) return;
    expand_one(statement, scope, here, to);
  }
}

void Expander::expand_one(const syntax::Statement& from, const Scope& scope, Over here,
                          Statements& to) {
  const std::string& word = from.word.text;
  const bool is_template = scope.file.has_value();
  if (is_template && word == "for") return expand_loop(from, scope, here, to);
  if (const Declaration* strategy = strategy_named(word, *scope.module))
    return expand_use(from, *strategy, scope, here, to);
  const bool is_known = is_template || find_statement(context_of(here), word) != nullptr;
  if (!is_known && report_unknown_strategy(from, here, *scope.module, diagnostics_)) {
    is_whole_ = false;
    return;
  }
  TemplateCopy copy = copier(scope);
  if (here == Over::Phases && from.block && holds_statements(word)) {
    syntax::Statement whole = copy.head(from);
    whole.block = syntax::Block{.statements = {}, .span = copy.span(from.block->span)};
    expand_all(from.block->statements, scope, word == "phase" ? Over::Steps : Over::Phases,
               whole.block->statements);
    to.push_back(std::move(whole));
  } else if (auto whole = copy.statement(from)) {
    to.push_back(std::move(*whole));
  }
}

void Expander::expand_use(const syntax::Statement& use, const Declaration& declaration,
                          const Scope& scope, Over here, Statements& to) {
  if (index_ != nullptr) index_->refer(copier(scope).span(use.word.span), declaration.span);
  const Strategy* strategy = strategies_.find(declaration);
  // What is broken was reported, where it is declared or where it was read.
  const bool is_broken = strategy == nullptr || !use.is_intact;
  if (!is_broken && strategy->over != here) {
    const bool are_steps = strategy->over == Over::Steps;
    const syntax::Word word{copier(scope).span(use.word.span), use.word.text};
    report_misplaced(word, are_steps ? "a strategy over steps" : "a strategy over phases", here,
                     diagnostics_);
  }
  if (is_broken || strategy->over != here) {
    is_whole_ = false;
    return;
  }
  const syntax::Span at = copier(scope).span(use.span);
  const syntax::FileId file = sources_.add_expansion(declaration.module->tree->id, at);
  const auto bindings = bind(use, *strategy, scope, file);
  if (!bindings) {
    is_whole_ = false;
    return;
  }
  assert(declaration.statement->block.has_value());  // the strategy was read
  const std::size_t first = to.size();
  const Scope inside{declaration.module, file, strategy, &*bindings};
  expand_all(declaration.statement->block->statements, inside, here, to);
  if (scope.file) return;
  if (!room_.is_left()) {
    is_whole_ = false;
    diagnostics_.report(use.word.span, diag::TooLarge, declaration.name)
        .help("hand in shorter lists, or use the strategy less often in others");
    room_ = Room{};
  }
  std::string text;
  for (std::size_t i = first; i < to.size(); ++i)
    text += (text.empty() ? "" : "\n") + syntax::print_compact(to[i]);
  uses_.push_back(ExpandedUse{use.span, &declaration, std::move(text)});
}

void Expander::expand_loop(const syntax::Statement& from, const Scope& scope, Over here,
                           Statements& to) {
  const auto loop = read_loop(from, diagnostics_);
  assert(loop.has_value());  // the strategy was read
  assert(from.block.has_value());
  for (const syntax::Expr* item : items_of(*loop, scope)) {
    Bindings bindings = *scope.bindings;
    bindings[std::string(name_of(*loop->name))] = Bound{.value = item};
    Scope inside = scope;
    inside.bindings = &bindings;
    expand_all(from.block->statements, inside, here, to);
  }
}

// What the loop goes over; a list that is left out has no items.
std::vector<const syntax::Expr*> Expander::items_of(const LoopHead& loop, const Scope& scope) {
  std::vector<const syntax::Expr*> items;
  const auto bound = scope.bindings->find(name_of(*loop.list));
  if (bound != scope.bindings->end() && bound->second.value == nullptr) return items;
  const syntax::Expr* value = own(copier(scope).expr(*loop.list));
  const auto* list = std::get_if<syntax::List>(&value->node);
  assert(list != nullptr);  // by its type, or as the strategy was read
  syntax::List so_far;
  for (const syntax::Expr& item : list->items) {
    if (!loop.is_growing) {
      items.push_back(&item);
      continue;
    }
    so_far.items.push_back(copy_of(item, room_, diagnostics_));
    syntax::List grown;
    for (const syntax::Expr& one : so_far.items)
      grown.items.push_back(copy_of(one, room_, diagnostics_));
    items.push_back(own(syntax::Expr{value->span, std::move(grown)}));
    if (!room_.is_left()) break;
  }
  return items;
}

const syntax::Expr* Expander::own(syntax::Expr expr) {
  return &values_.emplace_back(std::move(expr));
}

}  // namespace mig::compiler
