// The strategies of a program: what each is given, and whether it stands for steps or for phases.
//
// Read once, before anything is expanded, so that a mistake in a strategy is said where it is
// declared and not at each of its uses. One compilation, one thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/blocks.hpp"
#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/program.hpp"
#include "compiler/strategy_type.hpp"

namespace mig::compiler {

enum class Over { Steps, Phases };

struct StrategyParameter {
  std::string name;
  syntax::Span span;
  StrategyType type;
  const syntax::Expr* fallback = nullptr;  // absent: it is required, or may be left out
};

struct Strategy {
  const Declaration* declaration = nullptr;
  std::vector<StrategyParameter> parameters;
  Over over = Over::Steps;
};

class Strategies {
 public:
  // Reads all of them and reports what is wrong in each.
  Strategies(const Program& program, const syntax::SourceSet& sources, Diagnostics& diagnostics);

  // Null where its declaration has a mistake.
  const Strategy* find(const Declaration& declaration) const;

 private:
  friend class StrategyReader;
  const Strategy* read(const Declaration& declaration, const syntax::Word* use);

  const syntax::SourceSet& sources_;
  Diagnostics& diagnostics_;
  std::map<const Declaration*, std::unique_ptr<Strategy>> known_;  // null: broken
  std::vector<const Declaration*> open_;                           // being read, outermost first
};

// How deep strategies may stand in each other.
inline constexpr std::size_t kMostStrategiesDeep = 50;

// The strategy that a word means in a file; null where it is none.
const Declaration* strategy_named(const std::string& word, const Module& module);

// Reports a word that is unknown there, if a strategy was probably meant: a visible one, or one of
// the library that is not brought in.
bool report_unknown_strategy(const syntax::Statement& statement, Over over, const Module& module,
                             Diagnostics& diagnostics);

// `x` is a step, and phases stand here.
void report_misplaced(const syntax::Word& word, std::string_view what, Over here,
                      Diagnostics& diagnostics);

// `for x in list`: absent where it is not written like this.
struct LoopHead {
  const syntax::Expr* name = nullptr;
  const syntax::Expr* list = nullptr;
  bool is_growing = false;  // `growing(list)`: its first item, its first two, … all of them
};
std::optional<LoopHead> read_loop(const syntax::Statement& statement, Diagnostics& diagnostics);

}  // namespace mig::compiler
