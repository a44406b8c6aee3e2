#include "runtime/cli/preview/estimates.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/facts.hpp"
#include "compiler/plan/routing.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/cli/observers.hpp"
#include "runtime/cli/preview/words.hpp"
#include "runtime/openings.hpp"

namespace mig::cli {
namespace {

using Length = std::optional<ShownTime>;

constexpr std::string_view kByPlan = "the plan says so";

Length said(plan::Duration length, Bound bound = Bound::Exactly) {
  return ShownTime{length, bound, Certainty::Fact, std::string(kByPlan)};
}
// One small transaction, or a document that is written.
Length at_once() {
  return ShownTime{std::chrono::seconds(1), Bound::AtMost, Certainty::Estimate,
                   "one small transaction"};
}

plan::Duration whole_seconds(plan::Duration length) {
  return std::chrono::ceil<std::chrono::seconds>(length);
}

class Lengths {
 public:
  Lengths(const plan::Plan& view, std::size_t position, const Preflight* live)
      : view_(view), live_(live) {
    if (live == nullptr || live->samples.size() <= position) return;
    const runtime::RowSample& sample = live->samples[position];
    if (sample.read > 0 && sample.took > plan::Duration::zero()) sample_ = &sample;
  }

  Length of(plan::StepId id) const {
    return std::visit([&](const auto& action) { return length(action, id); }, view_.at(id).action);
  }

 private:
  std::optional<std::int64_t> counted(plan::DatasetId dataset) const {
    if (live_ == nullptr || live_->datasets.empty()) return std::nullopt;
    return live_->datasets.at(dataset.index).counted.rows;
  }

  // So many rows, no faster than the sample was carried over.
  Length by_sample(plan::DatasetId dataset, std::int64_t times, std::string_view what) const {
    if (sample_ == nullptr || !counted(dataset)) return std::nullopt;
    const plan::RowCount rows{*counted(dataset)};
    const plan::RowRate speed{sample_->read, sample_->took};
    return ShownTime{whole_seconds(times * (rows / speed)), Bound::AtLeast, Certainty::Estimate,
                     fmt::format("{} rows at {} rows/s, the speed of the sample{}",
                                 grouped(rows.value), grouped(per_second(*sample_)), what)};
  }

  Length length(const plan::Copy& it, plan::StepId) const {
    if (view_.are_services() || !counted(view_.from)) return std::nullopt;
    const plan::RowCount rows{*counted(view_.from)};
    switch (it.pace.kind) {
      case plan::PaceKind::Limited:
        // How large the rows are nobody has counted.
        if (it.pace.rate.rows == 0) {
          return by_sample(
              view_.from, 1,
              fmt::format(", writing and the limit of {} left out", print(*it.pace.bytes)));
        }
        return ShownTime{whole_seconds(rows / it.pace.rate), Bound::AtLeast, Certainty::Estimate,
                         fmt::format("{} rows at {}, as fast as the plan lets it",
                                     grouped(rows.value), print(it.pace.rate))};
      case plan::PaceKind::Polite:
        return by_sample(view_.from, 2, ", with a pause as long after each write");
      case plan::PaceKind::Full:
        return by_sample(view_.from, 1, ", writing left out");
    }
    return std::nullopt;
  }
  Length length(const plan::Verify& it, plan::StepId) const {
    if (view_.are_services() || it.sample) return std::nullopt;
    return by_sample(view_.from, 1, ", reading the other side left out");
  }
  Length length(const plan::Backup& it, plan::StepId) const {
    return it.datasets.empty() ? std::nullopt
                               : by_sample(it.datasets.front(), 1, ", writing left out");
  }
  // A gate that compares the sides takes a comparison of its own, and as long as it is written.
  Length length(const plan::Hold& it, plan::StepId) const {
    const bool compares = std::ranges::any_of(
        it.gates, [&](plan::GateId gate) { return compiler::compares_sides(view_, gate); });
    if (!it.required || !compares) return said(it.length);
    auto comparison = by_sample(view_.from, 1, ", reading the other side left out");
    if (comparison) comparison->ns = std::max(comparison->ns, it.length);
    return comparison;
  }
  Length length(const plan::RouteWrites& it, plan::StepId id) const {
    if (it.to == plan::Side::None) return at_once();
    const plan::Duration pause = plan::longest_pause(view_, id);
    return pause > plan::Duration::zero() ? said(pause, Bound::AtMost) : at_once();
  }
  Length length(const plan::Rehearse&, plan::StepId id) const {
    const plan::Duration pause = plan::longest_pause(view_, id);
    return pause > plan::Duration::zero() ? said(2 * pause, Bound::AtMost) : at_once();
  }
  static Length length(const plan::Drop& it, plan::StepId) {
    return it.after_idle ? said(*it.after_idle, Bound::AtLeast) : at_once();
  }
  // A person, a statement that only its author knows, and requests that nobody has counted.
  static Length length(const plan::Approve&, plan::StepId) { return std::nullopt; }
  static Length length(const plan::Sql&, plan::StepId) { return std::nullopt; }
  static Length length(const plan::Parity&, plan::StepId) { return std::nullopt; }
  static Length length(const plan::Capture&, plan::StepId) { return std::nullopt; }
  static Length length(const plan::Leave&, plan::StepId) { return at_once(); }
  static Length length(const plan::Create&, plan::StepId) { return at_once(); }
  static Length length(const plan::AddField&, plan::StepId) { return at_once(); }
  static Length length(const plan::AddIndex&, plan::StepId) { return at_once(); }
  static Length length(const plan::DropField&, plan::StepId) { return std::nullopt; }
  static Length length(const plan::Purge&, plan::StepId) { return at_once(); }
  static Length length(const plan::RouteReads&, plan::StepId) { return at_once(); }
  static Length length(const plan::Shadow&, plan::StepId) { return at_once(); }
  static Length length(const plan::Freeze&, plan::StepId) { return at_once(); }
  static Length length(const plan::Accept&, plan::StepId) { return said({}); }
  static Length length(const plan::PointOfNoReturn&, plan::StepId) { return said({}); }

  const plan::Plan& view_;
  const Preflight* live_;
  const runtime::RowSample* sample_ = nullptr;
};

// Where the authority goes back, nobody writes until the other side has caught up.
plan::Duration drain(const plan::Plan& view, plan::StepId id) {
  const auto* writes = std::get_if<plan::RouteWrites>(&view.at(id).action);
  const bool moved = writes != nullptr && writes->to == plan::Side::New &&
                     plan::writes_before(view, id).authority != plan::Side::New;
  if (!moved) return {};
  return plan::longest_pause(view, id) + writes->max_lag.value_or(plan::Duration::zero());
}

// What a sum of lengths leaves out: people by their names, the rest by its phase.
void leave_out(const plan::Plan& plan, plan::StepId id, std::vector<std::string>& names) {
  const auto* approve = std::get_if<plan::Approve>(&plan.at(id).action);
  std::string name =
      approve != nullptr ? "the approval of " + approve->who : plan.at(plan.at(id).phase).name;
  if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
}

}  // namespace

std::int64_t per_second(const runtime::RowSample& sample) {
  const auto second = plan::Duration(std::chrono::seconds(1));
  const plan::RowCount in_a_second{second / std::max(sample.took / sample.read, plan::Duration(1))};
  return std::max<std::int64_t>(1, in_a_second.value);
}

std::vector<Length> lengths_of(const plan::Plan& plan, const Preflight* live) {
  const plan::Views views(plan);
  std::vector<Length> lengths;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const plan::StepId id{i};
    const auto resource = plan.resource_of(id);
    lengths.push_back(Lengths(views.of(id), resource ? resource->index : 0, live).of(id));
  }
  return lengths;
}

std::vector<Length> ways_back(const plan::Plan& plan) {
  const plan::Views views(plan);
  std::vector<Length> ways;
  plan::Duration sum{};
  std::size_t steps = 0;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const plan::StepId id{i};
    const plan::Plan& view = views.of(id);
    const auto marker = point_of_no_return(plan, plan.resource_of(id));
    if (marker && (*marker == id || steps_behind(plan, *marker)[i])) {
      ways.emplace_back();
      continue;
    }
    if (undo_of(view, plan.at(id)) == plan::UndoKind::Inverse) {
      ++steps;
      sum += std::chrono::seconds(1) + drain(view, id);
    }
    ways.push_back(ShownTime{sum, Bound::AtLeast, Certainty::Estimate,
                             fmt::format("{} to undo, and until the old side has caught up",
                                         steps == 1 ? "1 step" : fmt::format("{} steps", steps))});
  }
  return ways;
}

runtime::Result<ShownFinish> finish_of(const plan::Plan& plan, const std::vector<Length>& lengths,
                                       runtime::Instant now) {
  ShownFinish finish;
  finish.takes =
      ShownTime{{}, Bound::AtLeast, Certainty::Estimate, "the longest way through the steps"};
  std::vector<runtime::Instant> ends;
  std::optional<runtime::Instant> marker;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const plan::Step& step = plan.steps[i];
    runtime::Instant begins = now;
    for (const plan::StepId need : step.needs)
      begins = std::max(begins, ends[need.index]);
    if (const auto& window = plan.at(step.phase).window) {
      MIG_ASSIGN(opens, runtime::next_use(*window, begins, runtime::Duration::zero()));
      if (opens) begins = std::max(begins, *opens);
    }
    if (!lengths[i]) leave_out(plan, plan::StepId{i}, finish.without);
    // What takes less than a moment is no part of a sum of hours.
    const bool counts = lengths[i] && lengths[i]->bound != Bound::AtMost;
    ends.push_back(begins + std::chrono::ceil<std::chrono::microseconds>(
                                counts ? lengths[i]->ns : plan::Duration::zero()));
    const bool is_marker = std::holds_alternative<plan::PointOfNoReturn>(step.action);
    if (is_marker && (!marker || begins < *marker)) marker = begins;
  }
  const auto last = std::ranges::max_element(ends);
  if (last != ends.end()) finish.takes.ns = whole_seconds(*last - now);
  if (marker) finish.point_of_no_return = to_the_second(*marker);
  return finish;
}

}  // namespace mig::cli
