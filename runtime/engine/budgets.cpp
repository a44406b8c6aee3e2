#include "runtime/engine/budgets.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "runtime/steps/hold_cursor.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds(10);
constexpr Duration kAfterFailure = std::chrono::seconds(30);
constexpr std::uint32_t kFailures = 3;  // in a row, before anybody hears of them

// Until when that step waits, where it is known.
std::optional<Instant> end_of(const plan::Step& step, const plan::StepState& state) {
  const auto after = [](plan::Micros since, plan::Duration length) {
    return Instant(std::chrono::microseconds(since)) +
           std::chrono::duration_cast<Instant::duration>(length);
  };
  if (const auto* hold = std::get_if<plan::Hold>(&step.action)) {
    const plan::Micros since = HoldCursor::parse(state.cursor).since;
    return after(since > 0 ? since : state.started_at, hold->length);
  }
  const auto* approve = std::get_if<plan::Approve>(&step.action);
  if (approve != nullptr && approve->within) return after(state.started_at, *approve->within);
  return std::nullopt;
}

// The one of those that go on which ends last.
std::optional<PendingWait> pending_wait(const plan::Plan& view, const World& world) {
  std::optional<PendingWait> longest;
  for (std::uint32_t i = 0; i < view.steps.size(); ++i) {
    const plan::StepState& state = world.state.steps[i];
    const bool goes_on = view.sees(plan::StepId{i}) && state.status == plan::StepStatus::Running &&
                         state.direction == plan::Direction::Forward;
    if (!goes_on) continue;
    const auto end = end_of(view.steps[i], state);
    if (!end || *end <= world.clock.now()) continue;
    const Duration left = *end - world.clock.now();
    if (!longest || longest->left < left) longest = PendingWait{view.steps[i].name, left};
  }
  return longest;
}

// While writes are on their way nobody can tell what follows next.
bool turns(const plan::Plan& view, const plan::RunState& state) {
  for (std::uint32_t i = 0; i < view.steps.size(); ++i) {
    const bool is_own = view.sees(plan::StepId{i}) &&
                        std::holds_alternative<plan::RouteWrites>(view.steps[i].action);
    if (is_own && state.steps[i].status == plan::StepStatus::Running) return true;
  }
  return false;
}

}  // namespace

void Budgets::watch(std::filesystem::path journal, const std::vector<plan::Warning>& standing) {
  journal_ = std::move(journal);
  standing_ = standing;
  next_ = Duration::zero();
}

void Budgets::note(std::size_t resource, const Followed& followed, const World& world) {
  if (!next_) return;
  const auto stream = plan::stream(views_.at(resource), world.state);
  if (!stream) return;
  Progress& progress = sources_.at(resource).progress;
  const bool moves = progress.step != stream->followed() ||
                     progress.position != followed.position || followed.is_drained;
  progress.step = stream->followed();
  progress.position = followed.position;
  if (moves) progress.moved_at = world.clock.elapsed();
}

// What an earlier runner said of it, asked once.
Concern Budgets::take_standing(const std::string& what) {
  const auto found = std::ranges::find(standing_, what, &plan::Warning::about);
  if (found == standing_.end()) return Concern::None;
  const Concern said = found->is_urgent ? Concern::Urgent : Concern::Low;
  standing_.erase(found);
  return said;
}

std::vector<plan::Warned> Budgets::look(World& world) {
  const Duration now = world.clock.elapsed();
  seen_.clear();
  bool is_whole = look_at_disks_of(world, now);
  for (std::size_t i = 0; i < views_.size(); ++i)
    is_whole = look_at_resource(world, i, now) && is_whole;
  if (is_whole) {
    std::erase_if(budgets_, [&](const auto& one) {
      if (seen_.contains(one.first)) return false;
      say(one.second.end(one.first));
      return true;
    });
  }
  // What a look took is no part of the pause behind it.
  next_ = world.clock.elapsed() + kLookEvery;
  return std::exchange(said_, {});
}

bool Budgets::look_at_disks_of(World& world, Duration now) {
  Source& source = sources_.back();
  if (source.not_before > now) return false;
  const Surroundings around{pending_wait(world.plan, world), Duration::zero()};
  return take_in(source, "what the disks have left", look_at_disks(world.stores, journal_), around,
                 now);
}

bool Budgets::look_at_resource(World& world, std::size_t resource, Duration now) {
  Source& source = sources_[resource];
  const plan::Plan& view = views_.at(resource);
  if (source.not_before > now || turns(view, world.state)) return false;
  const auto stream = plan::stream(view, world.state);
  Progress& progress = source.progress;
  if (!stream || progress.step != stream->followed()) {
    // Nobody knows how far it is; from here on it has time to move.
    progress = Progress{};
    if (stream) progress.step = stream->followed();
    progress.moved_at = now;
  }
  const Surroundings around{pending_wait(view, world), now - progress.moved_at};
  const std::string blind =
      world.plan.resources.empty()
          ? "what the stores have left"
          : fmt::format("what the stores of `{}` have left", world.plan.resources[resource].name);
  return take_in(source, blind,
                 source.supplies.look(view, world.state, world.stores, progress.position), around,
                 now);
}

// False where nothing could be seen.
bool Budgets::take_in(Source& source, const std::string& what, Result<std::vector<Supply>> found,
                      const Surroundings& around, Duration now) {
  if (take_standing(what) != Concern::None) source.is_blind = true;
  if (!found) {
    source.not_before = now + kAfterFailure;
    if (++source.failures < kFailures || source.is_blind) return false;
    source.is_blind = true;
    say(plan::Warned{what, fmt::format("nobody can tell {}: {}", what, found.error().message),
                     false});
    return false;
  }
  if (source.is_blind) say(plan::Warned{what, fmt::format("{} is known again", what), true});
  source.is_blind = false;
  source.failures = 0;
  for (const Supply& supply : *found) {
    if (!seen_.insert(supply.what).second) continue;
    auto known = budgets_.find(supply.what);
    if (known == budgets_.end())
      known = budgets_.emplace(supply.what, Budget(take_standing(supply.what))).first;
    say(known->second.note(now, supply, around));
  }
  return true;
}

void Budgets::say(std::optional<plan::Warned> warned) {
  if (warned) said_.push_back(std::move(*warned));
}

}  // namespace mig::runtime
