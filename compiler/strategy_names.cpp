#include "compiler/strategy_names.hpp"

#include "compiler/each_expr.hpp"
#include "compiler/form.hpp"

namespace mig::compiler {
namespace {

class StrategyNames {
 public:
  StrategyNames(const Strategy& strategy, NameIndex& index) : index_(index) {
    for (const StrategyParameter& parameter : strategy.parameters) {
      index_.declare(parameter.span);
      // A default may name parameters before its own.
      if (parameter.fallback != nullptr) read(*parameter.fallback);
      places_[parameter.name] = parameter.span;
    }
  }

  void read(const std::vector<syntax::Statement>& statements) {
    for (const syntax::Statement& statement : statements)
      read(statement);
  }

 private:
  void read(const syntax::Expr& expr) {
    each_expr(expr, [&](const syntax::Expr& one) {
      const auto place = places_.find(name_of(one));
      if (place != places_.end()) index_.refer(one.span, place->second);
    });
  }

  void read(const syntax::Statement& statement) {
    const bool is_attribute =
        !statement.operands.empty() && statement.operands.front().mark == syntax::Mark::Assign;
    const auto word = places_.find(statement.word.text);
    if (word != places_.end() && !is_attribute) index_.refer(statement.word.span, word->second);
    const auto outside = places_;
    if (statement.word.text == "for") {
      read_loop_head(statement);
    } else {
      for (const syntax::Operand& operand : statement.operands)
        read(operand.value);
    }
    if (statement.block) read(statement.block->statements);
    places_ = outside;
  }

  void read_loop_head(const syntax::Statement& statement) {
    Diagnostics reported;  // by whoever read the strategy
    const auto loop = read_loop(statement, reported);
    if (!loop) return;
    read(*loop->list);
    index_.declare(loop->name->span);
    places_[std::string(name_of(*loop->name))] = loop->name->span;
  }

  NameIndex& index_;
  std::map<std::string, syntax::Span, std::less<>> places_;
};

}  // namespace

void index_names(const Strategy& strategy, NameIndex& index) {
  const syntax::Statement& statement = *strategy.declaration->statement;
  if (statement.block) StrategyNames(strategy, index).read(statement.block->statements);
}

}  // namespace mig::compiler
