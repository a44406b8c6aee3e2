// Everything that can happen to a run. A journal is a list of these; a state is what they add up
// to.
//
// Kinds and fields are a stored format (runtime/journal/FORMAT.md): a field may be added with a
// default, nothing is renamed or removed without a new format version. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/plan/machine/run_state.hpp"

namespace mig::plan {

// The run exists. Holds all that a resume needs: neither an edited file nor a newer binary changes
// it.
struct RunCreated {
  static constexpr std::string_view kName = "run_created";
  std::string run;
  std::string plan_name;
  std::string env;
  std::string plan_hash;
  std::string source_hash;
  std::string plan;                  // codec.hpp
  std::vector<std::string> sources;  // path, text, path, text, … for people
  std::string plan_folder;           // what relative paths of the plan are relative to
  bool operator==(const RunCreated&) const = default;
};

// The live stores were checked and are what the plan says.
struct RunReady {
  static constexpr std::string_view kName = "run_ready";
  std::vector<std::string> identities;  // of the stores, in the plan's order
  std::string review_hash;
  bool operator==(const RunReady&) const = default;
};

// A runner holds the lease under a new epoch; it starts the run or goes on with it.
struct RunnerArrived {
  static constexpr std::string_view kName = "runner_arrived";
  std::string holder;
  bool operator==(const RunnerArrived&) const = default;
};

// The intent: written before the effect, so that a crash leaves a question and never a surprise.
struct StepStarted {
  static constexpr std::string_view kName = "step_started";
  StepId step;
  Direction direction = Direction::Forward;
  bool operator==(const StepStarted&) const = default;
};

struct StepProgressed {
  static constexpr std::string_view kName = "step_progressed";
  StepId step;
  std::string cursor;
  Counts counts;
  bool operator==(const StepProgressed&) const = default;
};

// The target's own marker was elsewhere than the journal thought; the target is right.
struct StepRewound {
  static constexpr std::string_view kName = "step_rewound";
  StepId step;
  std::string cursor;
  Counts counts;
  bool operator==(const StepRewound&) const = default;
};

struct StepDone {
  static constexpr std::string_view kName = "step_done";
  StepId step;
  Direction direction = Direction::Forward;
  std::string summary;
  Counts counts;
  // How long the way back took that was rehearsed. No two runs take as long, so it is no part of
  // the summary.
  std::optional<Duration> way_back;
  bool operator==(const StepDone&) const = default;
};

struct StepFailed {
  static constexpr std::string_view kName = "step_failed";
  StepId step;
  Direction direction = Direction::Forward;
  std::string kind;  // transient, conflict, permanent, breach
  std::string message;
  Micros retry_at = 0;  // 0: it is not tried again by itself
  bool operator==(const StepFailed&) const = default;
};

// One look of a gate: what it saw, and what that means.
struct GateJudged {
  static constexpr std::string_view kName = "gate_judged";
  StepId step;
  GateId gate;
  std::string verdict;              // pass, fail, undecided, no_data, source_error
  std::vector<std::string> values;  // one line a clause
  bool operator==(const GateJudged&) const = default;
};

// Nothing of a phase may run before then: its window is closed.
struct WindowAwaited {
  static constexpr std::string_view kName = "window_awaited";
  PhaseId phase;
  Micros until = 0;
  bool operator==(const WindowAwaited&) const = default;
};

struct Approved {
  static constexpr std::string_view kName = "approved";
  StepId step;
  std::string who;
  std::string why;
  std::string evidence;
  bool without_data = false;
  bool operator==(const Approved&) const = default;
};

struct RunPaused {
  static constexpr std::string_view kName = "run_paused";
  PauseReason reason = PauseReason::Asked;
  std::string detail;
  bool operator==(const RunPaused&) const = default;
};

struct RunContinued {
  static constexpr std::string_view kName = "run_continued";
  std::string who;
  bool operator==(const RunContinued&) const = default;
};

struct RollbackStarted {
  static constexpr std::string_view kName = "rollback_started";
  std::string why;
  std::optional<PhaseId> to;
  std::optional<StepId> retreat;  // only this step is undone, and what came after it
  bool operator==(const RollbackStarted&) const = default;
};

// Everything that had to be undone is undone. With `to` the run pauses there, else it has ended.
struct RollbackEnded {
  static constexpr std::string_view kName = "rollback_ended";
  bool operator==(const RollbackEnded&) const = default;
};

// A resource goes back alone; the others go on.
struct ResourceRollbackStarted {
  static constexpr std::string_view kName = "resource_rollback_started";
  ResourceId resource;
  std::string why;
  bool operator==(const ResourceRollbackStarted&) const = default;
};

// Everything of the resource is undone; nothing of it runs again.
struct ResourceRolledBack {
  static constexpr std::string_view kName = "resource_rolled_back";
  ResourceId resource;
  bool operator==(const ResourceRolledBack&) const = default;
};

// Something is not as it should be, or runs out, and nothing has failed for it yet.
struct Warned {
  static constexpr std::string_view kName = "warned";
  std::string about;  // of each thing the newest counts
  std::string message;
  bool is_over = false;    // it is as it should be again
  bool is_urgent = false;  // it does not bear waiting any more
  bool operator==(const Warned&) const = default;
};

struct RunCompleted {
  static constexpr std::string_view kName = "run_completed";
  bool operator==(const RunCompleted&) const = default;
};

// A person left things as they are.
struct RunAborted {
  static constexpr std::string_view kName = "run_aborted";
  std::string who;
  std::string why;
  bool operator==(const RunAborted&) const = default;
};

struct RequestAccepted {
  static constexpr std::string_view kName = "request_accepted";
  std::int64_t request = 0;
  std::string want;
  std::string who;
  std::string why;
  bool operator==(const RequestAccepted&) const = default;
};

struct RequestRefused {
  static constexpr std::string_view kName = "request_refused";
  std::int64_t request = 0;
  std::string want;
  std::string who;
  std::string because;
  bool operator==(const RequestRefused&) const = default;
};

using Record = std::variant<RunCreated, RunReady, RunnerArrived, StepStarted, StepProgressed,
                            StepRewound, StepDone, StepFailed, GateJudged, Approved, RunPaused,
                            RunContinued, RollbackStarted, RollbackEnded, RunCompleted, RunAborted,
                            RequestAccepted, RequestRefused, WindowAwaited, ResourceRollbackStarted,
                            ResourceRolledBack, Warned>;

std::string_view name(const Record& record);

// A record with what the journal knows about it.
struct Entry {
  std::int64_t seq = 0;
  Micros at = 0;
  std::int64_t epoch = 0;
  std::string actor;
  Record record;
  bool operator==(const Entry&) const = default;
};

}  // namespace mig::plan
