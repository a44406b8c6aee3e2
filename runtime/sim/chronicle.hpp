// Writes down what happens in a simulated run, as people would have seen it.
//
// Everything but what it counts is left out where nobody asked for a timeline. Used by the driver.
#pragma once

#include <map>
#include <string>

#include "runtime/sim/report.hpp"
#include "runtime/sim/world.hpp"

namespace mig::runtime::sim {

class Chronicle {
 public:
  // All outlive it.
  Chronicle(const plan::Plan& plan, const plan::RunState& state, Report& report,
            bool keeps_timeline)
      : plan_(plan), state_(state), report_(report), keeps_timeline_(keeps_timeline) {}

  bool keeps_timeline() const { return keeps_timeline_; }
  void note(const plan::Entry& entry);
  void say(plan::Micros at, EventKind kind, std::optional<plan::StepId> step, std::string text);
  // `unchanged` looks before this one saw what the one before them saw.
  void look(plan::Micros at, plan::StepId step, plan::GateId gate, std::string_view verdict,
            std::vector<std::string> values, std::int64_t unchanged);
  void route(plan::Micros at, const std::vector<World>& worlds);
  void end(plan::Micros at);

 private:
  void open_span(const plan::StepStarted& started, plan::Micros at);
  void close_span(plan::StepId step, plan::Micros at, const char* outcome);
  void note_record(const plan::Entry& entry);

  const plan::Plan& plan_;
  const plan::RunState& state_;
  Report& report_;
  bool keeps_timeline_;
  std::map<plan::StepId, std::size_t> open_;
};

}  // namespace mig::runtime::sim
