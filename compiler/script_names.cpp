#include "compiler/script_names.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/form.hpp"
#include "compiler/names.hpp"
#include "compiler/plan/overloaded.hpp"
#include "compiler/plan/phrase.hpp"
#include "compiler/plan/spellings.hpp"

namespace mig::compiler {
namespace {

constexpr std::string_view kArms[] = {"reads",  "reads.new",  "reads.old", "reads.control",
                                      "writes", "writes.new", "writes.old"};

std::string spelling(const plan::Plan& plan, const plan::ArmReading& reading) {
  std::string arm = reading.arm == plan::Arm::Captured
                        ? "captured." + reading.baseline
                        : std::string(kArms[static_cast<std::size_t>(reading.arm)]);
  if (reading.of) arm = plan.at(*reading.of).name + "." + arm;
  return fmt::format("{}({})", name(reading.metric), arm);
}

// As a scenario writes it, whatever words the gate used.
std::string spelling(const plan::Plan& plan, const plan::Reading& reading) {
  return std::visit(plan::Overloaded{
                        [&](const plan::ArmReading& it) { return spelling(plan, it); },
                        [&](const plan::DatasetReading& it) {
                          return fmt::format("{}({})", name(it.metric), plan.at(it.dataset).name);
                        },
                        [&](const plan::StoreReading& it) {
                          return fmt::format("{}({})", name(it.metric), plan.at(it.store).name);
                        },
                        [&](const plan::DeclaredReading& it) { return plan.at(it.metric).name; },
                    },
                    reading);
}

std::string squeezed(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (c != ' ' && c != '\n') kept += c;
  }
  return kept;
}

std::string first_word(std::string text) {
  return text.substr(0, text.find(' '));
}

// Of a step that moves requests: to which share.
std::optional<plan::Ratio> share_of(const plan::Action& action) {
  const auto whole = [](plan::Side to) {
    return to == plan::Side::New ? plan::Ratio::percent(100) : plan::Ratio{};
  };
  if (const auto* reads = std::get_if<plan::RouteReads>(&action))
    return reads->share.value_or(whole(reads->to));
  if (const auto* writes = std::get_if<plan::RouteWrites>(&action))
    return writes->share.value_or(whole(writes->to));
  return std::nullopt;
}

}  // namespace

std::string ScriptNames::text(const syntax::Expr& expr) const {
  return squeezed(scope_.sources.text(expr.span));
}

std::optional<plan::PhaseId> ScriptNames::phase(const syntax::Expr& wanted) {
  const std::string written = text(wanted);
  std::vector<std::string> known;
  for (std::uint32_t i = 0; i < scope_.plan.phases.size(); ++i) {
    if (scope_.plan.phases[i].name == written) return plan::PhaseId{i};
    known.push_back(scope_.plan.phases[i].name);
  }
  const std::string near = did_you_mean(written, known);
  scope_.diagnostics.report(wanted.span, diag::UnknownName, "phase", written)
      .help(near.empty() ? fmt::format("the plan has {}", fmt::join(known, ", ")) : near);
  return std::nullopt;
}

std::optional<plan::StepId> ScriptNames::step(const syntax::Expr& wanted, const syntax::Expr* verb,
                                              const syntax::Expr* share,
                                              std::optional<plan::Ratio> ratio) {
  const auto found = phase(wanted);
  if (!found) return std::nullopt;
  std::vector<std::string> known;
  for (const plan::StepId id : scope_.plan.at(*found).steps) {
    const plan::Action& action = scope_.plan.at(id).action;
    const std::string said = phrase(scope_.plan, id);
    if (std::ranges::find(known, said) == known.end()) known.push_back(said);
    const bool has_verb = verb == nullptr || name_of(*verb) == first_word(said);
    const bool has_share = share == nullptr || share_of(action) == ratio;
    if (has_verb && has_share) return id;
  }
  const syntax::Expr& missing = share != nullptr ? *share : verb != nullptr ? *verb : wanted;
  scope_.diagnostics
      .report(missing.span, diag::UnknownName, fmt::format("step in `{}`", text(wanted)),
              text(missing))
      .help(fmt::format("it has {}", fmt::join(known, "; ")));
  return std::nullopt;
}

std::optional<plan::GateId> ScriptNames::gate(const syntax::Expr& wanted) {
  const std::string written = text(wanted);
  std::vector<std::string> known;
  for (std::uint32_t i = 0; i < scope_.plan.gates.size(); ++i) {
    if (scope_.plan.gates[i].name == written) return plan::GateId{i};
    known.push_back(scope_.plan.gates[i].name);
  }
  const std::string near = did_you_mean(written, known);
  scope_.diagnostics.report(wanted.span, diag::UnknownName, "gate", written)
      .help(near.empty() ? fmt::format("the plan has {}", fmt::join(known, ", ")) : near);
  return std::nullopt;
}

std::optional<plan::Reading> ScriptNames::reading(const syntax::Expr& expr) {
  const std::string written = text(expr);
  std::vector<std::string> known;
  const auto matches = [&](const plan::Reading& reading) {
    const std::string own = spelling(scope_.plan, reading);
    if (std::ranges::find(known, own) == known.end()) known.push_back(own);
    return own == written;
  };
  for (const plan::Gate& gate : scope_.plan.gates) {
    for (const plan::Clause& clause : gate.clauses) {
      if (matches(clause.reading)) return clause.reading;
      for (const plan::Measured& measured : clause.measured) {
        if (matches(measured.of)) return measured.of;
      }
    }
  }
  const std::string near = did_you_mean(written, known);
  auto report =
      scope_.diagnostics.report(expr.span, diag::UnknownName, "gate that looks at", written);
  if (!near.empty()) {
    report.help(near);
  } else if (!known.empty()) {
    report.help(fmt::format("the gates of the plan look at {}", fmt::join(known, ", ")));
  }
  return std::nullopt;
}

plan::Unit ScriptNames::unit_of(const plan::Reading& reading) const {
  return std::visit(
      plan::Overloaded{
          [](const plan::ArmReading& it) { return plan::unit_of(it.metric); },
          [](const plan::DatasetReading& it) { return plan::unit_of(it.metric); },
          [](const plan::StoreReading& it) { return plan::unit_of(it.metric); },
          [&](const plan::DeclaredReading& it) { return scope_.plan.at(it.metric).unit; },
      },
      reading);
}

bool ScriptNames::knows_approver(std::string_view who, const syntax::Span& at) {
  std::vector<std::string> known;
  for (const plan::Step& step : scope_.plan.steps) {
    const auto* approve = std::get_if<plan::Approve>(&step.action);
    if (approve == nullptr) continue;
    if (approve->who == who) return true;
    known.push_back(approve->who);
  }
  const std::string near = did_you_mean(who, known);
  scope_.diagnostics.report(at, diag::UnknownName, "approval of", who)
      .help(near.empty() && !known.empty()
                ? fmt::format("the plan waits for {}", fmt::join(known, ", "))
                : near);
  return false;
}

}  // namespace mig::compiler
