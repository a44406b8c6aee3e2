// Looks now and then at what a run uses up and warns before it is spent: its disks, and what the
// stores keep for its followers.
//
// Used by the executor, between slices; a look runs on its worker. It warns and does no more: a
// look that fails fails nothing, and is spoken of once it has failed again and again.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/plan/machine/record.hpp"
#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/clock.hpp"
#include "runtime/engine/budget.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/steps/follower.hpp"
#include "runtime/steps/supplies.hpp"

namespace mig::runtime {

class Budgets {
 public:
  // The views outlive it.
  explicit Budgets(const plan::Views& views) : views_(views), sources_(views.size() + 1) {}

  // Begins to look. `journal`: where it lies. `standing`: what earlier runners warned of.
  void watch(std::filesystem::path journal, const std::vector<plan::Warning>& standing);
  bool is_due(const Clock& clock) const { return next_ && clock.elapsed() >= *next_; }

  // How far the follower of that resource has come. `world`: as that resource sees it.
  void note(std::size_t resource, const Followed& followed, const World& world);
  // What is to be journaled. `world` shows the whole plan.
  std::vector<plan::Warned> look(World& world);

 private:
  struct Progress {
    std::optional<plan::StepId> step;      // since which it follows
    std::optional<std::int64_t> position;  // once it has moved
    Duration moved_at{};                   // or had nothing to do
  };
  // Where things are seen together, or not: one for each resource, and the disks.
  struct Source {
    Supplies supplies;
    Progress progress;           // of its follower
    std::uint32_t failures = 0;  // in a row
    bool is_blind = false;       // it is said that nobody can tell
    Duration not_before{};       // after a failure
  };
  Concern take_standing(const std::string& what);
  bool look_at_disks_of(World& world, Duration now);
  bool look_at_resource(World& world, std::size_t resource, Duration now);
  bool take_in(Source& source, const std::string& what, Result<std::vector<Supply>> found,
               const Surroundings& around, Duration now);
  void say(std::optional<plan::Warned> warned);

  const plan::Views& views_;
  std::filesystem::path journal_;
  std::vector<plan::Warning> standing_;    // that was not asked for yet
  std::vector<Source> sources_;            // the resources', and last the disks'
  std::map<std::string, Budget> budgets_;  // by what they are of
  std::set<std::string> seen_;             // in the present look
  std::vector<plan::Warned> said_;         // in the present look
  std::optional<Duration> next_;           // none: nothing is watched
};

}  // namespace mig::runtime
