// The state of a run: what its records add up to.
//
// Changed only by `apply` (apply.hpp), live and on replay alike; everything else reads. Plain data:
// it can be copied, compared and thrown away. The prover, the simulator and the executor all work
// on this type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/ids.hpp"
#include "compiler/plan/plan.hpp"

namespace mig::plan {

// Microseconds since 1970, UTC. A record carries the moment at which it was written; the machine
// reads no clock, so a replay sees the same moments.
using Micros = std::int64_t;

enum class RunStatus : std::uint8_t {
  Pending,  // recorded
  Ready,    // checked against the live stores
  Running,
  Paused,  // waits for a person or for the world; `reason` says for what
  Completed,
  RollingBack,
  RolledBack,
  Failed,  // left as it is; `mig rollback` stays possible
};

enum class PauseReason : std::uint8_t {
  Asked,
  Gate,
  NoData,
  Undecided,
  SourceError,
  Approval,
  Window,
  StepFailed,
  UnknownEffect,
  RollbackBlocked,
  JournalBehindTarget,
  Disk,
  LeaseLost,
  StreamGap,
};

enum class StepStatus : std::uint8_t { Pending, Running, Done, Failed, Undone, Skipped };

enum class Direction : std::uint8_t { Forward, Back };

// A resource may go back alone, while the run goes on.
enum class ResourceStatus : std::uint8_t { Forward, RollingBack, RolledBack };

std::string_view name(RunStatus status);
std::string_view name(PauseReason reason);
std::string_view name(StepStatus status);
std::string_view name(Direction direction);
std::string_view name(ResourceStatus status);

// What became of the source rows that a copy or a repair read: read = moved + kept + rejected.
struct Counts {
  std::int64_t read = 0;
  std::int64_t moved = 0;  // at least one target row is new or changed because of it
  std::int64_t kept = 0;   // the target already had all of it
  std::int64_t rejected = 0;
  std::int64_t written = 0;  // target rows inserted or changed
  bool operator==(const Counts&) const = default;

  bool balance() const { return read == moved + kept + rejected; }
};

struct StepState {
  StepStatus status = StepStatus::Pending;
  Direction direction = Direction::Forward;
  std::uint32_t failures = 0;  // since the last success, in this direction
  std::uint32_t started = 0;   // position among all starts of the run, from 1; 0 = never
  Micros started_at = 0;
  Micros not_before = 0;  // a retry waits until then
  std::string cursor;     // what a waiting step remembers; data cursors live in the target
  std::string summary;    // what it did, in one line
  Counts counts;
  bool operator==(const StepState&) const = default;
};

struct Approval {
  StepId step;
  std::string who;
  std::string why;
  std::string evidence;  // what was approved: see evidence() in schedule.hpp
  bool without_data = false;
  bool operator==(const Approval&) const = default;
};

// What is known of one resource beside its steps.
struct ResourceState {
  ResourceStatus status = ResourceStatus::Forward;
  std::string detail;                       // why it goes back
  std::optional<Micros> writes_stopped_at;  // since when nobody may write
  bool operator==(const ResourceState&) const = default;
};

// What somebody should see to, though nothing has failed.
struct Warning {
  std::string about;
  std::string message;
  bool is_urgent = false;
  bool operator==(const Warning&) const = default;
};

struct RunState {
  std::string run;
  std::string author;  // who started it
  RunStatus status = RunStatus::Pending;
  std::optional<PauseReason> reason;  // exactly while Paused
  std::string detail;                 // the newest explanation: why it paused, failed or rolls back
  Direction direction = Direction::Forward;
  std::optional<PhaseId> rollback_to;  // while going back: the last phase that stays
  std::optional<StepId> retreat;       // while going back: the first step that does not stay
  std::vector<StepState> steps;
  std::vector<ResourceState> resources;  // of a plan without any it has one, for the plan itself
  std::vector<Approval> approvals;
  std::vector<Warning> warnings;        // that stand, the oldest first
  std::vector<std::string> identities;  // of the stores, in the plan's order, since it became ready
  std::uint32_t starts = 0;
  std::int64_t epoch = 0;
  std::int64_t last_request = 0;  // the newest request that was accepted or refused
  Micros created_at = 0;
  Micros ended_at = 0;
  std::int64_t seq = 0;  // of the newest record
  bool operator==(const RunState&) const = default;

  bool has_ended() const {
    return status == RunStatus::Completed || status == RunStatus::RolledBack;
  }
  const StepState& at(StepId id) const { return steps.at(id.index); }
  const ResourceState& at(ResourceId id) const { return resources.at(id.index); }
};

// Where the state of a step's resource stands; nothing for a step of the plan beside resources.
std::optional<ResourceId> own_state(const Plan& plan, StepId step);

// Nothing undoes what was done from here on. Of several resources one is enough: a rollback of the
// whole plan is then over.
bool is_past_point_of_no_return(const Plan& plan, const RunState& state);
bool is_past_point_of_no_return(const Plan& plan, const RunState& state, ResourceId resource);
// A resource is where it was before, while the plan itself did not go back.
bool is_partial(const RunState& state);

}  // namespace mig::plan
