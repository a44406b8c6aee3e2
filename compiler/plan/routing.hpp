// What steps of a plan say about routes, in the order in which they hold.
//
// Used by the runtime, which undoes a route by what held before it, and by the preview. Pure.
#pragma once

#include <string>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

// What held before a step: the newest such step above it, or everything at the old side.
template <class Route>
Route route_before(const Plan& plan, StepId id) {
  for (std::uint32_t i = id.index; i > 0; --i) {
    const auto* route = std::get_if<Route>(&plan.steps[i - 1].action);
    if (route != nullptr && plan.sees(StepId{i - 1})) return *route;
  }
  return Route{};
}

// Which answers are compared before a step of that phase: `shadow` holds until it is changed, or
// until its phase ends.
Shadow shadow_before(const Plan& plan, PhaseId phase, StepId id);

// Who takes writes between two steps, and which changelogs are kept.
struct WritesState {
  Side authority = Side::Old;
  // While the keys move part by part: of so many the new side is the authority already.
  std::optional<Ratio> share;
  std::optional<WriteMode> mirror;
  // The step since which the old side's changelog is kept: the new side is kept as the old one is.
  // Once the new side leads it stays, unread, so that a way back can go on from it.
  std::optional<StepId> forward;
  // The same of the new side's changelog, once the new side leads.
  std::optional<StepId> reverse;
  bool operator==(const WritesState&) const = default;

  bool follows() const { return forward || reverse; }
  // Whose changelog is read. REQUIRES: follows().
  Side leads() const { return reverse ? Side::New : Side::Old; }
  StepId followed() const { return reverse ? *reverse : *forward; }
};

// Whether the side that leads keeps a changelog of which we carry over what the mirror left.
bool is_logged(const std::optional<WriteMode>& mirror);
// How the writes come to the other side since that step. REQUIRES: a changelog is kept since then.
WriteMode mode_of(const Plan& plan, StepId followed);

// What holds once `id` is done, if `before` held before it. REQUIRES: `id` is a RouteWrites.
WritesState after_writes(const Plan& plan, StepId id, WritesState before);
// What holds before a step, as the steps are written.
WritesState writes_before(const Plan& plan, StepId id);

// For how long nobody may write at a time because of that step; nothing where nobody has to wait.
Duration longest_pause(const Plan& plan, StepId id);

// What of a request decides where it goes: the fields of a row, or what a request to a service says
// of itself. REQUIRES: the reads are of this plan.
std::vector<std::string> hashed_fields(const Plan& plan, const RouteReads& reads);

// What a `leave` step leaves: `writes go to new, and old gets them in the same transaction`.
// REQUIRES: it names what holds there.
std::string left_on(const Plan& plan, StepId leave);
// Whether the plan has ended by leaving the writes to both sides as they are.
bool leaves_writes(const Plan& plan);

// `new`, or `new, and old follows, the pause at most 2s`.
std::string print(const RouteWrites& writes);
// `new`, or `new 5% by id where region in [eu], old on error`.
std::string print(const Plan& plan, const RouteReads& reads);

}  // namespace mig::plan
