// The residents of a run, one for each of its resources: what follows while the run goes on.
//
// Used by the executor's decision thread, a slice at a time.
#pragma once

#include <vector>

#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/following.hpp"

namespace mig::runtime {

class Residents {
 public:
  // The views outlive it.
  explicit Residents(const plan::Views& views) : views_(views), residents_(views.size()) {}

  std::size_t size() const { return residents_.size(); }
  // Whether a resource follows now, so that somebody has to stay.
  bool is_needed(const plan::RunState& state) const;
  bool follows(const plan::RunState& state, std::size_t resource) const;
  // The new side is on its way out: what it misses from here on is missed by nobody.
  bool is_needless(const plan::RunState& state, std::size_t resource) const;
  // Nothing is read there before it follows again.
  void leave(std::size_t resource) { residents_.at(resource) = Resident(); }
  // One slice; `world` shows the plan as that resource sees it.
  Result<std::optional<Followed>> tend(std::size_t resource, World& world) {
    return residents_.at(resource).tend(world);
  }

 private:
  const plan::Views& views_;
  std::vector<Resident> residents_;
};

}  // namespace mig::runtime
