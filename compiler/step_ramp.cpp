// `ramp`: reads move share by share, and each share has to hold before the next one.
//
// It becomes the steps that it stands for: reads, hold, reads, hold, …
#include <fmt/format.h>

#include "compiler/step_checker.hpp"

namespace mig::compiler {

// `ramp reads new 1% for 1d, 25%, 100% { hold = 10m; require = slo; stale_ok = 5s }`
void StepChecker::ramp(const syntax::Statement& statement) {
  const Attributes attributes(statement, *row_, analysis_.diagnostics);
  Form form(statement, row_->form, analysis_.diagnostics);
  attributes_ = &attributes;
  if (!form.word("reads") || !form.word("new")) return;
  plan::RouteReads common{.to = plan::Side::New};
  if (!read_where(form, common)) return;
  const auto stages = read_stages(form);
  if (stages && form.ok()) form.end();
  if (!stages || !form.ok() || !attributes.ok()) return;
  std::optional<plan::Duration> stale_ok;
  std::optional<plan::Duration> hold;
  if (!read_duration("stale_ok", stale_ok) || !read_duration("hold", hold) || !read_hash(common) ||
      !read_fallback(common) || !grows(*stages)) {
    return;
  }
  common.stale_ok = stale_ok.value_or(plan::Duration::zero());
  const auto gates = check_gate_names(analysis_, scope_, *attribute("require"));
  if (gates.empty()) return;
  std::optional<std::string> owner;
  if (const syntax::Expr* approve = attribute("approve")) {
    owner = analysis_.constants.text(*approve, *scope_.module);
    if (!owner) return;
  }
  for (const RampStage& stage : *stages) {
    if (stage.hold || hold) continue;
    analysis_.diagnostics.report(stage.at, diag::MissingPart, "ramp", "hold")
        .help("say how long each share is watched: `hold = 10m`, or `5% for 10m`");
    return;
  }
  if (!is_routed(statement, stages->front().reads)) return;
  for (const RampStage& stage : *stages) {
    plan::RouteReads reads = common;
    reads.share = stage.reads.share;
    if (owner) append(statement, plan::Approve{.who = *owner});
    append(statement, reads);
    append(statement, plan::Hold{.length = stage.hold ? *stage.hold : *hold, .gates = gates},
           plan::OnFail{.then = plan::Finally::Retreat});
  }
}

std::optional<std::vector<StepChecker::RampStage>> StepChecker::read_stages(Form& form) {
  std::vector<RampStage> stages;
  for (const syntax::Expr* share = form.value(); share != nullptr;
       share = form.value_if(syntax::Mark::Comma)) {
    RampStage stage{.at = share->span};
    if (!read_share(share, stage.reads)) return std::nullopt;
    if (form.word_if("for")) {
      const syntax::Expr* length = form.value();
      if (length == nullptr) return std::nullopt;
      stage.hold = analysis_.constants.duration(*length, *scope_.module);
      if (!stage.hold) return std::nullopt;
    }
    stages.push_back(std::move(stage));
  }
  if (!form.ok()) return std::nullopt;
  return stages;
}

// M4004: whoever is on the new side stays there, so each share is larger than the one before.
bool StepChecker::grows(const std::vector<RampStage>& stages) {
  const auto whole = plan::Ratio::percent(100);
  for (std::size_t i = 1; i < stages.size(); ++i) {
    const plan::Ratio before = stages[i - 1].reads.share.value_or(whole);
    const plan::Ratio now = stages[i].reads.share.value_or(whole);
    if (before < now) continue;
    analysis_.diagnostics
        .report(stages[i].at, diag::WrongRamp,
                before == now
                    ? fmt::format("the share of {} stands here twice", print(now))
                    : fmt::format("the share goes down, from {} to {}", print(before), print(now)))
        .label(stages[i - 1].at, "the share before")
        .help("shares of a ramp grow; a failed gate goes back to the one before by itself");
    return false;
  }
  return true;
}

}  // namespace mig::compiler
