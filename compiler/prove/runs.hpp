// The states of a run that the search meets, each kept once and small, and where records lead from
// them.
//
// Used by the search: many worlds share one state of the run. The machine is asked once for each
// state and move. One search, one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/plan/machine/failure.hpp"
#include "compiler/plan/machine/record.hpp"

namespace mig::compiler::prove {

// A state of the run, as a position among those that were met.
using RunId = std::uint32_t;

class Runs {
 public:
  // `plan` outlives the runs.
  explicit Runs(const plan::Plan& plan);

  // A run whose runner has just arrived.
  RunId first();

  // What every move asks of a state, worked out when it was first met.
  struct Facts {
    plan::RunStatus status = plan::RunStatus::Pending;
    bool is_finished = false;
    bool is_past_marker = false;
    bool may_go_back = false;               // a person may take everything back
    std::vector<plan::StepId> ready;        // while it runs
    std::optional<plan::StepId> next_undo;  // while it goes back
  };
  const Facts& at(RunId run);

  // REQUIRES: the machine takes the record there.
  RunId completed(RunId run);
  RunId continued(RunId run);
  RunId taken_back(RunId run);  // a person takes everything back
  RunId is_back(RunId run);
  // The step is at work in that direction, if it was not already.
  RunId started(RunId run, plan::StepId step, plan::Direction direction);
  RunId done(RunId run, plan::StepId step, plan::Direction direction);
  RunId failed(RunId run, plan::StepId step, plan::Trouble trouble);

 private:
  RunId keep(const plan::RunState& state);
  plan::RunState state_of(RunId run) const;
  void append(plan::RunState& state, const plan::Record& record) const;
  template <class Make>
  RunId remembered(RunId run, plan::StepId step, std::uint32_t change, Make make);
  RunId after(RunId run, std::uint32_t change, const plan::Record& record);

  const plan::Plan& plan_;
  std::deque<std::string> texts_;  // of each state what tells it from the others
  std::unordered_map<std::string_view, RunId> known_;
  std::deque<std::optional<Facts>> facts_;
  std::unordered_map<std::uint64_t, RunId> memory_;
};

}  // namespace mig::compiler::prove
