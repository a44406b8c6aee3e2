#include "compiler/plan/verify.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/overloaded.hpp"

namespace mig::plan {
namespace {

// Collects the first flaw; every check after it is skipped.
class Inspector {
 public:
  explicit Inspector(const Plan& plan) : plan_(plan) {}

  std::optional<std::string> inspect() {
    if (plan_.resources.empty()) inspect(static_cast<const Sides&>(plan_));
    for (const Resource& resource : plan_.resources)
      inspect(static_cast<const Sides&>(resource));
    for (const Store& store : plan_.stores) {
      if (store.caches) within(store.caches->index, plan_.stores.size(), "what a store caches");
    }
    for (const Router& router : plan_.routers)
      inspect(router);
    for (const Metric& metric : plan_.metrics)
      inspect(metric);
    for (const Entity& entity : plan_.entities)
      inspect(entity);
    for (const Dataset& dataset : plan_.datasets)
      inspect(dataset);
    for (const Transform& transform : plan_.transforms)
      inspect(transform);
    for (const Gate& gate : plan_.gates)
      inspect(gate);
    inspect_phases();
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i)
      inspect(plan_.steps[i], i);
    return flaw_;
  }

 private:
  void flaw(std::string text) {
    if (!flaw_) flaw_ = std::move(text);
  }
  void within(std::size_t index, std::size_t size, std::string_view what) {
    if (index >= size) flaw(fmt::format("{} points at nothing", what));
  }
  void exists(DatasetId id, std::string_view what) {
    within(id.index, plan_.datasets.size(), what);
  }

  void inspect(const Sides& sides) {
    if (sides.old_service.has_value() != sides.new_service.has_value()) flaw("a side is missing");
    if (sides.are_services()) {
      within(sides.old_service->index, plan_.services.size(), "the old service");
      within(sides.new_service->index, plan_.services.size(), "the new service");
    } else {
      if (sides.to.empty()) flaw("it has no target");
      exists(sides.from, "from");
    }
    for (const DatasetId id : sides.to)
      exists(id, "to");
    if (sides.through) within(sides.through->index, plan_.routers.size(), "through");
    if (sides.via) within(sides.via->index, plan_.transforms.size(), "via");
    if (sides.back) within(sides.back->index, plan_.transforms.size(), "back");
  }
  void inspect(const Router& router) {
    if (router.store) within(router.store->index, plan_.stores.size(), "a router's store");
    const bool needs_store = router.kind == RouterKind::Table || router.kind == RouterKind::Channel;
    if (needs_store && !router.store) flaw("a router has no store");
  }
  void inspect(const Metric& metric) {
    std::visit(Overloaded{
                   [&](const SqlSource& source) {
                     within(source.store.index, plan_.stores.size(), "a metric's store");
                   },
                   [](const FileSource&) {},
                   [&](const PrometheusSource& source) {
                     within(source.service.index, plan_.services.size(), "a metric's service");
                   },
                   [&](const HttpJsonSource& source) {
                     within(source.service.index, plan_.services.size(), "a metric's service");
                   },
                   [](const CommandSource&) {},
               },
               metric.source);
  }
  void inspect(const Entity& entity) {
    if (std::ranges::none_of(entity.fields, &Field::key)) flaw("an entity has no key");
    for (const Field& field : entity.fields) {
      if (field.references)
        within(field.references->entity.index, plan_.entities.size(), "a reference");
    }
  }
  void inspect(const Dataset& dataset) {
    within(dataset.entity.index, plan_.entities.size(), "a dataset's entity");
    within(dataset.store.index, plan_.stores.size(), "a dataset's store");
    if (flaw_) return;
    for (const Canonical& canonical : dataset.canonical) {
      within(canonical.field, plan_.at(dataset.entity).fields.size(), "a canonical field");
    }
  }
  void inspect(const Transform& transform) {
    within(transform.input.index, plan_.entities.size(), "a transform's input");
    for (const Companion& companion : transform.companions) {
      within(companion.entity.index, plan_.entities.size(), "a transform's further input");
      if (flaw_) return;
      const Entity& entity = plan_.at(companion.entity);
      for (const std::uint32_t field : companion.by)
        within(field, entity.fields.size(), "a further row's reference");
      if (companion.by.size() != plan_.at(transform.input).key().size()) {
        flaw("a further row does not refer to the key of the driving one");
      }
    }
    for (const Emit& emit : transform.emits) {
      within(emit.entity.index, plan_.entities.size(), "an emitted entity");
      if (flaw_) return;
      if (emit.values.size() != plan_.at(emit.entity).fields.size()) {
        flaw("a transform does not fill its entity");
      }
    }
  }
  void inspect(const Gate& gate) {
    for (const Clause& clause : gate.clauses) {
      inspect(clause.reading);
      for (const Measured& limit : clause.measured)
        inspect(limit.of);
    }
  }
  void inspect(const Reading& of) {
    std::visit(Overloaded{
                   [&](const ArmReading& reading) {
                     if (reading.of)
                       within(reading.of->index, plan_.resources.size(), "a gate's arm");
                   },
                   [&](const DatasetReading& reading) { exists(reading.dataset, "a gate"); },
                   [&](const DeclaredReading& reading) {
                     within(reading.metric.index, plan_.metrics.size(), "a gate");
                   },
                   [&](const StoreReading& reading) {
                     within(reading.store.index, plan_.stores.size(), "a gate");
                   },
               },
               of);
  }
  void inspect_phases() {
    for (std::uint32_t p = 0; p < plan_.phases.size(); ++p) {
      const auto& resource = plan_.phases[p].resource;
      if (resource) within(resource->index, plan_.resources.size(), "a phase's resource");
      const bool has_sides = resource || plan_.resources.empty();
      for (const StepId id : plan_.phases[p].steps) {
        within(id.index, plan_.steps.size(), "a phase");
        if (flaw_) return;
        if (plan_.at(id).phase.index != p) flaw("a step stands in another phase");
        if (!has_sides && asks_for_sides(plan_.at(id).action)) flaw("a step has no sides");
      }
      for (const PhaseId id : plan_.phases[p].after)
        within(id.index, p, "a phase's predecessor");
    }
  }
  void inspect(const Step& step, std::uint32_t position) {
    within(step.phase.index, plan_.phases.size(), "a step's phase");
    for (const StepId need : step.needs)
      within(need.index, position, "a step's need");
    if (step.on_fail.to) within(step.on_fail.to->index, plan_.phases.size(), "rollback to");
    for (const DatasetId id : datasets_of(step.action))
      exists(id, "a step's dataset");
    if (const auto* hold = std::get_if<Hold>(&step.action)) {
      for (const GateId id : hold->gates)
        within(id.index, plan_.gates.size(), "a hold's gate");
    }
    if (const auto* copy = std::get_if<Copy>(&step.action)) inspect_merge(*copy);
    if (const auto* sql = std::get_if<Sql>(&step.action)) {
      within(sql->store.index, plan_.stores.size(), "a statement's store");
    }
    if (const auto* reads = std::get_if<RouteReads>(&step.action)) inspect_hash(step, reads->by);
    if (const auto* writes = std::get_if<RouteWrites>(&step.action)) inspect_hash(step, writes->by);
  }
  void inspect_merge(const Copy& copy) {
    if (copy.merged.empty() == (copy.on_conflict == OnConflict::Merge)) {
      flaw("a copy merges fields that nobody names");
    }
    for (const MergedField& one : copy.merged) {
      exists(one.dataset, "a merged field's dataset");
      if (flaw_) return;
      const Entity& entity = plan_.entity_of(one.dataset);
      within(one.field, entity.fields.size(), "a merged field");
      if (!flaw_ && entity.fields[one.field].key) flaw("a copy merges a key");
    }
  }
  void inspect_hash(const Step& step, const std::vector<std::uint32_t>& by) {
    if (flaw_) return;
    const auto resource = plan_.at(step.phase).resource;
    const Sides& sides = resource ? static_cast<const Sides&>(plan_.at(*resource)) : plan_;
    for (const std::uint32_t field : by) {
      const std::size_t size = sides.are_services() ? 0 : plan_.entity_of(sides.from).fields.size();
      within(field, size, "a hashed field");
    }
  }

  // What moves, and what is said of that, has two sides.
  static bool asks_for_sides(const Action& action) {
    return std::holds_alternative<Copy>(action) || std::holds_alternative<Verify>(action) ||
           std::holds_alternative<RouteWrites>(action) ||
           std::holds_alternative<Rehearse>(action) || std::holds_alternative<RouteReads>(action) ||
           std::holds_alternative<Shadow>(action) || std::holds_alternative<Parity>(action) ||
           std::holds_alternative<Capture>(action);
  }

  const Plan& plan_;
  std::optional<std::string> flaw_;
};

}  // namespace

std::optional<std::string> flaw_of(const Plan& plan) {
  return Inspector(plan).inspect();
}

}  // namespace mig::plan
