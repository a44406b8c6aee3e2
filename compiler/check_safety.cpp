#include "compiler/check_safety.hpp"

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "compiler/plan/routing.hpp"
#include "compiler/plan/views.hpp"
#include "compiler/prove/prove.hpp"

namespace mig::compiler {
namespace {

using plan::StepId;
using prove::Harm;

class SafetyChecker {
 public:
  SafetyChecker(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                Diagnostics& diagnostics)
      : plan_(plan), spans_(spans), diagnostics_(diagnostics) {
    assert(spans.size() == plan.steps.size());
  }

  void check() {
    check_point_of_no_return();
    check_stale_reads();
    check_read_where_written();
    check_overwriting();
    check_committed_together();
  }

 private:
  void show(const std::set<Harm>& harms, Report report) const {
    if (show_harm(plan_, spans_, harms, prove::Fault::None, report)) return;
    show_harm(plan_, spans_, harms, prove::Fault::CopyErrs, report);
  }

  // M4006: what cannot be undone stands behind a marker, there is one marker, and it marks
  // something.
  void check_point_of_no_return() {
    std::optional<std::uint32_t> marker;
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const bool is_marker = std::holds_alternative<plan::PointOfNoReturn>(plan_.steps[i].action) &&
                             is_own(plan_, StepId{i});
      if (!is_marker) continue;
      if (marker) {
        diagnostics_
            .report(spans_[i], diag::NoWayBack,
                    "this is a second point of no return, and a plan has one")
            .label(spans_[*marker], "the first one is here")
            .help("keep the first: behind it nothing is undone");
        return;
      }
      marker = i;
    }
    const std::vector<bool> behind =
        marker ? steps_behind(plan_, StepId{*marker}) : std::vector<bool>(plan_.steps.size());
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const plan::Step& step = plan_.steps[i];
      if (!is_own(plan_, StepId{i}) || i == marker || behind[i]) continue;
      if (undo_of(plan_, step) != plan::UndoKind::None) continue;
      // The old side stays behind while the plan still promises to go back to it.
      if (marker && std::holds_alternative<plan::RouteWrites>(step.action))
        return lose_writes(i, *marker);
      auto report = diagnostics_.report(
          spans_[i], diag::NoWayBack,
          fmt::format("{} cannot be undone, and stands where the plan promises a way back",
                      describe(step)));
      if (marker) report.label(spans_[*marker], "the point of no return is here");
      report.help(
          "put `point_of_no_return \"why\"` right before the first step that cannot be undone");
      if (const auto* sql = std::get_if<plan::Sql>(&step.action); sql && !marker) {
        report.help("or say what undoes the statement: `undo = \"…\"`");
      }
      show({Harm::NoWayBack}, report);
      return;
    }
    if (marker) check_marker(*marker);
  }

  // M4003
  void lose_writes(std::uint32_t step, std::uint32_t marker) {
    auto report = diagnostics_.report(spans_[step], diag::LosesWrites,
                                      "from here on `old` misses acknowledged writes, and the plan "
                                      "still promises the way back");
    report.label(spans_[marker], "the point of no return is here")
        .help("keep the old side current until then: `writes new, old { … }`")
        .help("or put `point_of_no_return \"why\"` before this step");
    show({Harm::ReadMisses}, report);
  }

  void check_marker(std::uint32_t marker) {
    bool last = true;
    for (std::uint32_t i = marker + 1; i < plan_.steps.size(); ++i) {
      const auto& needs = plan_.steps[i].needs;
      if (std::ranges::find(needs, StepId{marker}) == needs.end()) continue;
      last = false;
      if (undo_of(plan_, plan_.steps[i]) == plan::UndoKind::None) return;
    }
    auto report =
        diagnostics_.report(spans_[marker], diag::NoWayBack,
                            last ? "nothing happens behind this point of no return"
                                 : "the step behind this point of no return can be undone");
    report.help("put it right before the first step that cannot be undone");
  }

  // M4008: the side that is no authority answers with what it was told so far. Where mig tells it,
  // it is behind; where nobody does, it misses all that is written.
  void check_stale_reads() {
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const auto* reads = std::get_if<plan::RouteReads>(&plan_.steps[i].action);
      if (reads == nullptr || reads->to != plan::Side::New || !is_own(plan_, StepId{i})) continue;
      const plan::WritesState writes = plan::writes_before(plan_, StepId{i});
      if (writes.authority != plan::Side::Old) continue;
      // Triggers write both sides in one transaction, and a router or an application that writes
      // both has done so before it acknowledges; keys that a router could not write are read from
      // the authority. Nothing that was acknowledged is missing. What a stranger writes to one side
      // only is late by what mig needs to carry it over, which nobody has promised.
      if (writes.mirror && writes.mirror != plan::WriteMode::Follow) continue;
      if (writes.mirror != plan::WriteMode::Follow) {
        auto report = diagnostics_.report(
            spans_[i], diag::StaleReads,
            "from here on `new` answers, while only `old` gets what is written");
        report.help("let the new side follow first: `writes old, new { mode = follow }`")
            .help("or stop the writes: `writes none`");
        show({Harm::ReadMisses, Harm::ReadUncopied}, report);
        continue;
      }
      const auto& mirror = std::get<plan::RouteWrites>(plan_.at(*writes.forward).action);
      if (reads->stale_ok >= mirror.max_lag.value_or(plan::Duration::zero())) continue;
      auto report = diagnostics_.report(
          spans_[i], diag::StaleReads,
          reads->stale_ok > plan::Duration::zero()
              ? fmt::format("`new` may be {} behind, and these reads allow {}",
                            plan::print(*mirror.max_lag), plan::print(reads->stale_ok))
              : fmt::format("`new` may be {} behind, and these reads do not say how much "
                            "they allow",
                            plan::print(*mirror.max_lag)));
      report.label(spans_[writes.forward->index], "from here on `new` follows")
          .help(fmt::format("say how old an answer may be: `stale_ok = {}`",
                            plan::print(*mirror.max_lag)))
          .help("or let the new side follow more closely: `max_lag = …`");
      show({Harm::ReadLate}, report);
    }
  }

  // M4008: where the new side is the authority of some keys, these are read from it.
  void check_read_where_written() {
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const auto* writes = std::get_if<plan::RouteWrites>(&plan_.steps[i].action);
      if (writes == nullptr || !writes->share || !is_own(plan_, StepId{i})) continue;
      const auto reads = plan::route_before<plan::RouteReads>(plan_, StepId{i});
      const bool is_same_hash =
          !reads.share || (reads.by == writes->by && reads.by_request == writes->by_request);
      const auto whole = plan::Ratio::percent(100);
      const bool covers = reads.to == plan::Side::New && reads.where.empty() && is_same_hash &&
                          reads.share.value_or(whole) >= *writes->share;
      if (covers) continue;
      diagnostics_
          .report(spans_[i], diag::StaleReads,
                  fmt::format("`new` becomes the authority of {} of the keys, and reads go to {}",
                              plan::print(*writes->share), plan::print(plan_, reads)))
          .help(fmt::format("let `new` answer at least as much before: `reads new {}`",
                            plan::print(*writes->share)));
      return;
    }
  }

  // M4013: where clients write to the new side a copy brings back what they have deleted there;
  // where what they write comes there as well, one that overwrites rows puts an older one over a
  // newer.
  void check_overwriting() {
    bool leads = false;
    bool is_written = false;
    std::uint32_t since = 0;
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      if (!is_own(plan_, StepId{i})) continue;
      const plan::Step& step = plan_.steps[i];
      if (const auto* writes = std::get_if<plan::RouteWrites>(&step.action)) {
        leads = writes->to == plan::Side::New;
        is_written = leads || writes->mirror.has_value();
        since = i;
      }
      const auto* copy = std::get_if<plan::Copy>(&step.action);
      if (copy == nullptr) continue;
      if (!leads && !(is_written && overwrites(copy->on_conflict))) continue;
      auto report = diagnostics_.report(spans_[i], diag::OverwritesNewer);
      report.label(spans_[since], "from here on what clients write comes to `new`")
          .help(leads ? "copy before the writes move" : "write `on_conflict = keep`");
      show({Harm::ReadMisses, Harm::ReadUncopied}, report);
    }
  }

  // M4014: the rows of a page and the note of how far the copy is are one transaction, or a resume
  // would repeat or skip some; two files have no transaction in common.
  void check_committed_together() {
    const auto apart = std::ranges::find_if(plan_.to, [&](plan::DatasetId dataset) {
      return are_apart(plan_.at(plan_.to.front()).store, plan_.at(dataset).store);
    });
    if (apart == plan_.to.end()) return;
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      if (!std::holds_alternative<plan::Copy>(plan_.steps[i].action) || !is_own(plan_, StepId{i}))
        continue;
      const plan::Dataset& first = plan_.at(plan_.to.front());
      const plan::Dataset& other = plan_.at(*apart);
      auto report = diagnostics_.report(spans_[i], diag::CopyInParts);
      report
          .note(fmt::format("`{}` stands in the store `{}`, `{}` in `{}`", first.name,
                            plan_.at(first.store).name, other.name, plan_.at(other.store).name))
          .help("put the datasets of `to` into one store, or write a plan for each store");
      const std::set<Harm> harms{Harm::ReadMisses};
      if (!show_harm(plan_, spans_, harms, prove::Fault::None, report))
        show_harm(plan_, spans_, harms, prove::Fault::ComparisonErrs, report);
      return;
    }
  }

  // True only where it is certain: whether a secret, or a path from the root and one from the plan
  // file, mean the same file is seen when the run starts.
  bool are_apart(plan::StoreId left, plan::StoreId right) const {
    const plan::Location& one = plan_.at(left).location;
    const plan::Location& other = plan_.at(right).location;
    if (left == right || one.secret || other.secret) return false;
    const std::filesystem::path first(one.text);
    const std::filesystem::path second(other.text);
    return first.is_absolute() == second.is_absolute() &&
           first.lexically_normal() != second.lexically_normal();
  }

  static std::string describe(const plan::Step& step) {
    return fmt::format("`{}`", name(step.action));
  }

  const plan::Plan& plan_;
  const std::vector<syntax::Span>& spans_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_safety(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                  Diagnostics& diagnostics) {
  SafetyChecker(plan, spans, diagnostics).check();
}

}  // namespace mig::compiler
