// The clients of a simulated migration: they write unique values, read them, and notice when they
// are told something that was not so.
//
// What they know: of each row the writes that were acknowledged. A read may be as old as the plan
// allows (`stale_ok`), and no older. The first thing that harms a client is kept. One simulation,
// one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "runtime/dice.hpp"
#include "runtime/sim/world.hpp"

namespace mig::runtime::sim {

class Application {
 public:
  // `world` and `random` outlive the application.
  Application(World& world, Dice& random) : world_(world), random_(random) {
    for (Key key = 0; key < kKeys; ++key)
      told_[key].fill(Told{static_cast<Version>(key + 1), false, INT64_MIN});
    newest_ = static_cast<Version>(kKeys);
  }

  // A few requests at the worst of moments.
  void strike(plan::Micros now);
  // So many ordinary requests, one write for every ten reads.
  void live(plan::Micros now, std::uint64_t requests);
  void read(Key key, plan::Micros now);
  void write(Key key, plan::Micros now, bool deletes);
  // Once the run has ended: whoever takes the writes now has every one that was acknowledged.
  void check_end(plan::Micros now);

  const std::optional<std::string>& harm() const { return harm_; }
  std::uint64_t reads() const { return reads_; }
  std::uint64_t acknowledged() const { return acknowledged_; }

 private:
  struct Told {
    Version version = kNoRow;
    bool is_deleted = false;
    plan::Micros at = 0;
  };

  const Told& newest_told(Key key) const { return told_[key][last_[key]]; }
  const Told* told_before(Key key, plan::Micros moment) const;
  void judge(Key key, plan::Side side, Version seen, const Told& told);
  Version refill(Key key, plan::Side side);
  Version read_old_instead(Key key);
  bool mirror(Key key, Version row, plan::Micros now);
  void be_harmed(std::string how);

  World& world_;
  Dice& random_;
  std::array<std::array<Told, 4>, kKeys> told_{};
  std::array<std::uint8_t, kKeys> last_{};
  std::array<Version, kKeys> deleted_{};  // the newest delete that was asked for
  std::array<Key, 8> recent_{};           // written not long ago
  Version newest_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::optional<std::string> harm_;
};

}  // namespace mig::runtime::sim
