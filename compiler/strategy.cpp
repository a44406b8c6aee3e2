#include "compiler/strategy.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "compiler/library.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {

// Reads one declaration: its head, then its body.
class StrategyReader {
 public:
  StrategyReader(Strategies& strategies, const Declaration& declaration)
      : strategies_(strategies),
        declaration_(declaration),
        statement_(*declaration.statement),
        diagnostics_(strategies.diagnostics_) {}

  std::unique_ptr<Strategy> read() {
    const std::size_t errors = diagnostics_.error_count();
    strategy_->declaration = &declaration_;
    if (!statement_.is_intact) return nullptr;
    const bool is_taken = is_later(declaration_.name) || context_of(declaration_.name).has_value();
    if (is_taken) diagnostics_.report(declaration_.span, diag::TakenName, declaration_.name);
    read_head();
    if (errors == diagnostics_.error_count() && statement_.block) {
      std::optional<Over> over;
      read_body(statement_.block->statements, over);
      strategy_->over = over.value_or(Over::Steps);
    }
    return errors == diagnostics_.error_count() ? std::move(strategy_) : nullptr;
  }

 private:
  void read_head() {
    Form form(statement_, find_statement(Context::File, "strategy")->form, diagnostics_);
    const syntax::Expr* head = form.value();
    form.end();
    if (!form.ok()) return;
    const auto* call = std::get_if<syntax::Call>(&head->node);
    if (call == nullptr || !statement_.block) return form.misfit();
    for (const syntax::Argument& argument : call->arguments) {
      if (!argument.name || argument.loop) {
        diagnostics_.report(argument.value.span, diag::WrongForm, "strategy")
            .help("a parameter has a name and a type: `length: duration`");
        continue;
      }
      read_parameter(*argument.name, argument);
    }
  }

  void read_parameter(const syntax::Word& name, const syntax::Argument& argument) {
    if (const auto before = place_of(name.text)) {
      diagnostics_.report(name.span, diag::DeclaredTwice, name.text)
          .label(*before, "it is declared here");
      return;
    }
    auto type = read_strategy_type(argument.value, strategies_.sources_, diagnostics_);
    if (!type) return;
    strategy_->parameters.push_back(StrategyParameter{
        name.text, name.span, std::move(*type), argument.fallback ? &*argument.fallback : nullptr});
  }

  std::optional<syntax::Span> place_of(std::string_view name) const {
    const auto& all = strategy_->parameters;
    const auto found = std::ranges::find(all, name, &StrategyParameter::name);
    return found == all.end() ? std::nullopt : std::optional(found->span);
  }

  // The first statement decides what all of them are.
  void read_body(const std::vector<syntax::Statement>& statements, std::optional<Over>& over) {
    for (const syntax::Statement& statement : statements) {
      if (!statement.is_intact || statement.word.text.empty()) continue;
      if (statement.word.text == "for") {
        read_loop_body(statement, over);
        continue;
      }
      const auto is = kind_of(statement, over);
      if (!is) continue;
      if (over.value_or(*is) != *is) {
        const bool is_strategy = strategy_named(statement.word.text, *declaration_.module);
        const std::string_view what = *is == Over::Steps ? "a step" : "a phase";
        report_misplaced(statement.word,
                         is_strategy ? fmt::format("a strategy over {}s", what.substr(2)) : what,
                         *over, diagnostics_);
        continue;
      }
      over = is;
      check_phase_name(statement);
      if (!statement.block || *is == Over::Steps) continue;
      std::optional<Over> inside = statement.word.text == "phase" ? Over::Steps : Over::Phases;
      if (!strategy_named(statement.word.text, *declaration_.module))
        read_body(statement.block->statements, inside);
    }
  }

  // A parameter stands for its value wherever its name is written.
  void check_phase_name(const syntax::Statement& statement) {
    if (statement.word.text != "phase" || statement.operands.empty()) return;
    const syntax::Expr& name = statement.operands.front().value;
    const auto& all = strategy_->parameters;
    const auto parameter = std::ranges::find(all, name_of(name), &StrategyParameter::name);
    if (parameter == all.end() || parameter->type.shape == Shape::Word) return;
    diagnostics_.report(name.span, diag::DeclaredTwice, name_of(name))
        .label(parameter->span, "it is declared here")
        .help("give the phase another name, or the parameter the type `word`");
  }

  // What a loop goes over is known once the strategy is used: it is written down, or a parameter
  // that is a list.
  bool is_list(const syntax::Expr& expr) const {
    if (std::holds_alternative<syntax::List>(expr.node)) return true;
    const auto loop = loops_.find(name_of(expr));
    if (loop != loops_.end()) return loop->second;
    const auto& all = strategy_->parameters;
    const auto parameter = std::ranges::find(all, name_of(expr), &StrategyParameter::name);
    return parameter != all.end() && parameter->type.is_list;
  }

  void read_loop_body(const syntax::Statement& statement, std::optional<Over>& over) {
    const auto loop = read_loop(statement, diagnostics_);
    if (!loop) return;
    const std::string name(name_of(*loop->name));
    if (!is_list(*loop->list)) {
      diagnostics_.report(loop->list->span, diag::NotAList)
          .help("a loop goes over a list `[a, b]`, or over a parameter that is one: `[ratio]`");
      return;
    }
    if (place_of(name) || !loops_.emplace(name, loop->is_growing).second) {
      diagnostics_.report(loop->name->span, diag::DeclaredTwice, name)
          .help("give the loop a name of its own");
      return;
    }
    assert(statement.block.has_value());  // a loop has one
    read_body(statement.block->statements, over);
    loops_.erase(name);
  }

  std::optional<Over> kind_of(const syntax::Statement& statement, const std::optional<Over>& over) {
    const std::string& word = statement.word.text;
    if (const Declaration* used = strategy_named(word, *declaration_.module)) {
      const Strategy* strategy = strategies_.read(*used, &statement.word);
      return strategy == nullptr ? std::nullopt : std::optional(strategy->over);
    }
    const auto& all = strategy_->parameters;
    const auto parameter = std::ranges::find(all, word, &StrategyParameter::name);
    if (parameter != all.end() && parameter->type.shape == Shape::Route) return Over::Steps;
    if (word == "phase" || word == "parallel") return Over::Phases;
    if (const StatementRow* row = find_statement(Context::Phase, word)) {
      if (attributes_of(*row)) const Attributes checked(statement, *row, diagnostics_);
      return Over::Steps;
    }
    if (!report_unknown_strategy(statement, over.value_or(Over::Steps), *declaration_.module,
                                 diagnostics_))
      report_unknown_statement(statement, Context::Phase, diagnostics_);
    return std::nullopt;
  }

  Strategies& strategies_;
  const Declaration& declaration_;
  const syntax::Statement& statement_;
  Diagnostics& diagnostics_;
  std::unique_ptr<Strategy> strategy_ = std::make_unique<Strategy>();
  std::map<std::string, bool, std::less<>> loops_;  // whether what they go over are lists
};

Strategies::Strategies(const Program& program, const syntax::SourceSet& sources,
                       Diagnostics& diagnostics)
    : sources_(sources), diagnostics_(diagnostics) {
  for (const Declaration* declaration : program.declarations(DeclarationKind::Strategy))
    read(*declaration, nullptr);
}

const Strategy* Strategies::find(const Declaration& declaration) const {
  const auto found = known_.find(&declaration);
  return found == known_.end() ? nullptr : found->second.get();
}

// `use`: where another strategy uses it.
const Strategy* Strategies::read(const Declaration& declaration, const syntax::Word* use) {
  if (const auto found = known_.find(&declaration); found != known_.end())
    return found->second.get();
  const auto around = std::ranges::find(open_, &declaration);
  if (around != open_.end()) {
    std::string cycle;
    for (auto one = around; one != open_.end(); ++one)
      cycle += (*one)->name + " -> ";
    diagnostics_.report(use->span, diag::Cycle, declaration.name)
        .note(fmt::format("the cycle is {}{}", cycle, declaration.name))
        .help("a strategy stands for what it holds, and that would have no end");
    return nullptr;
  }
  if (open_.size() >= kMostStrategiesDeep) {
    diagnostics_.report(use->span, diag::TooLarge, open_.front()->name)
        .note(fmt::format("strategies stand in each other at most {} deep", kMostStrategiesDeep));
    return nullptr;
  }
  open_.push_back(&declaration);
  auto strategy = StrategyReader(*this, declaration).read();
  open_.pop_back();
  return known_.emplace(&declaration, std::move(strategy)).first->second.get();
}

const Declaration* strategy_named(const std::string& word, const Module& module) {
  const auto found = module.names.find(word);
  const bool is_strategy =
      found != module.names.end() && found->second->kind == DeclarationKind::Strategy;
  return is_strategy ? found->second : nullptr;
}

bool report_unknown_strategy(const syntax::Statement& statement, Over over, const Module& module,
                             Diagnostics& diagnostics) {
  const std::string& word = statement.word.text;
  if (word.empty() || is_later(word) || context_of(word)) return false;
  if (const LibraryText* text = find_in_library(word); text != nullptr && text->name == word) {
    diagnostics.report(statement.word.span, diag::UnknownStatement, word)
        .help(fmt::format("bring it in from the library: `use {} ({})`", text->module, word));
    return true;
  }
  std::vector<std::string> words = words_of(over == Over::Steps ? Context::Phase : Context::Plan);
  for (const auto& [name, declaration] : module.names) {
    if (declaration->kind == DeclarationKind::Strategy) words.push_back(name);
  }
  const auto near = nearest(word, words);
  if (!near || strategy_named(*near, module) == nullptr) return false;
  diagnostics.report(statement.word.span, diag::UnknownStatement, word)
      .instead(nearest(word, words));
  return true;
}

void report_misplaced(const syntax::Word& word, std::string_view what, Over here,
                      Diagnostics& diagnostics) {
  const bool are_steps = here == Over::Steps;
  diagnostics.report(word.span, diag::PhaseOrStep, word.text, what, are_steps ? "steps" : "phases")
      .help(are_steps ? "write it beside the phases" : "put it into a phase");
}

std::optional<LoopHead> read_loop(const syntax::Statement& statement, Diagnostics& diagnostics) {
  Form form(statement, find_statement(Context::Strategy, "for")->form, diagnostics);
  const syntax::Expr* head = form.value();
  form.end();
  if (!form.ok()) return std::nullopt;
  const auto* in = std::get_if<syntax::Binary>(&head->node);
  const bool is_loop = in != nullptr && in->op == syntax::Operator::In &&
                       !name_of(*in->lhs).empty() && statement.block.has_value();
  if (!is_loop) {
    form.misfit();
    return std::nullopt;
  }
  LoopHead loop{.name = in->lhs.get(), .list = in->rhs.get()};
  const auto* call = std::get_if<syntax::Call>(&loop.list->node);
  if (call != nullptr && name_of(*call->callee) == "growing" && call->arguments.size() == 1) {
    loop.list = &call->arguments.front().value;
    loop.is_growing = true;
  }
  return loop;
}

}  // namespace mig::compiler
