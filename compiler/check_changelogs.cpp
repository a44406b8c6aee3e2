#include "compiler/check_changelogs.hpp"

#include <cassert>

#include <fmt/format.h>

#include "compiler/prove/prove.hpp"

namespace mig::compiler {
namespace {

using plan::StepId;
using prove::Fault;
using prove::Harm;

// A wait that somebody may sleep through; nothing: it ends when a person says so.
struct Wait {
  std::optional<plan::Duration> length;
};

std::optional<Wait> wait_of(const plan::Action& action) {
  if (const auto* hold = std::get_if<plan::Hold>(&action)) return Wait{hold->length};
  if (const auto* approve = std::get_if<plan::Approve>(&action)) return Wait{approve->within};
  return std::nullopt;
}

// Whose changelog grows before that step, if one is kept.
const plan::Store* logging(const plan::Plan& plan, const plan::WritesState& writes) {
  if (!writes.mirror || !writes.follows() || plan.are_services()) return nullptr;
  const bool leads_old = writes.leads() == plan::Side::Old;
  return &plan.at(plan.at(leads_old ? plan.from : plan.to.front()).store);
}

// For how long so many rows take what clients write. REQUIRES: they write, `rate` rows a second,
// times 10^9.
plan::Duration lasts(plan::RowCount rows, std::int64_t rate) {
  assert(rate > 0);
  constexpr std::chrono::seconds kLongest = std::chrono::hours(24 * 365 * 100);
  const auto seconds = static_cast<__int128>(rows.value) * 1'000'000'000 / rate;
  if (seconds > kLongest.count()) return kLongest;
  return std::chrono::seconds(static_cast<std::int64_t>(seconds));
}

}  // namespace

void check_changelogs(const OrderedView& ordered, Diagnostics& diagnostics) {
  const plan::Plan& plan = ordered.plan();
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const auto wait = wait_of(plan.steps[i].action);
    const plan::Store* store = logging(plan, ordered.facts.before[i].writes);
    if (!wait || store == nullptr || !store->max_changelog) continue;
    const plan::RowCount rows = *store->max_changelog;
    const std::int64_t rate = store->expect.value_or(0);  // both are said, or none
    if (rate == 0) continue;
    const plan::Duration most = lasts(rows, rate);
    if (wait->length && *wait->length <= most) continue;
    if (diagnostics.has_error_at(ordered.span(StepId{i}))) continue;
    auto report = diagnostics.report(
        ordered.span(StepId{i}), diag::ChangelogTooShort,
        wait->length ? fmt::format("this waits for {}, and the changelog of `{}` lasts {}",
                                   plan::print(*wait->length), store->name, plan::print(most))
                     : fmt::format("this waits without limit, and the changelog of `{}` lasts {}",
                                   store->name, plan::print(most)));
    report
        .note(fmt::format("it takes {}, and clients write {}",
                          plan::print(plan::Quantity{plan::Unit::Rows, rows.value}),
                          plan::print(plan::Quantity{plan::Unit::RowRate, rate})))
        .help(wait->length ? "wait for less at a time, or let it take more: `max_changelog = …`"
                           : fmt::format("say how long at most: `within = {}`", plan::print(most)));
    show_harm(ordered.view, ordered.step_spans, {Harm::ReadMisses}, Fault::FollowerLoses, report,
              StepId{i});
    return;  // what is changed for one wait is changed for all of them
  }
}

}  // namespace mig::compiler
