// A comparison of both sides that others may write to meanwhile: what it finds is true.
//
// The two sides are read one after the other. Where nobody writes that is all; where a run follows,
// what differs is only suspected, and is looked at again (Recheck). Used by `verify` and by gates
// over drift. Keeps nothing that a crash may take. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/data/reconcile.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/recheck.hpp"

namespace mig::runtime {

class Comparison {
 public:
  // `step` asks.
  Comparison(World& world, plan::StepId step, std::optional<plan::Ratio> sample);

  // A slice; true when the result stands.
  Result<bool> advance(World& world);
  const Reconciliation& result() const { return *result_; }
  std::string progress() const;

  // After the end: makes the side that follows what the authority says, and gives the rows that
  // were written or deleted. Permanent, and nothing changed, where more than `most_deletes` of the
  // rows would go.
  Result<std::int64_t> mend(World& world, plan::Ratio most_deletes);

 private:
  void begin(World& world);

  plan::StepId step_;
  std::optional<plan::Ratio> sample_;
  std::optional<Reconciler> reconciler_;
  std::optional<Recheck> recheck_;
  std::optional<Reconciliation> result_;
  Recheck::Strays strays_;  // of the pass before
  int passes_ = 0;
};

}  // namespace mig::runtime
