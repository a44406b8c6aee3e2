#include "compiler/check_phases.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/names.hpp"

namespace mig::compiler {

void PhaseChecker::collect(const std::vector<const syntax::Statement*>& statements) {
  statements_ = statements;
  for (const syntax::Statement* statement : statements)
    collect(*statement, false);
}

void PhaseChecker::collect(const syntax::Statement& statement, bool in_parallel) {
  const std::string& word = statement.word.text;
  if (word == "phase") return collect_phase(statement);
  if (word == "parallel" && !in_parallel) {
    Form form(statement, find_statement(context_, "parallel")->form, analysis_.diagnostics);
    form.end();
    if (!statement.block) return form.misfit();
    for (const syntax::Statement& inner : statement.block->statements)
      collect(inner, true);
    return;
  }
  if (in_parallel || find_statement(context_, word) == nullptr) {
    report_unknown_statement(statement, in_parallel ? Context::Phase : context_,
                             analysis_.diagnostics);
  }
}

void PhaseChecker::collect_phase(const syntax::Statement& statement) {
  has_phases_ = true;
  const bool has_name =
      !statement.operands.empty() && !name_of(statement.operands.front().value).empty();
  if (!has_name) {
    Form(statement, find_statement(context_, "phase")->form, analysis_.diagnostics).misfit();
    return;
  }
  const syntax::Expr& name = statement.operands.front().value;
  const plan::PhaseId id{static_cast<std::uint32_t>(analysis_.plan.phases.size())};
  const auto [place, fresh] =
      scope_.phases.emplace(std::string(name_of(name)), PlanScope::NamedPhase{id, name.span});
  if (!fresh) {
    auto report = analysis_.diagnostics.report(name.span, diag::DeclaredTwice, name_of(name));
    report.label(place->second.at, "it is declared here");
    if (analysis_.sources.use_of(name.span.file))
      report.help("a strategy that stands for phases can be given their names: `name: word`");
    return;
  }
  analysis_.names.declare(name.span);
  positions_.emplace(&statement, id);
  analysis_.plan.phases.push_back(plan::Phase{.name = scope_.qualified(name_of(name)),
                                              .about = about(statement),
                                              .place = analysis_.place(statement.word.span),
                                              .resource = scope_.resource});
}

Frontier PhaseChecker::check(const Frontier& frontier) {
  base_ = frontier;
  Frontier ends = frontier;
  for (const syntax::Statement* statement : statements_) {
    if (statement->word.text == "parallel" && statement->block) {
      const Frontier outside = ends;
      for (const syntax::Statement& inner : statement->block->statements)
        check(inner, outside, ends);
    } else {
      check(*statement, ends, ends);
    }
  }
  return ends;
}

// A phase waits for every phase above it in its block, or for those it names. `outside` are those
// above; with the phase, `frontier` stands for all.
void PhaseChecker::check(const syntax::Statement& statement, Frontier outside, Frontier& frontier) {
  const auto position = positions_.find(&statement);
  if (position == positions_.end()) return;
  const plan::PhaseId id = position->second;
  check_phase(statement, id, std::move(outside));
  const auto& after = analysis_.plan.at(id).after;
  std::erase_if(frontier, [&](plan::PhaseId earlier) {
    return std::ranges::find(after, earlier) != after.end();
  });
  frontier.push_back(id);
}

void PhaseChecker::check_phase(const syntax::Statement& statement, plan::PhaseId id,
                               Frontier after) {
  const bool names_others = statement.operands.size() > 1;
  Form form(statement,
            names_others ? std::string_view("phase cleanup after soak { … }")
                         : find_statement(context_, "phase")->form,
            analysis_.diagnostics);
  form.name();
  if (form.word_if("after")) {
    after = base_;
    for (const syntax::Expr* name : form.list()) {
      const auto earlier = find_phase(*name, id);
      if (earlier && std::ranges::find(after, *earlier) == after.end()) after.push_back(*earlier);
    }
  }
  form.end();
  if (!statement.block) form.misfit();
  analysis_.plan.phases[id.index].after = after;
  std::vector<plan::StepId> entry;
  for (const plan::PhaseId earlier : after) {
    const auto ends = ends_of(earlier);
    entry.insert(entry.end(), ends.begin(), ends.end());
  }
  std::ranges::sort(entry);
  entry.erase(std::unique(entry.begin(), entry.end()), entry.end());
  check_steps(analysis_, scope_, statement, id, entry);
}

std::optional<plan::PhaseId> PhaseChecker::find_phase(const syntax::Expr& name,
                                                      plan::PhaseId self) {
  if (name_of(name).empty()) {
    analysis_.diagnostics.report(name.span, diag::NameWanted, "a phase");
    return std::nullopt;
  }
  const auto found = scope_.phases.find(name_of(name));
  if (found == scope_.phases.end()) {
    std::vector<std::string> known;
    for (const auto& [text, phase] : scope_.phases) {
      if (phase.id < self) known.push_back(text);
    }
    analysis_.diagnostics.report(name.span, diag::UnknownName, "phase", name_of(name))
        .instead(nearest(name_of(name), known));
    return std::nullopt;
  }
  analysis_.names.refer(name.span, found->second.at);
  const plan::PhaseId earlier = found->second.id;
  if (earlier < self) return earlier;
  const std::string& own = analysis_.plan.phases[self.index].name;
  const std::string& other = analysis_.plan.phases[earlier.index].name;
  const std::string text = earlier == self ? fmt::format("{} -> {}", own, own)
                                           : fmt::format("{} -> {} -> {}", own, other, own);
  analysis_.diagnostics.report(name.span, diag::Cycle, own)
      .note(fmt::format("the cycle is {}", text))
      .help("a phase waits for phases that stand above it");
  return std::nullopt;
}

// The steps that a phase ends with: its last one, or, where it has none, those it would have
// needed.
std::vector<plan::StepId> PhaseChecker::ends_of(plan::PhaseId id) const {
  const plan::Phase& phase = analysis_.plan.at(id);
  if (!phase.steps.empty()) return {phase.steps.back()};
  std::vector<plan::StepId> ends;
  for (const plan::PhaseId earlier : phase.after) {
    const auto more = ends_of(earlier);
    ends.insert(ends.end(), more.begin(), more.end());
  }
  return ends;
}

}  // namespace mig::compiler
