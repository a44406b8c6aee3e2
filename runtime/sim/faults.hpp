// What goes wrong in an adversarial simulation: drawn from the seed, a few in a run.
//
// Each seed enables some kinds only, so that some runs see much of one kind. Used by the driver.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/dice.hpp"

namespace mig::runtime::sim {

enum class Fault : std::uint8_t {
  FailBefore,   // the step fails, and has done nothing
  FailAfter,    // it fails, and has done what it does
  Crash,        // the runner is lost before it writes down what was done
  GateFails,    // a gate fails, or a person refuses
  GateIsBlind,  // a gate sees nothing
  Rollback,     // a person asks for it
  Pause,        // a person pauses the run
};
inline constexpr std::uint64_t kFaults = 7;

class Faults {
 public:
  Faults(bool is_adversarial, Dice& random) : random_(random) {
    if (!is_adversarial) return;
    left_ = static_cast<int>(random_.below(5));
    enabled_ = random_.bits();
    rarity_ = 3U << random_.below(5);
  }

  bool are_over() const { return left_ == 0; }
  // One that happens now, if it is of those kinds.
  std::optional<Fault> draw(std::initializer_list<Fault> kinds) {
    if (left_ == 0 || !random_.one_in(rarity_)) return std::nullopt;
    const Fault fault = kinds.begin()[random_.below(kinds.size())];
    if ((enabled_ >> static_cast<unsigned>(fault) & 1U) == 0) return std::nullopt;
    --left_;
    return fault;
  }

 private:
  Dice& random_;
  int left_ = 0;
  std::uint64_t enabled_ = 0;
  std::uint64_t rarity_ = 1;
};

}  // namespace mig::runtime::sim
