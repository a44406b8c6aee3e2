// What every step of a plan is at run time: something that is advanced in bounded slices and never
// waits.
//
// The executor owns a step while it runs and calls one slice at a time, from one worker thread. A
// step keeps nothing that a crash may not take: data steps keep their cursor in the target, in the
// same transaction as the rows; waiting steps put theirs into the outcome, and it is journaled.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/plan/machine/failure.hpp"
#include "compiler/plan/machine/record.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

struct World;

// The slice is over and more is to do, at once.
struct More {
  std::string cursor;      // for people and for waiting steps; data steps show where they are
  plan::Counts counts;     // of the step so far
  std::int64_t total = 0;  // source rows in all, as far as known; 0 = unknown
};

// Nothing to do before then. `why` is shown to people.
struct WaitUntil {
  Instant until;
  std::string cursor;
  std::string why;
  bool for_person = false;  // only a request can end the wait earlier
  bool is_untimed = false;  // it counts for no time limit of the step
};

struct Done {
  std::string summary;  // one line: what it did, the same whenever it does it
  plan::Counts counts;
  std::optional<Duration> way_back;  // see plan::StepDone
};

// The step cannot go on; what happens now, the plan's policy says.
struct Failed {
  plan::Trouble trouble = plan::Trouble::Permanent;
  std::string message;
  bool absence_pauses = false;  // the gate itself says `pause` for what it did not see
};

struct Outcome {
  std::variant<More, WaitUntil, Done, Failed> what;
  std::vector<plan::GateJudged> judged;   // looks that gates took in this slice, journaled first
  std::vector<plan::Warned> warned = {};  // what came up in this slice, journaled first
};

class Step {
 public:
  virtual ~Step() = default;

  // One slice forward: a batch, a sample, a page. An Error is a failure of its kind.
  virtual Result<Outcome> advance(World& world) = 0;
  // One slice of the way back. What it finds undone already, or never done, it leaves.
  virtual Result<Outcome> undo(World& world) = 0;
};

// The step with that id, as it stands after a start or a crash.
std::unique_ptr<Step> make_step(const plan::Plan& plan, plan::StepId id);

}  // namespace mig::runtime
