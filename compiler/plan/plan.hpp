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
  Retreat,       // a failed gate: reads go back to the share that passed last, and the run pauses
  AllowPartial,  // the resource of the step goes back alone, and the others go on
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

// What moves: the old side and the new one, the router between them, and how rows become others.
// Of services the requests move, and there are no rows: `from` and `to` then say nothing.
struct Sides {
  DatasetId from;
  std::vector<DatasetId> to;
  std::optional<RouterId> through;
  std::optional<TransformId> via;   // absent: the rows are carried over as they are
  std::optional<TransformId> back;  // from new to old; absent with `via`: there is no way back
  std::optional<ServiceId> old_service;
  std::optional<ServiceId> new_service;  // there is one if there is an old one
  std::string nothing_moves;             // why no rows are carried over; empty: they are
  bool operator==(const Sides&) const = default;

  bool are_services() const { return old_service.has_value(); }
};

// A part of a plan that moves on its own: sides, and the phases that name it. A feature is one
// whose sides are services: some of their requests.
struct Resource : Sides {
  std::string name;
  std::string about;  // its doc comment
  Place place;
  std::vector<RequestRoute> requests;  // of a feature
  bool operator==(const Resource&) const = default;
};

struct Phase {
  std::string name;   // inside a resource: `sessions.move`
  std::string about;  // its doc comment
  Place place;
  std::vector<PhaseId> after;
  std::vector<StepId> steps;
  std::optional<Window> window;  // absent: its steps may run at any time
  std::optional<ResourceId> resource;
  bool operator==(const Phase&) const = default;
};

// Of a plan that declares no environment.
inline constexpr std::string_view kDefaultEnvironment = "default";

// The sides are those of a plan without resources. A plan that has resources has none of its own;
// what is said of one resource is asked of a view (view_of), which has its sides.
struct Plan : Sides {
  std::uint32_t edition = 1;
  std::string name;
  std::string about;
  std::string env{kDefaultEnvironment};
  std::vector<Parameter> parameters;
  std::vector<Store> stores;
  std::vector<Router> routers;
  std::vector<Service> services;
  std::vector<Entity> entities;
  std::vector<Dataset> datasets;
  std::vector<Transform> transforms;
  std::vector<Metric> metrics;
  std::vector<Gate> gates;
  std::vector<Phase> phases;
  std::vector<Step> steps;
  std::vector<Resource> resources;
  std::optional<Duration> rollback_within;  // how long the way back may take, from wherever it is
  std::optional<ResourceId> seen_by;        // in a view, which is never stored: whose it is
  bool operator==(const Plan&) const = default;

  const Store& at(StoreId id) const { return stores.at(id.index); }
  const Router& at(RouterId id) const { return routers.at(id.index); }
  const Service& at(ServiceId id) const { return services.at(id.index); }
  const Entity& at(EntityId id) const { return entities.at(id.index); }
  const Dataset& at(DatasetId id) const { return datasets.at(id.index); }
  const Transform& at(TransformId id) const { return transforms.at(id.index); }
  const Metric& at(MetricId id) const { return metrics.at(id.index); }
  const Gate& at(GateId id) const { return gates.at(id.index); }
  const Phase& at(PhaseId id) const { return phases.at(id.index); }
  const Step& at(StepId id) const { return steps.at(id.index); }
  const Resource& at(ResourceId id) const { return resources.at(id.index); }
  std::optional<ResourceId> resource_of(StepId id) const {
    return resources.empty() ? std::nullopt : at(at(id).phase).resource;
  }
  // False for the steps of other resources than the one whose view this is: they move other things.
  bool sees(StepId id) const {
    const auto resource = resource_of(id);
    return !resource || !seen_by || resource == seen_by;
  }
  const Entity& entity_of(DatasetId id) const { return at(at(id).entity); }
};

// The names of the old side and of the new one.
std::string print_old(const Plan& plan, const Sides& sides);
std::string print_new(const Plan& plan, const Sides& sides);
// The sides that the dataset is one of; of two such the first, of none those of the plan.
const Sides& sides_with(const Plan& plan, DatasetId dataset);
// Whether a failure may take that resource back while the others go on.
bool may_go_back_alone(const Plan& plan, ResourceId resource);

// The plan as one of its resources sees it: with the sides of that resource. All ids stay.
Plan view_of(const Plan& plan, ResourceId resource);

// What takes a step back when a run is rolled back.
enum class UndoKind : std::uint8_t {
  Inverse,  // the step has an inverse effect
  Nothing,  // it left nothing that needs undoing
  None,     // nothing undoes it: it stands behind the point of no return
};
UndoKind undo_of(const Plan& plan, const Step& step);

// The position of the point of no return, if there is one: each resource may have its own.
std::optional<StepId> point_of_no_return(const Plan& plan, std::optional<ResourceId> resource);
// Of a plan without resources, or of the resource whose view it is.
std::optional<StepId> point_of_no_return(const Plan& plan);
// For every step, whether it can only run after `marker`.
std::vector<bool> steps_behind(const Plan& plan, StepId marker);

}  // namespace mig::plan
