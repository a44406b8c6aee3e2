// `textDocument/inlayHint`: behind each phase, what holds after it.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/cli/lsp/answers.hpp"
#include "runtime/cli/lsp/plan_facts.hpp"
#include "runtime/cli/lsp/tree_walk.hpp"

namespace mig::cli::lsp {

Answer inlay_hints(const Place& place, const Json& range) {
  const auto start = position_field(range, "start");
  const auto end = position_field(range, "end");
  const PlanFacts facts(place.snapshot);
  Json hints = Json::array();
  each_statement(place.snapshot.tree(), [&](const Placed& placed) {
    const syntax::Statement& phase = *placed.statement;
    if (phase.word.text != "phase" || !phase.block) return;
    const Json at = range_of(place.snapshot.text(), phase.block->span, place.encoding())["start"];
    const auto line = number_field(at, "line");
    const bool is_asked = (!start || *line >= start->line) && (!end || *line <= end->line);
    const auto around = is_asked ? facts.around(phase.span) : std::nullopt;
    if (!around) return;
    hints.push_back(Json{{"position", at},
                         {"label", fmt::format("→ {}", around->after_in_short)},
                         {"tooltip", markdown(fmt::format("**After:** {}", around->after))},
                         {"paddingRight", true}});
  });
  return hints;
}

}  // namespace mig::cli::lsp
