#include "runtime/engine/residents.hpp"

#include "compiler/plan/machine/schedule.hpp"

namespace mig::runtime {

bool Residents::follows(const plan::RunState& state, std::size_t resource) const {
  return stream(views_.at(resource), state).has_value();
}

bool Residents::is_needless(const plan::RunState& state, std::size_t resource) const {
  const auto followed = stream(views_.at(resource), state);
  return state.status == plan::RunStatus::RollingBack && followed &&
         followed->leads() == plan::Side::Old;
}

bool Residents::is_needed(const plan::RunState& state) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (follows(state, i)) return true;
  }
  return false;
}

}  // namespace mig::runtime
