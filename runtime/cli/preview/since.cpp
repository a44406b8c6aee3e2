#include "runtime/cli/preview/since.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "runtime/cli/preview/document_json.hpp"
#include "runtime/cli/preview/saved_plan.hpp"
#include "runtime/cli/sources.hpp"

namespace mig::cli {
namespace {

// What is said of each thing, by its name, in the order in which things are named.
using Lines = std::vector<std::pair<std::string, std::string>>;

Lines params_of(const Document& document) {
  Lines lines;
  for (const plan::Parameter& one : document.params)
    lines.emplace_back(fmt::format("param {}", one.name), one.value);
  return lines;
}

Lines phases_of(const Document& document) {
  Lines lines;
  for (const ShownPhase& phase : document.phases) {
    lines.emplace_back(fmt::format("phase {}", phase.name),
                       fmt::format("{}{}", fmt::join(phase.needs, ", "),
                                   phase.window.empty() ? "" : "; " + phase.window));
  }
  return lines;
}

// Counts are facts of the day, so a line is told by its steps and what they say without numbers of
// rows.
Lines changes_of(const Document& document) {
  Lines lines;
  for (const ShownPhase& phase : document.phases) {
    for (const ShownChange& change : phase.changes) {
      const std::string what = change.rows ? std::string(change.verb) : change.what;
      lines.emplace_back(change.steps.front(), fmt::format("{}, back: {}", what, change.way_back));
    }
  }
  return lines;
}

Lines gates_of(const Document& document) {
  Lines lines;
  for (const ShownGate& gate : document.gates) {
    std::vector<std::string> conditions;
    for (const ShownClause& clause : gate.clauses)
      conditions.push_back(clause.text);
    lines.emplace_back(fmt::format("gate {}", gate.name),
                       fmt::format("{}", fmt::join(conditions, "; ")));
  }
  return lines;
}

void compare(const Lines& before, const Lines& after, std::vector<std::string>& changes) {
  for (const auto& [name, said] : before) {
    const auto now = std::ranges::find(after, name, &Lines::value_type::first);
    if (now == after.end())
      changes.push_back(fmt::format("{} is gone ({})", name, said));
    else if (now->second != said)
      changes.push_back(fmt::format("{}: {} -> {}", name, said, now->second));
  }
  for (const auto& [name, said] : after) {
    if (std::ranges::find(before, name, &Lines::value_type::first) == before.end())
      changes.push_back(fmt::format("{} is new ({})", name, said));
  }
}

}  // namespace

std::expected<Document, std::string> document_in(const std::string& path) {
  SourceText source = read_source(path);
  if (source.problem) return std::unexpected(source.problem->message);
  if (auto saved = saved_plan_of(source.text)) return std::move(saved->preview);
  return document_of(source.text);
}

std::vector<std::string> changes_between(const Document& before, const Document& after) {
  std::vector<std::string> changes;
  if (before.hash.plan == after.hash.plan) return changes;
  for (const auto lines : {params_of, phases_of, changes_of, gates_of})
    compare(lines(before), lines(after), changes);
  if (changes.empty())
    changes.emplace_back(
        "the plan is another one, in what a preview does not show: see `mig dump plan`");
  return changes;
}

}  // namespace mig::cli
