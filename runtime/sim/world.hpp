// The simulated world of one migration: two sides with a few keyed rows, the routes that lead
// clients to them, and what mig carries over between them.
//
// Steps change it (effects.hpp), the application uses it and checks what it is told
// (application.hpp). It shares no code with the prover, whose model of the same steps it checks.
// One simulation, one thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/plan.hpp"
#include "compiler/plan/routing.hpp"

namespace mig::runtime::sim {

inline constexpr std::size_t kKeys = 64;
using Key = std::size_t;
// A set of keys, one bit each.
using Keys = std::uint64_t;
inline constexpr Keys kAllKeys = ~Keys{0};
constexpr Keys only(Key key) {
  return Keys{1} << key;
}
// Every write has a version of its own, so that whoever reads knows which write it sees.
using Version = std::uint32_t;
inline constexpr Version kNoRow = 0;
// What an earlier run left; no client has ever written it.
inline constexpr Version kLeftover = 0x80000000U;

// Mistakes that tests plant, to show that the application finds them.
enum class Mistake : std::uint8_t {
  None,
  CopyOverwrites,  // a copy replaces rows that are newer than what it read
  FollowerLoses,   // an entry of a changelog is passed over
  NoDrainBack,     // the way back does not wait for what is still to be carried over
  NoFence,         // the authority moves while the side that loses it still takes writes
};

struct SideState {
  std::uint32_t datasets = 0;  // all that belong to the side, one bit each
  std::uint32_t there = 0;     // those that exist
  std::array<Version, kKeys> rows{};
  bool is_logged = false;  // what clients change here is noted for the follower

  bool is_there() const { return there == datasets; }
};

class World {
 public:
  // `view` outlives the world.
  World(const plan::Plan& view, std::uint64_t seed, Mistake mistake);

  const plan::Plan& view() const { return *view_; }
  Mistake mistake() const { return mistake_; }
  SideState& at(plan::Side side) { return side == plan::Side::New ? new_ : old_; }
  const SideState& at(plan::Side side) const { return side == plan::Side::New ? new_ : old_; }
  // Clients fetch what is missing from elsewhere: both sides are caches.
  bool is_refillable() const { return is_refillable_; }
  bool are_services() const { return view_->are_services(); }

  // ---- routes, as clients see them
  const plan::WritesState& writes() const { return writes_; }
  const plan::RouteReads& reads() const { return reads_; }
  const plan::RouteWrites& writes_route() const { return writes_route_; }
  void set_writes(const plan::WritesState& writes, const plan::RouteWrites& route);
  void set_reads(const plan::RouteReads& reads);
  // Who takes the writes of a key under such routes; while nobody does, whoever did last.
  plan::Side leader(Key key, const plan::WritesState& writes) const;
  plan::Side leader(Key key) const { return leader(key, writes_); }
  bool is_stopped() const { return writes_.authority == plan::Side::None; }
  plan::Side reader(Key key) const;
  // The keys of which the new side answers reads, and those whose writes it takes.
  Keys read_from_new() const;
  Keys written_to_new() const;
  // The share of all requests that the new side answers, as the routes say it.
  plan::Ratio read_share() const;
  plan::Ratio write_share() const;

  // ---- what is carried over
  Keys fenced = 0;         // the stores refuse writes of these
  bool is_moving = false;  // the authority of some keys is about to move
  Keys touched = 0;        // changed where it leads, and not carried over yet
  plan::Micros touched_at = 0;
  Keys intents = 0;  // the router could not write the other side; it answers from the authority
  Keys changed = 0;  // since the copy at work read its rows
  std::vector<std::uint8_t> cursors;  // how far the copy of each step is, in keys
  plan::Ratio shadow;                 // of the reads, asked of both sides

  bool is_mirrored() const { return writes_.mirror.has_value() && !is_stopped(); }
  // The present rows of these keys go where they do not lead. False: there is no table to take
  // them.
  bool carry_over(Keys keys);
  Keys pending() const { return touched | intents; }

  // ---- datasets
  void create(const std::vector<plan::DatasetId>& datasets);
  void drop(const std::vector<plan::DatasetId>& datasets);
  void purge(const std::vector<plan::DatasetId>& datasets);
  bool has(plan::DatasetId dataset) const;
  plan::Side side_of(plan::DatasetId dataset) const;

  // Keys whose rows differ though nothing is left to carry over.
  Keys different() const;
  // Keys of which a comparison found that their rows differ.
  std::uint32_t found_different = 0;
  int rows_at(plan::Side side) const;

 private:
  std::uint32_t bits(const std::vector<plan::DatasetId>& datasets, plan::Side side) const;
  Keys fitting(const plan::AttributeIn& wanted) const;

  const plan::Plan* view_;
  Mistake mistake_;
  std::uint64_t carried_ = 0;
  bool is_refillable_ = false;
  SideState old_;
  SideState new_;
  plan::WritesState writes_;
  plan::RouteWrites writes_route_;
  plan::RouteReads reads_;
  Keys fitting_ = kAllKeys;           // of the clients whose requests say what the reads ask for
  plan::Side led_ = plan::Side::Old;  // while nobody takes writes
  std::array<std::int64_t, kKeys> buckets_{};
};

}  // namespace mig::runtime::sim
