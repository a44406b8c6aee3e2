#include "compiler/plan/routing.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace mig::plan {

Shadow shadow_before(const Plan& plan, PhaseId phase, StepId id) {
  const auto& steps = plan.at(phase).steps;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const auto* shadow = std::get_if<Shadow>(&plan.at(*step).action);
    if (shadow != nullptr && *step < id) return *shadow;
  }
  return {};
}

bool is_logged(const std::optional<WriteMode>& mirror) {
  return mirror && *mirror != WriteMode::Sync;
}

WriteMode mode_of(const Plan& plan, StepId followed) {
  return *std::get<RouteWrites>(plan.at(followed).action).mirror;
}

WritesState after_writes(const Plan& plan, StepId id, WritesState before) {
  const auto& writes = std::get<RouteWrites>(plan.at(id).action);
  WritesState after = before;
  after.authority = writes.share ? Side::Old : writes.to;
  after.share = writes.share;
  after.mirror = writes.mirror;
  if (writes.to == Side::None) return after;  // whoever followed goes on when writes do
  if (!is_logged(writes.mirror)) {
    after.forward.reset();
    after.reverse.reset();
  } else if (after.authority == Side::Old) {
    if (!after.forward) after.forward = id;
    after.reverse.reset();
  } else if (!after.reverse) {
    after.reverse = id;
  }
  return after;
}

WritesState writes_before(const Plan& plan, StepId id) {
  WritesState state;
  for (std::uint32_t i = 0; i < id.index; ++i) {
    const bool is_writes = std::holds_alternative<RouteWrites>(plan.steps[i].action);
    if (is_writes && plan.sees(StepId{i})) state = after_writes(plan, StepId{i}, state);
  }
  return state;
}

Duration longest_pause(const Plan& plan, StepId id) {
  const bool is_rehearsal = std::holds_alternative<Rehearse>(plan.at(id).action);
  const auto moved = is_rehearsal ? writes_before(plan, id).reverse : id;
  const auto* writes = moved ? std::get_if<RouteWrites>(&plan.at(*moved).action) : nullptr;
  if (writes == nullptr) return Duration::zero();
  const auto& longest = writes->to == Side::None ? writes->max_downtime : writes->max_pause;
  return longest.value_or(Duration::zero());
}

std::vector<std::string> hashed_fields(const Plan& plan, const RouteReads& reads) {
  if (plan.are_services()) return reads.by_request;
  const Entity& entity = plan.entity_of(plan.from);
  std::vector<std::string> names;
  for (const std::uint32_t field : reads.by.empty() ? entity.key() : reads.by)
    names.push_back(entity.fields.at(field).name);
  return names;
}

std::string left_on(const Plan& plan, StepId leave) {
  if (std::get<Leave>(plan.at(leave).action).what == Left::Writes) {
    auto writes = route_before<RouteWrites>(plan, leave);
    writes.max_pause.reset();  // it is over
    return "writes go to " + print(writes);
  }
  return "reads go to " + print(plan, route_before<RouteReads>(plan, leave));
}

bool leaves_writes(const Plan& plan) {
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const auto* leave = std::get_if<Leave>(&plan.steps[i].action);
    if (leave != nullptr && leave->what == Left::Writes && plan.sees(StepId{i})) return true;
  }
  return false;
}

std::string print(const RouteWrites& writes) {
  if (writes.to == Side::None) return "nobody";
  const bool is_old = writes.to == Side::Old;
  std::string text = is_old ? "old" : "new";
  if (writes.share) text += fmt::format(" for {} of the keys", print(*writes.share));
  if (writes.mirror == WriteMode::Sync)
    text += is_old ? ", and the router writes new, too" : ", and the router writes old, too";
  if (writes.mirror == WriteMode::Follow)
    text += is_old ? ", and new follows" : ", and old follows";
  if (writes.mirror == WriteMode::Transaction)
    text += is_old ? ", and new gets them in the same transaction"
                   : ", and old gets them in the same transaction";
  if (writes.mirror == WriteMode::App)
    text +=
        is_old ? ", and the application writes new, too" : ", and the application writes old, too";
  if (writes.max_lag) text += fmt::format(", at most {} behind", print(*writes.max_lag));
  if (writes.max_pause) text += fmt::format(", pause at most {}", print(*writes.max_pause));
  if (writes.ack == Ack::Both) text += ", safe once both have it";
  if (writes.ack == Ack::Applied) text += ", safe once it is carried over";
  return text;
}

std::string print(const Plan& plan, const RouteReads& reads) {
  if (reads.through) return "new, and through it to old";
  std::string text = reads.to == Side::New ? "new" : "old";
  if (reads.share)
    text +=
        fmt::format(" {} by {}", print(*reads.share), fmt::join(hashed_fields(plan, reads), ", "));
  for (std::size_t i = 0; i < reads.where.size(); ++i) {
    text += fmt::format(" {} {} in [{}]", i == 0 ? "where" : "and", reads.where[i].attribute,
                        fmt::join(reads.where[i].values, ", "));
  }
  if (reads.stale_ok > Duration::zero())
    text += fmt::format(", at most {} old", print(reads.stale_ok));
  for (std::size_t i = 0; i < reads.fallback.size(); ++i) {
    static constexpr std::array kFailures = {"error", "timeout", "miss"};
    const auto failure = static_cast<std::size_t>(reads.fallback[i]);
    text += fmt::format("{} {}", i == 0 ? ", old on" : " or", kFailures.at(failure));
  }
  return text;
}

}  // namespace mig::plan
