// A plan: what the compiler makes of a `.mig` file for one environment, and all that the runtime
// knows.
//
// Finite, acyclic, plain data. Steps stand in written order, and every step's needs stand before
// it, so the list itself is a topological order. Immutable once built; safe to share between
// threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/action.hpp"
#include "compiler/plan/gate.hpp"
#include "compiler/plan/ids.hpp"
#include "compiler/plan/schema.hpp"
#include "compiler/plan/units.hpp"
#include "compiler/plan/window.hpp"

namespace mig::plan {

// Where something was written: for messages, never part of a plan's meaning.
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool operator==(const Place&) const = default;
};

// A parameter as it was resolved: default < env < `--set`.
struct Parameter {
  std::string name;
  std::string type;
  std::string value;
  std::string from;  // `default`, `env prod`, `--set`
  bool operator==(const Parameter&) const = default;
};

struct Retry {
  std::uint32_t times = 0;  // further attempts after the first
  bool forever = false;
  Duration first_wait = std::chrono::seconds(1);
  Duration longest_wait = std::chrono::minutes(1);
  bool operator==(const Retry&) const = default;
};

enum class Finally : std::uint8_t {
  Rollback,
  RollbackTo,
  Pause,
  Retreat,  // a failed gate: reads go back to the share that passed last, and the run pauses
};

// What a failure of a step does: first the retries, then one of these.
struct OnFail {
  Retry retry;
  Finally then = Finally::Rollback;
  std::optional<PhaseId> to;  // RollbackTo: the last phase that stays as it is
  bool operator==(const OnFail&) const = default;
};

struct Step {
  std::string name;  // stable: `move/snapshot#1`
  PhaseId phase;
  Place place;
  std::vector<StepId> needs;
  Action action;
  OnFail on_fail;
  std::uint16_t semantics = 1;  // version of the verb's meaning
  // Of one attempt, while somebody runs it; nothing: it waits by rules of its own (time_limit.hpp).
  std::optional<Duration> limit;
  bool operator==(const Step&) const = default;
};

struct Phase {
  std::string name;
  std::string about;  // its doc comment
  Place place;
  std::vector<PhaseId> after;
  std::vector<StepId> steps;
  std::optional<Window> window;  // absent: its steps may run at any time
  bool operator==(const Phase&) const = default;
};

// Of a plan that declares no environment.
inline constexpr std::string_view kDefaultEnvironment = "default";

struct Plan {
  std::uint32_t edition = 1;
  std::string name;
  std::string about;
  std::string env{kDefaultEnvironment};
  std::vector<Parameter> parameters;
  std::vector<Store> stores;
  std::vector<Router> routers;
  std::vector<Entity> entities;
  std::vector<Dataset> datasets;
  std::vector<Transform> transforms;
  std::vector<Metric> metrics;
  std::vector<Gate> gates;
  DatasetId from;
  std::vector<DatasetId> to;
  std::optional<RouterId> through;
  std::optional<TransformId> via;   // absent: the rows are carried over as they are
  std::optional<TransformId> back;  // from new to old; absent with `via`: there is no way back
  std::vector<Phase> phases;
  std::vector<Step> steps;
  bool operator==(const Plan&) const = default;

  const Store& at(StoreId id) const { return stores.at(id.index); }
  const Router& at(RouterId id) const { return routers.at(id.index); }
  const Entity& at(EntityId id) const { return entities.at(id.index); }
  const Dataset& at(DatasetId id) const { return datasets.at(id.index); }
  const Transform& at(TransformId id) const { return transforms.at(id.index); }
  const Metric& at(MetricId id) const { return metrics.at(id.index); }
  const Gate& at(GateId id) const { return gates.at(id.index); }
  const Phase& at(PhaseId id) const { return phases.at(id.index); }
  const Step& at(StepId id) const { return steps.at(id.index); }
  const Entity& entity_of(DatasetId id) const { return at(at(id).entity); }
};

// What takes a step back when a run is rolled back.
enum class UndoKind : std::uint8_t {
  Inverse,  // the step has an inverse effect
  Nothing,  // it left nothing that needs undoing
  None,     // nothing undoes it: it stands behind the point of no return
};
UndoKind undo_of(const Plan& plan, const Step& step);

// The position of the plan's point of no return, if it has one.
std::optional<StepId> point_of_no_return(const Plan& plan);

}  // namespace mig::plan
