// How each step, its undoing, and the application change a world.
//
// Made once for a plan that has one pair of sides (`projection.hpp`). What a step does here is what
// the runtime's steps do as far as clients can tell; how each of them does it without losing a
// write on the way is shown once for all plans by tests/mc.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "compiler/plan/routing.hpp"
#include "compiler/prove/world.hpp"

namespace mig::compiler::prove {

// What can go wrong beside steps that fail: what the policies of the language are there for.
enum class Fault : std::uint8_t {
  None,
  CopyErrs,          // a copy leaves a row other than it should be
  ComparisonErrs,    // no comparison sees that the row differs
  FollowerLoses,     // a write that waits in a changelog is forgotten
  NewSideIsWrong,    // the new side does not do for clients what it should
  WrongOnceLeading,  // and only who watches for a while sees it, once it takes the writes
  WrongUnseen,       // and nobody sees it
  InverseIsPartial,  // the way back of a row leaves some of them out
  AnswerIsLost,      // the router does not hear that a side has done what it was asked
};

// How two writes of the row may pass each other, so that either side has another one last.
enum class Crossing : std::uint8_t {
  None,
  OfClients,  // what divides the writes does not follow from the row's key
  OfParts,    // rows of both parts make this one
  OfKeys,     // both sides hand out keys
};

class Model {
 public:
  // `plan` outlives the model.
  // With `during` what has to go wrong goes wrong while that step may be at work.
  explicit Model(const plan::Plan& plan, Fault fault = Fault::None,
                 std::optional<plan::StepId> during = {});

  const plan::Plan& plan() const { return plan_; }
  Fault fault() const { return fault_; }
  const std::optional<plan::StepId>& during() const { return during_; }
  // Where a run may begin: with a row that moves early, or late.
  std::vector<World> starts() const;

  // A copy begins and ends; every other step does what it does at once.
  bool takes_time(plan::StepId step) const;
  void begin(World& world, plan::StepId step) const;
  void finish(World& world, plan::StepId step) const;
  void undo(World& world, plan::StepId step) const;
  // The step as the fault would have it; false where it does as it should.
  bool finish_wrong(World& world, plan::StepId step) const;

  // What the step itself does to clients, before its effect.
  std::optional<Harm> harm_of(const World& world, plan::StepId step) const;
  // Somebody or something may say no to it: a gate, a person.
  bool is_refusable(plan::StepId step) const;
  // Whether the gates of a step can pass here, and whether they can fail.
  bool may_pass(const World& world, plan::StepId step) const;

  const plan::WritesState& writes(const World& world) const { return writes_[world.writes]; }
  Crossing crossing(const World& world) const { return crossings_[world.writes]; }
  // Of the plan's writes, wherever.
  Crossing crossing() const { return *std::max_element(crossings_.begin(), crossings_.end()); }
  // The new side stands in stores that have no transaction in common.
  bool is_in_parts() const { return is_in_parts_; }
  // Who takes the writes of the row.
  plan::Side authority(const World& world) const;
  // The reads that hold; null: all of the old side.
  const plan::RouteReads* reads(const World& world) const;
  bool reads_old(const World& world) const;
  bool reads_new(const World& world) const;
  // How far behind the authority the other side may be; nothing where it is as new.
  std::optional<plan::Duration> lag(const World& world) const;

  bool is_there(const World& world, plan::Side side) const;
  // Whether some step gives the new side fewer reads than the one before it.
  bool narrows() const { return narrows_; }
  // What is missing on the new side is fetched from elsewhere: a cache.
  bool is_refillable() const { return is_refillable_; }
  // The sides are services: they hold what they hold, and mig carries nothing over.
  bool are_services() const { return are_services_; }

 private:
  void take_away(World& world, std::uint32_t tables) const;
  void empty(World& world, std::uint32_t tables) const;
  void end_copy(World& world, const plan::Copy& copy) const;
  void verify(World& world, const plan::Verify& verify) const;
  void turn_writes(World& world, std::uint16_t to) const;
  void turn_reads(World& world, plan::StepId step) const;
  void hold(World& world, const plan::Hold& hold) const;
  bool differs(const World& world) const;
  bool sees_clients(const plan::Hold& hold, plan::GateId gate) const;
  bool is_used(const World& world, std::uint32_t tables) const;
  plan::Side leader(const World& world) const;
  World first() const;
  void count_shares();
  std::uint32_t bit(plan::DatasetId dataset) const;
  std::uint32_t bits(const std::vector<plan::DatasetId>& datasets) const;

  const plan::Plan& plan_;
  Fault fault_;
  std::optional<plan::StepId> during_;
  bool is_refillable_ = false;
  bool are_services_ = false;
  bool narrows_ = false;
  bool is_in_parts_ = false;
  std::uint32_t new_tables_ = 0;
  std::vector<plan::WritesState> writes_;  // after the i-th step, counted from 1
  std::vector<Crossing> crossings_;        // the same
  // The shares of writes, smallest first, and everything at last; a plan that moves no keys in part
  // has but the last.
  std::vector<plan::Ratio> shares_;
};

}  // namespace mig::compiler::prove
