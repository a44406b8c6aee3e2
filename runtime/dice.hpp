// Random numbers that are the same on every machine for the same seed (splitmix64).
//
// Used by whoever makes up rows, and by the simulated world: the standard library's distributions
// are not portable. Not for secrets. One thread.
#pragma once

#include <cassert>
#include <cstdint>
#include <vector>

namespace mig::runtime {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  // From 0 up to, and without, `end`.
  std::size_t below(std::size_t end) {
    assert(end > 0);
    return static_cast<std::size_t>(bits() % end);
  }
  bool one_in(std::size_t times) { return below(times) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& items) {
    return items[below(items.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace mig::runtime
