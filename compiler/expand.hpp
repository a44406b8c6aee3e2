// Replaces every use of a strategy in a plan by the steps or phases that it stands for.
//
// A pass over the tree, before the plan is checked: what comes out holds words of the statement
// table only. A strategy sees what it is given; every other name in it means what it means where
// the strategy is used. Pure but for diagnostics; one compilation, one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "compiler/constants.hpp"
#include "compiler/strategy.hpp"
#include "compiler/template_copy.hpp"

namespace mig::compiler {

// A use in the plan's own text, and what stands there instead.
struct ExpandedUse {
  syntax::Span at;
  const Declaration* strategy = nullptr;
  std::string text;
};

class Expander {
 public:
  Expander(syntax::SourceSet& sources, const Strategies& strategies, Constants& constants,
           Diagnostics& diagnostics, NameIndex* index = nullptr)
      : sources_(sources),
        strategies_(strategies),
        constants_(constants),
        diagnostics_(diagnostics),
        index_(index) {}

  // The plan without uses; null after a report. It lives as long as the expander.
  const syntax::Statement* expand(const Declaration& plan);

  // Of all plans so far, in their order.
  const std::vector<ExpandedUse>& uses() const { return uses_; }

 private:
  using Statements = std::vector<syntax::Statement>;
  // In whose text the pass is: in the plan's own, or in that of a strategy at one use.
  struct Scope {
    const Module* module = nullptr;
    std::optional<syntax::FileId> file;  // of the expansion
    const Strategy* strategy = nullptr;
    const Bindings* bindings = nullptr;
  };

  TemplateCopy copier(const Scope& scope);
  void expand_all(const Statements& from, const Scope& scope, Over here, Statements& to);
  void expand_one(const syntax::Statement& from, const Scope& scope, Over here, Statements& to);
  void expand_use(const syntax::Statement& use, const Declaration& declaration, const Scope& scope,
                  Over here, Statements& to);
  void expand_loop(const syntax::Statement& from, const Scope& scope, Over here, Statements& to);
  std::vector<const syntax::Expr*> items_of(const LoopHead& loop, const Scope& scope);

  // What the parameters stand for at one use; absent after a report.
  std::optional<Bindings> bind(const syntax::Statement& use, const Strategy& strategy,
                               const Scope& scope, syntax::FileId file);
  bool read_operands(const syntax::Statement& use, const Strategy& strategy, const Scope& scope,
                     Bindings& given);
  bool read_attributes(const syntax::Statement& use, const Strategy& strategy, const Scope& scope,
                       Bindings& given);
  bool complete(const syntax::Statement& use, const StrategyParameter& parameter,
                const Scope& scope, const Scope& inside, Bindings& given);
  bool is_misspelled(std::string_view parameter) const;
  const syntax::Expr* own(syntax::Expr expr);
  void check_known(const syntax::Name& name, const syntax::Span& at, const Scope& scope);

  syntax::SourceSet& sources_;
  const Strategies& strategies_;
  Constants& constants_;
  Diagnostics& diagnostics_;
  NameIndex* index_;  // null: nobody asks
  std::deque<syntax::Statement> plans_;
  std::deque<syntax::Expr> values_;  // what is handed in
  std::vector<ExpandedUse> uses_;
  std::vector<std::string> misspelled_;  // of the use that is being read
  const Module* plan_module_ = nullptr;
  Room room_;
  Room plan_room_{.pieces = std::numeric_limits<std::int64_t>::max()};
  bool is_whole_ = true;
};

}  // namespace mig::compiler
