// `ramp`: reads or writes move share by share, and each share has to hold before the next one.
//
// It becomes the steps that it stands for: reads, hold, reads, hold, …
#include <fmt/format.h>

#include "compiler/step_checker.hpp"
#include "compiler/told_run.hpp"

namespace mig::compiler {

// `ramp reads new 1% for 1d, 25%, 100% { hold = 10m; require = slo; stale_ok = 5s }`
void StepChecker::ramp(const syntax::Statement& statement) {
  const Attributes attributes(statement, *row_, analysis_.diagnostics);
  Form form(statement, row_->form, analysis_.diagnostics);
  attributes_ = &attributes;
  const auto is_writes = route(form, statement, "writes");
  if (!is_writes) return;
  if (*is_writes) return ramp_writes(statement, form);
  const auto is_reads = route(form, statement, "reads");
  if (!is_reads) return;
  if (!*is_reads) return form.misfit();
  ramp_reads(statement, form);
}

void StepChecker::ramp_reads(const syntax::Statement& statement, Form& form) {
  if (!form.word("new") || !has_none_of("ramp reads", {"mode", "max_pause"})) return;
  plan::RouteReads common{.to = plan::Side::New};
  if (!read_where(form, common)) return;
  const auto stages = read_stages(form);
  if (stages && form.ok()) form.end();
  if (!stages || !form.ok() || !attributes_->ok()) return;
  std::optional<plan::Duration> stale_ok;
  if (!read_duration("stale_ok", stale_ok) || !read_hash(common.by, common.by_request, true) ||
      !read_fallback(common) || !grows(*stages)) {
    return;
  }
  common.stale_ok = stale_ok.value_or(plan::Duration::zero());
  const auto watch = read_watch(*stages);
  if (!watch || !is_routed(statement, stages->front().reads)) return;
  for (const RampStage& stage : *stages) {
    plan::RouteReads reads = common;
    reads.share = stage.reads.share;
    if (watch->owner) append(statement, plan::Approve{.who = *watch->owner});
    append(statement, reads);
    append(statement,
           plan::Hold{.length = stage.hold ? *stage.hold : *watch->hold, .gates = watch->gates},
           plan::OnFail{.then = plan::Finally::Retreat});
  }
}

// `ramp writes new 1%, 25%, 100% { hold = 10m; require = slo; mode = sync }`
void StepChecker::ramp_writes(const syntax::Statement& statement, Form& form) {
  if (!form.word("new") || !has_none_of("ramp writes", {"stale_ok", "fallback"})) return;
  const auto stages = read_stages(form);
  if (stages && form.ok()) form.end();
  if (!stages || !form.ok() || !attributes_->ok() || !grows(*stages)) return;
  plan::RouteWrites common{.to = plan::Side::New};
  const auto before = writes_before();
  if (before.authority != plan::Side::Old) {
    analysis_.diagnostics.report(statement.span, diag::WrongForm, "ramp writes")
        .note("here the writes do not go to `old`")
        .help("a plan moves them once: all together, or share by share");
    return;
  }
  if (!read_mode(statement, true, common) || !may_lead_back(statement, before.authority) ||
      !read_limit("max_pause", true, "ramp writes", common.max_pause) ||
      !read_hash(common.by, common.by_request, true)) {
    return;
  }
  complete(common, true);
  const auto watch = read_watch(*stages);
  if (!watch) return;
  for (const RampStage& stage : *stages) {
    plan::RouteWrites writes = common;
    writes.share = stage.reads.share;
    if (!writes.share) {
      writes.by.clear();
      writes.by_request.clear();
    }
    if (!may_take_part(stage.at, writes)) return;
    if (watch->owner) append(statement, plan::Approve{.who = *watch->owner});
    append(statement, writes);
    append(statement,
           plan::Hold{.length = stage.hold ? *stage.hold : *watch->hold, .gates = watch->gates});
  }
}

// The gates that each share has to pass, for how long, and who says yes to it.
std::optional<StepChecker::RampWatch> StepChecker::read_watch(
    const std::vector<RampStage>& stages) {
  RampWatch watch;
  if (!read_duration("hold", watch.hold)) return std::nullopt;
  const syntax::Expr& gates = *attribute("require");
  watch.gates = check_gate_names(analysis_, scope_, gates);
  if (watch.gates.empty() || !can_judge(watch.gates, gates.span)) return std::nullopt;
  if (const syntax::Expr* approve = attribute("approve")) {
    watch.owner = analysis_.constants.text(*approve, *scope_.module);
    if (!watch.owner) return std::nullopt;
  }
  for (const RampStage& stage : stages) {
    if (stage.hold || watch.hold) continue;
    analysis_.diagnostics.report(stage.at, diag::MissingPart, "ramp", "hold")
        .help("say how long each share is watched: `hold = 10m`, or `5% for 10m`");
    return std::nullopt;
  }
  return watch;
}

// Attributes that belong to another form of the same word.
bool StepChecker::has_none_of(std::string_view owner,
                              std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const WrittenAttribute* written = attributes_->find(name);
    if (written == nullptr) continue;
    analysis_.diagnostics.report(written->statement->word.span, diag::UnknownAttribute, owner,
                                 name);
    return false;
  }
  return true;
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
    auto report = analysis_.diagnostics.report(
        stages[i].at, diag::WrongRamp,
        before == now
            ? fmt::format("the share of {} stands here twice", print(now))
            : fmt::format("the share goes down, from {} to {}", print(before), print(now)));
    report.label(stages[i - 1].at, "the share before")
        .help("shares of a ramp grow; a failed gate goes back to the one before by itself");
    const std::string& phase = analysis_.plan.at(phase_).name;
    ToldRun run;
    run.mig(phase, fmt::format("reads new {}", print(before)), stages[i - 1].at)
        .other("app", "READ row 7 from new")
        .mig(phase, fmt::format("reads new {}", print(now)), stages[i].at)
        .other("app", before == now ? "READ row 7 from new" : "READ row 7 from old");
    run.tell(report, before == now ? "nobody is moved at 3, and a gate looks at what it has seen"
                                   : "a client that was answered by `new` at 2 is sent back at 4");
    return false;
  }
  return true;
}

}  // namespace mig::compiler
