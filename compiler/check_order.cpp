#include "compiler/check_order.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/prove/prove.hpp"

namespace mig::compiler {
namespace {

using plan::Side;
using plan::StepId;
using prove::Fault;
using prove::Harm;

class OrderChecker {
 public:
  OrderChecker(const OrderedView& ordered, Diagnostics& diagnostics)
      : ordered_(ordered),
        plan_(ordered.plan()),
        facts_(ordered.facts),
        diagnostics_(diagnostics) {}

  void check() {
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const StepId step{i};
      const plan::Action& action = plan_.at(step).action;
      // One mistake, one message.
      if (diagnostics_.has_error_at(span(step))) continue;
      if (std::holds_alternative<plan::Copy>(action)) check_copy(step);
      if (const auto* reads = std::get_if<plan::RouteReads>(&action)) check_reads(step, *reads);
      if (const auto* writes = std::get_if<plan::RouteWrites>(&action)) check_writes(step, *writes);
      if (const auto* drop = std::get_if<plan::Drop>(&action)) check_drop(step, *drop);
      if (const auto* create = std::get_if<plan::Create>(&action)) check_made(step, *create);
      check_narrowing(step);
    }
  }

 private:
  syntax::Span span(StepId step) const { return ordered_.span(step); }
  const Facts& before(StepId step) const { return facts_.before.at(step.index); }

  void show(const std::set<Harm>& harms, Fault fault, Report report) const {
    show_harm(ordered_.view, ordered_.step_spans, harms, fault, report);
  }
  // The smallest thing that has to go wrong beside the plan.
  void show_misses(std::initializer_list<Fault> faults, Report report) const {
    const std::set<Harm> harms{Harm::ReadMisses, Harm::ReadUncopied, Harm::ReadLeftover};
    for (const Fault fault : faults) {
      if (show_harm(ordered_.view, ordered_.step_spans, harms, fault, report)) return;
    }
  }

  bool moves_traffic() const {
    return std::ranges::any_of(plan_.steps, [&](const plan::Step& step) {
      const auto* reads = std::get_if<plan::RouteReads>(&step.action);
      const auto* writes = std::get_if<plan::RouteWrites>(&step.action);
      return (reads != nullptr && reads->to == Side::New) ||
             (writes != nullptr && writes->to == Side::New);
    });
  }

  // Whether both sides are made equal, row by row, while nobody writes, and after that copy.
  bool is_settled_later(StepId copy) const {
    for (std::uint32_t i = copy.index + 1; i < plan_.steps.size(); ++i) {
      const auto* verify = std::get_if<plan::Verify>(&plan_.steps[i].action);
      const bool mends = verify != nullptr && verify->repair && !verify->sample;
      if (mends && before(StepId{i}).writes.authority == Side::None) return true;
    }
    return false;
  }

  // M4001: what is written while a copy runs, and after it, has to reach the new side.
  void check_copy(StepId step) {
    if (before(step).reaches_new() || !moves_traffic() || is_settled_later(step)) return;
    auto report =
        diagnostics_.report(span(step), diag::CopiedTooEarly,
                            "this copy begins while what clients write does not reach `new`");
    report.help("let the new side follow first: `writes old, new { … }`")
        .help("or stop the writes first: `accept all_at_once \"why\"`, then `writes none`");
    show_misses({Fault::None, Fault::ComparisonErrs}, report);
  }

  // M4002: nobody is sent to rows that were not compared.
  void check_proved(StepId step, std::string_view what) {
    const Facts& facts = before(step);
    if (is_refilled(plan_)) return check_fresh(step, what);
    if (has_unproved_ || facts.proved) return;
    if (plan_.are_services()) return check_asked(step, what);
    has_unproved_ = true;  // one comparison serves both reads and writes
    auto report = diagnostics_.report(
        span(step), diag::NotCompared,
        fmt::format("{}, and nothing has shown that both sides hold the same", what));
    if (facts.filled) report.label(span(*facts.filled), "the rows come from here");
    report.help(fmt::format(
        "compare before: `verify old, new {{ rows = all; repair = from_authority }}`, then "
        "`require same` with `gate same {{ require drift({}) == 0 rows; no_data = fail }}`",
        plan_.at(plan_.from).name));
    show_misses({Fault::None, Fault::CopyErrs, Fault::FollowerLoses}, report);
  }

  // M4024: what a cache holds was put there by this plan, and has had the time to expire else.
  void check_fresh(StepId step, std::string_view what) {
    if (has_unproved_) return;
    const Facts& facts = before(step);
    plan::Duration longest = plan::Duration::zero();
    bool is_made = true;
    for (const plan::DatasetId dataset : plan_.to) {
      const auto& keys = plan_.at(dataset).keys;
      if (keys && keys->ttl) longest = std::max(longest, *keys->ttl);
      is_made = is_made && facts.made.contains(dataset);
    }
    if (is_made && facts.mirrored >= longest) return;
    has_unproved_ = true;
    auto report = diagnostics_.report(
        span(step), diag::Leftovers,
        is_made ? fmt::format("{}, before what was there has expired", what)
                : fmt::format("{}, and may hold what an earlier run left", what));
    report.help(is_made ? "" : "empty it first: `purge new`");
    if (facts.mirrored < longest)
      report.help(
          fmt::format("then let both sides be written for longer than a key lives: `hold {}`",
                      plan::print(longest)));
    show({Harm::ReadLeftover}, Fault::None, report);
  }

  // Of services nobody compares rows: recorded requests are asked of both.
  void check_asked(StepId step, std::string_view what) {
    if (before(step).asked) return;
    has_unproved_ = true;
    diagnostics_
        .report(span(step), diag::NotCompared,
                fmt::format("{}, and nothing has compared its answers", what))
        .help("ask both sides first: `parity \"suite.json\"`");
  }

  void check_reads(StepId step, const plan::RouteReads& reads) {
    if (reads.to != Side::New) return;
    if (before(step).most_reads == plan::Ratio{}) check_proved(step, "`new` answers from here on");
    check_jump(step);
    check_watched(step, "these reads");
  }

  void check_writes(StepId step, const plan::RouteWrites& writes) {
    const bool leads_already = before(step).writes.authority == Side::New;
    if (writes.to != Side::New || leads_already) return;
    check_proved(step, "`new` takes the writes from here on");
    if (!plan_.through) check_jump(step);
    check_watched(step, "these writes");
  }

  // M4010: more than half of the clients at once, where going back is not one step away.
  void check_jump(StepId step) {
    const Facts& facts = before(step);
    const Facts& then = facts_.after.at(step.index);
    const auto half = plan::Ratio::percent(50).parts();
    const bool jumps = then.most_reads.parts() - facts.most_reads.parts() > half;
    const bool is_twin = then.writes.authority == Side::New && then.writes.mirror && facts.proved;
    if (!jumps || facts.accepted || is_twin) return;
    auto report = diagnostics_.report(
        span(step), diag::AllAtOnce,
        fmt::format("the reads of the new side go from {} to {} at once",
                    plan::print(facts.most_reads), plan::print(then.most_reads)));
    report.help("move them share by share: `ramp reads new 1%, 5%, 25%, 50%, 100% { … }`")
        .help("or say that it is meant: `accept all_at_once \"why\"` before it");
    show({Harm::EverybodyHit}, Fault::NewSideIsWrong, report);
  }

  // M4021: somebody looks at what clients meet, before the next of them are moved.
  void check_watched(StepId step, std::string_view what) {
    // Behind the point of no return nothing may ask any more.
    if (before(step).accepted || before(step).marker || has_unwatched_) return;
    for (std::uint32_t i = step.index + 1; i < plan_.steps.size(); ++i) {
      const Facts& then = facts_.after[i];
      if (then.moved != step) break;
      if (then.watched) return;
    }
    auto report = diagnostics_.report(
        span(step), diag::Unwatched,
        fmt::format("nothing looks at what clients meet once {} have moved", what));
    has_unwatched_ = true;  // once is enough
    if (is_of_several(step)) report.as_error();
    report.help("hold with a gate that looks at errors or latency: `hold 10m { require slo }`");
    show({Harm::EverybodyHit}, Fault::NewSideIsWrong, report);
  }

  // A ramp, or a strategy: one statement that stands for several steps, and is meant to watch them.
  bool is_of_several(StepId step) const {
    return step.index + 1 < plan_.steps.size() && span({step.index + 1}) == span(step);
  }

  bool has(const plan::Drop& drop, plan::DatasetId dataset) const {
    return std::ranges::find(drop.datasets, dataset) != drop.datasets.end();
  }

  void check_drop(StepId step, const plan::Drop& drop) {
    const Facts& facts = before(step);
    if (has(drop, plan_.from)) check_held(step);
    for (const plan::DatasetId dataset : drop.datasets) {
      const bool is_cache = plan_.at(plan_.at(dataset).store).caches.has_value();
      if (facts.backed_up.contains(dataset) || facts.made.contains(dataset) || is_cache ||
          !drop.without_backup.empty())
        continue;
      auto report =
          diagnostics_.report(span(step), diag::NoBackup,
                              fmt::format("`{}` goes without a backup", plan_.at(dataset).name));
      report.help(fmt::format("keep one: `backup {} {{ to = \"…\"; keep = 30d }}`",
                              plan_.at(dataset).name));
      if (dataset == plan_.from) show({Harm::NothingToGoTo}, Fault::WrongUnseen, report);
    }
  }

  // M4005: clients use the old side from the start.
  void check_made(StepId step, const plan::Create& create) {
    if (plan_.are_services() ||
        std::ranges::find(create.datasets, plan_.from) == create.datasets.end())
      return;
    const std::string& name = plan_.at(plan_.from).name;
    diagnostics_
        .report(span(step), diag::UsedWhenGone,
                fmt::format("`{}` is the old side, which clients use before the plan begins", name))
        .help("create the new side: `create new`");
  }

  // M4009: the old side stays until the new one has shown what it does.
  void check_held(StepId step) {
    const Facts& facts = before(step);
    if (facts.held || facts.accepted || is_refilled(plan_)) return;
    auto report =
        diagnostics_.report(span(step), diag::DroppedTooEarly,
                            "the old side goes before anybody has watched the new one for a while");
    if (facts.moved) report.label(span(*facts.moved), "the newest change of traffic");
    report.help("wait first, before the point of no return: `hold 24h { require slo }`");
    show({Harm::NothingToGoTo}, Fault::WrongOnceLeading, report);
  }

  // M4012: while clients use a table it only grows.
  void check_narrowing(StepId step) {
    const plan::Action& action = plan_.at(step).action;
    const auto* field = std::get_if<plan::DropField>(&action);
    const auto* index = std::get_if<plan::AddIndex>(&action);
    const bool narrows = field != nullptr || (index != nullptr && index->unique);
    if (!narrows) return;
    const plan::DatasetId dataset = plan::datasets_of(action).front();
    const Facts& facts = before(step);
    const bool is_new = std::ranges::find(plan_.to, dataset) != plan_.to.end();
    const bool is_used =
        (dataset == plan_.from && facts.uses_old()) || (is_new && facts.uses_new());
    if (!is_used) return;
    auto report = diagnostics_.report(
        span(step), diag::SharedTable,
        fmt::format("clients use `{}` while this makes it narrower", plan_.at(dataset).name));
    if (index != nullptr) report.help("add the index before the first client writes there");
    if (field != nullptr) report.help("drop the field when nobody uses the table any more");
    show({Harm::Narrowed}, Fault::None, report);
  }

  const OrderedView& ordered_;
  const plan::Plan& plan_;
  const FactTable& facts_;
  Diagnostics& diagnostics_;
  bool has_unproved_ = false;
  bool has_unwatched_ = false;
};

}  // namespace

void check_order(const OrderedView& ordered, Diagnostics& diagnostics) {
  OrderChecker(ordered, diagnostics).check();
}

}  // namespace mig::compiler
