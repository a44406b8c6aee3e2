// What became of one simulated run: what people would have seen, and what harmed a client.
//
// Made by simulate.hpp, shown by timeline_*.hpp, read by tests. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/machine/record.hpp"
#include "compiler/plan/plan.hpp"
#include "compiler/plan/script.hpp"

namespace mig::runtime::sim {

// The first thing that went wrong for a client, or for a run that is stuck.
struct Violation {
  plan::Micros at = 0;
  std::string what;
  std::string during;  // the newest record before it
};

enum class EventKind : std::uint8_t {
  Run,      // starts, pauses, goes on, ends
  Step,     // done
  Undo,     // undone
  Wait,     // for a time, a window, a person
  Gate,     // a look that says something else than the one before it
  Failure,  // of a step or a gate
  Retry,    // it is tried again
  Person,   // approves, refuses, asks
  Script,   // what the scenario changes
};
std::string_view name(EventKind kind);

struct Event {
  plan::Micros at = 0;
  EventKind kind = EventKind::Run;
  std::optional<plan::PhaseId> phase;
  std::optional<plan::StepId> step;
  std::string text;
  std::size_t routes = 0;  // of the report: how many of them hold by then
};

// One attempt of a step, from its start to its end.
struct Span {
  plan::StepId step;
  plan::Direction direction = plan::Direction::Forward;
  plan::Micros from = 0;
  plan::Micros to = 0;
  std::string outcome;  // `done`, `failed`, `undone`, `open`
};

// Looks of a gate that all saw the same.
struct Looks {
  plan::StepId step;
  plan::GateId gate;
  plan::Micros from = 0;
  plan::Micros to = 0;
  std::int64_t count = 0;
  std::string verdict;
  std::vector<std::string> values;
};

// Where requests of a resource go, from that moment on.
struct Routed {
  plan::Micros at = 0;
  std::size_t resource = 0;
  plan::Ratio reads_new;
  plan::Ratio writes_new;
  bool is_stopped = false;  // nobody takes writes
  bool operator==(const Routed&) const = default;
};

// What a script expects and what did not come.
struct Unmet {
  std::size_t expectation = 0;  // of the script
  std::string why;
};

struct Report {
  plan::Micros started_at = 0;
  plan::Micros ended_at = 0;
  std::optional<plan::Ending> ending;  // absent: it got stuck
  std::string detail;                  // why it went back or waits
  std::optional<Violation> violation;
  std::vector<std::string> never_happened;  // lines of the scenario
  bool is_as_expected = true;               // nothing is unmet
  std::vector<Unmet> unmet;
  std::optional<plan::Ending> expected;
  std::uint64_t seed = 0;
  std::int64_t records = 0;
  std::int64_t looks = 0;
  std::uint64_t reads = 0;         // that were checked
  std::uint64_t acknowledged = 0;  // writes
  std::uint64_t different = 0;     // rows of which `verify` found that they differ
  std::vector<Event> events;       // empty where no timeline was asked for
  std::vector<Span> spans;
  std::vector<Looks> gates;
  std::vector<Routed> routes;
};

}  // namespace mig::runtime::sim
