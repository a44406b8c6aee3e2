// Chance, the same on every machine for the same seed (splitmix64). Not for secrets.
#pragma once

#include <cassert>
#include <cstdint>

namespace mig::runtime::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  // From 0 up to, and without, `end`.
  std::uint64_t below(std::uint64_t end) {
    assert(end > 0);
    return next() % end;
  }
  // Once in `n` times.
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace mig::runtime::sim
