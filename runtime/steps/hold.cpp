// `hold` and `require`: waits while its gates are judged, each time its cadence has passed.
//
// The clock of a hold counts observed time only: it starts again after a look that saw nothing, and
// a reconciliation that a gate needs is done here, in slices, when the look is due. While the run
// follows, what was touched since is compared again before every look, and all of it once a day.
#include <algorithm>
#include <cassert>
#include <optional>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "runtime/data/reconcile.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/gates/look.hpp"
#include "runtime/gates/metric_sources.hpp"
#include "runtime/steps/comparison.hpp"
#include "runtime/steps/hold_cursor.hpp"
#include "runtime/steps/touched_check.hpp"
#include "runtime/steps/waiting.hpp"

namespace mig::runtime {
namespace {

Instant::duration to_micros(plan::Duration duration) {
  return std::chrono::duration_cast<Instant::duration>(duration);
}

constexpr auto kWholeEvery = std::chrono::hours(24);

class HoldStep final : public Step {
 public:
  HoldStep(const plan::Hold& action, plan::StepId id) : action_(action), id_(id) {}

  Result<Outcome> advance(World& world) override {
    const std::int64_t now = world.clock.now().time_since_epoch().count();
    HoldCursor cursor = HoldCursor::parse(world.state.at(id_).cursor);
    if (cursor.since == 0) cursor.since = now;
    if (action_.gates.empty()) return wait_or_end(world, cursor, {});
    const Instant next = due(world, cursor);
    if (next > world.clock.now()) return waiting(cursor, next, "for the next look of its gates");
    if (watches_drift(world.plan, action_)) {
      MIG_ASSIGN(is_compared, compare_slice(world, cursor));
      if (!is_compared) return Outcome{More{cursor.print(), {}, 0}, {}};
    }
    return look(world, cursor);
  }

  Result<Outcome> undo(World&) override { return Outcome{Done{"nothing to undo", {}}, {}}; }

 private:
  Outcome waiting(const HoldCursor& cursor, Instant until, std::string why) const {
    return Outcome{WaitUntil{until, cursor.print(), std::move(why)}, {}};
  }

  // The shortest cadence of all gates decides when to look.
  plan::Duration cadence(const World& world) const {
    plan::Duration every = plan::Duration::max();
    for (const plan::GateId id : action_.gates)
      every = std::min(every, world.plan.at(id).every);
    return every;
  }

  Instant due(const World& world, const HoldCursor& cursor) const {
    if (cursor.looked > 0) {
      // The end of the hold is judged too, whatever the cadence.
      const Instant looked(std::chrono::microseconds(cursor.looked));
      const Instant end =
          Instant(std::chrono::microseconds(cursor.since)) + to_micros(action_.length);
      const Instant next = looked + to_micros(cadence(world));
      return end > looked ? std::min(next, end) : next;
    }
    plan::Duration warmup = plan::Duration::zero();
    for (const plan::GateId id : action_.gates)
      warmup = std::max(warmup, world.plan.at(id).warmup);
    return Instant(std::chrono::microseconds(cursor.since)) + to_micros(warmup);
  }

  // The summary of the comparison that still holds: the newest step that touched data is a whole
  // comparison that had nothing to repair.
  std::optional<std::string> newest_comparison(const World& world) const {
    const plan::StepState* newest = nullptr;
    const plan::Step* step = nullptr;
    for (std::uint32_t i = 0; i < world.plan.steps.size(); ++i) {
      if (!world.plan.sees(plan::StepId{i})) continue;
      const plan::StepState& state = world.state.steps[i];
      const bool is_newer = newest == nullptr || state.started > newest->started;
      if (state.started == 0 || !is_newer || !touches_data(world.plan.steps[i].action)) continue;
      newest = &state;
      step = &world.plan.steps[i];
    }
    if (step == nullptr || !std::holds_alternative<plan::Verify>(step->action)) return std::nullopt;
    const bool is_whole = newest->status == plan::StepStatus::Done &&
                          newest->summary.find("; complete") != std::string::npos &&
                          newest->summary.find("repaired") == std::string::npos;
    const Instant began(std::chrono::microseconds(newest->started_at));
    const bool is_old = !action_.required && world.clock.now() - began >= kWholeEvery;
    return is_whole && !is_old ? std::optional(newest->summary) : std::nullopt;
  }

  static bool touches_data(const plan::Action& action) {
    return !std::holds_alternative<plan::Hold>(action) &&
           !std::holds_alternative<plan::Approve>(action) &&
           !std::holds_alternative<plan::Accept>(action) &&
           !std::holds_alternative<plan::RouteReads>(action) &&
           !std::holds_alternative<plan::Backup>(action) &&
           !std::holds_alternative<plan::PointOfNoReturn>(action);
  }

  bool is_known(const World& world) const {
    if (is_gone_by_) return false;
    if (reconciled_) return world.clock.now() - reconciled_at_ < kWholeEvery;
    return newest_comparison(world).has_value();
  }

  // True when both sides are compared as far as this look needs it.
  Result<bool> compare_slice(World& world, HoldCursor& cursor) {
    const auto stream = plan::stream(world.plan, world.state);
    is_unwatched_ = !stream && plan::writes_before(world.plan, id_).follows();
    if (!is_known(world)) {
      MIG_TRY(reconcile_slice(world, stream));
      return false;
    }
    if (!stream) {
      touched_.reset();
      return true;
    }
    const std::int64_t log = stream->followed().index;
    if (!touched_ || touched_log_ != log) {
      MIG_TRY(open_touched(world, *stream, cursor.log == log ? cursor.checked : kBeforeAll));
    }
    assert(touched_.has_value());
    MIG_ASSIGN(is_judged, touched_->advance(world));
    if (!is_judged) return false;
    is_gone_by_ = touched_->has_gap();
    if (is_gone_by_) return false;
    cursor.log = log;
    cursor.checked = touched_->checked();
    return true;
  }

  Result<void> open_touched(World& world, const plan::WritesState& stream, std::int64_t since) {
    touched_.reset();
    MIG_ASSIGN(opened, TouchedCheck::open(world, id_, stream, since));
    touched_.emplace(std::move(opened));
    touched_log_ = stream.followed().index;
    return {};
  }

  // What is touched from its beginning on is looked at again behind it.
  Result<void> reconcile_slice(World& world, const std::optional<plan::WritesState>& stream) {
    if (!comparison_) {
      touched_.reset();
      if (stream) {
        MIG_ASSIGN(carried, carried_up_to(world, *stream));
        MIG_TRY(open_touched(world, *stream, carried));
      }
      comparison_.emplace(world, id_, std::nullopt);
    }
    MIG_ASSIGN(is_done, comparison_->advance(world));
    if (!is_done) return {};
    reconciled_ = comparison_->result();
    is_gone_by_ = false;
    reconciled_at_ = world.clock.now();
    comparison_.reset();
    return {};
  }

  // Rows that were found different since the whole comparison count in addition to its own.
  Sample drift_of(const plan::DatasetReading& reading, const World& world) const {
    if (is_unwatched_) return Sample{Taken::NoData, 0, "the writes are on their way"};
    const std::string summary = reconciled_ ? print_summary(world.plan, *reconciled_)
                                            : newest_comparison(world).value_or(std::string());
    const bool is_source = reading.dataset == world.plan.from;
    const auto rows =
        parse_drift(summary, is_source ? "source" : world.plan.at(reading.dataset).name);
    if (!rows) return Sample{Taken::NoData, 0, "not compared yet"};
    const std::string found = reconciled_ ? "compared now" : "as `verify` found";
    std::int64_t since = 0;
    if (touched_) since = is_source ? touched_->rows() : touched_->rows_of(reading.dataset);
    if (since == 0) return Sample{Taken::Value, *rows, found};
    return Sample{Taken::Value, *rows + since,
                  fmt::format("{}, and {} of those touched since", found, since)};
  }

  Look judge_gate(World& world, const plan::Gate& gate) const {
    const Instant oldest = world.clock.now() - 2 * to_micros(gate.every);
    return look_at_gate(world.plan, gate, [&](const plan::Reading& reading) {
      return taken(reading, world, oldest);
    });
  }

  Sample taken(const plan::Reading& reading, World& world, Instant oldest) const {
    return is_drift(reading) ? drift_of(std::get<plan::DatasetReading>(reading), world)
                             : take_reading(reading, world, oldest);
  }

  // A person may say that missing data is no reason to wait.
  bool is_waived(const World& world, const plan::Gate& gate) const {
    return std::ranges::any_of(world.state.approvals, [&](const plan::Approval& approval) {
      return approval.without_data && approval.step == id_ && approval.evidence == gate.name;
    });
  }

  Result<Outcome> look(World& world, HoldCursor cursor) {
    std::vector<plan::GateJudged> judged;
    Verdict worst = Verdict::Pass;
    const plan::Gate* worst_gate = nullptr;
    std::string worst_line;
    for (const plan::GateId id : action_.gates) {
      const plan::Gate& gate = world.plan.at(id);
      Look seen = judge_gate(world, gate);
      const bool is_absent =
          seen.verdict == Verdict::NoData || seen.verdict == Verdict::SourceError;
      if (is_absent && is_waived(world, gate)) {
        seen.verdict = Verdict::Pass;
        seen.lines.emplace_back("a person accepted that there is no data");
      }
      judged.push_back(plan::GateJudged{id_, id, std::string(name(seen.verdict)), seen.lines});
      if (worst_gate == nullptr || seen.verdict > worst) {
        worst = seen.verdict;
        worst_gate = &gate;
        worst_line =
            seen.lines.empty() ? std::string() : fmt::format("{}", fmt::join(seen.lines, "; "));
      }
    }
    cursor.looked = world.clock.now().time_since_epoch().count();
    auto outcome = decide(world, cursor, worst, *worst_gate, worst_line);
    outcome.judged = std::move(judged);
    return outcome;
  }

  Outcome decide(World& world, HoldCursor& cursor, Verdict verdict, const plan::Gate& gate,
                 const std::string& line) const {
    if (verdict == Verdict::Pass) {
      cursor.missing = 0;
      return wait_or_end(world, cursor, line);
    }
    if (verdict == Verdict::Fail) {
      return Outcome{
          Failed{plan::Trouble::Breach, fmt::format("gate {} failed: {}", gate.name, line)}, {}};
    }
    // Nothing was seen: the clock of the hold starts again when something is.
    if (cursor.missing == 0) cursor.missing = cursor.looked;
    cursor.since = cursor.looked;
    const bool is_silent = verdict == Verdict::NoData;
    const plan::Absence& absence = is_silent ? gate.no_data : gate.source_error;
    const plan::Trouble trouble = is_silent ? plan::Trouble::NoData : plan::Trouble::SourceError;
    const auto missing = std::chrono::microseconds(cursor.looked - cursor.missing);
    if (missing >= absence.after) {
      return Outcome{Failed{trouble, fmt::format("gate {} sees nothing: {}", gate.name, line),
                            absence.then == plan::Then::Pause},
                     {}};
    }
    const Instant next =
        std::min(Instant(std::chrono::microseconds(cursor.looked)) + to_micros(gate.every),
                 Instant(std::chrono::microseconds(cursor.missing)) + to_micros(absence.after));
    return waiting(cursor, next, fmt::format("gate {} sees nothing yet: {}", gate.name, line));
  }

  Outcome wait_or_end(const World& world, const HoldCursor& cursor, const std::string& line) const {
    const Instant end =
        Instant(std::chrono::microseconds(cursor.since)) + to_micros(action_.length);
    if (world.clock.now() >= end) {
      return Outcome{
          Done{line.empty() ? fmt::format("held for {}", plan::print(action_.length)) : line, {}},
          {}};
    }
    if (action_.gates.empty())
      return waiting(cursor, end, fmt::format("until {} have passed", plan::print(action_.length)));
    const Instant next =
        Instant(std::chrono::microseconds(cursor.looked)) + to_micros(cadence(world));
    return waiting(cursor, std::min(next, end), fmt::format("until {}", print(end)));
  }

  plan::Hold action_;
  plan::StepId id_;
  std::optional<Comparison> comparison_;
  std::optional<Reconciliation> reconciled_;
  Instant reconciled_at_{};
  std::optional<TouchedCheck> touched_;
  bool is_gone_by_ = false;  // what was touched since the last comparison is not known any more
  std::int64_t touched_log_ = -1;  // the step whose log that reads
  bool is_unwatched_ = false;      // nobody can say now what is on both sides
};

}  // namespace

std::unique_ptr<Step> make_hold(const plan::Hold& action, plan::StepId id) {
  return std::make_unique<HoldStep>(action, id);
}

}  // namespace mig::runtime
