#include "compiler/plan/graph.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace mig::plan {
namespace {

// The words of a phase's steps, one a line: what a reader wants to know of a box.
std::string steps_of(const Plan& plan, const Phase& phase, std::string_view separator) {
  std::string text;
  for (const StepId id : phase.steps) {
    const std::string& name = plan.at(id).name;
    text += fmt::format("{}{}", separator, name.substr(name.find('/') + 1));
  }
  return text;
}

bool holds_marker(const Plan& plan, const Phase& phase) {
  const auto marker = point_of_no_return(plan);
  return marker && std::ranges::find(phase.steps, *marker) != phase.steps.end();
}

}  // namespace

std::string dot_graph(const Plan& plan) {
  std::string out = fmt::format(
      "digraph \"{}\" {{\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n", plan.name);
  for (std::uint32_t i = 0; i < plan.phases.size(); ++i) {
    const Phase& phase = plan.phases[i];
    out += fmt::format("  p{} [label=\"{}{}\"{}];\n", i, phase.name, steps_of(plan, phase, "\\n"),
                       holds_marker(plan, phase) ? ", penwidth=3" : "");
    for (const PhaseId before : phase.after)
      out += fmt::format("  p{} -> p{};\n", before.index, i);
  }
  return out + "}\n";
}

std::string mermaid_graph(const Plan& plan) {
  std::string out = "graph LR\n";
  for (std::uint32_t i = 0; i < plan.phases.size(); ++i) {
    const Phase& phase = plan.phases[i];
    out += fmt::format("  p{}[\"{}{}\"]\n", i, phase.name, steps_of(plan, phase, "<br/>"));
    for (const PhaseId before : phase.after)
      out += fmt::format("  p{} --> p{}\n", before.index, i);
    if (holds_marker(plan, phase)) out += fmt::format("  style p{} stroke-width:3px\n", i);
  }
  return out;
}

}  // namespace mig::plan
