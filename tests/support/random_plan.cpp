#include "tests/support/random_plan.hpp"

#include <algorithm>
#include <random>

#include "compiler/plan/machine/spellings.hpp"
#include "tests/support/random_values.hpp"

namespace mig::tests {
namespace {

constexpr std::size_t kEach = 3;  // ids are filled with 0, 1 and 2

template <class T>
void fill_to(RandomFiller& filler, std::vector<T>& values, std::size_t size) {
  while (values.size() < size)
    filler.fill(values.emplace_back());
}

// Ids of phases and steps point back, and phases and steps name each other.
void make_order_whole(RandomFiller& filler, plan::Plan& plan) {
  for (std::uint32_t p = 0; p < plan.phases.size(); ++p) {
    plan::Phase& phase = plan.phases[p];
    phase.steps.clear();
    std::erase_if(phase.after, [&](plan::PhaseId id) { return id.index >= p; });
  }
  for (std::uint32_t s = 0; s < plan.steps.size(); ++s) {
    plan::Step& step = plan.steps[s];
    step.phase.index =
        static_cast<std::uint32_t>(filler.below(static_cast<std::int64_t>(plan.phases.size())));
    plan.phases[step.phase.index].steps.push_back(plan::StepId{s});
    std::erase_if(step.needs, [&](plan::StepId id) { return id.index >= s; });
  }
}

void make_datasets_whole(plan::Plan& plan) {
  for (plan::Dataset& dataset : plan.datasets) {
    const auto size = static_cast<std::uint32_t>(plan.at(dataset.entity).fields.size());
    for (plan::Canonical& canonical : dataset.canonical)
      canonical.field %= size;
  }
}

void make_transforms_whole(RandomFiller& filler, plan::Plan& plan) {
  for (plan::Transform& transform : plan.transforms) {
    for (plan::Companion& companion : transform.companions) {
      const auto size = static_cast<std::uint32_t>(plan.at(companion.entity).fields.size());
      companion.by.resize(plan.at(transform.input).key().size());
      for (std::uint32_t& field : companion.by)
        field %= size;
    }
    for (plan::Emit& emit : transform.emits) {
      emit.values.resize(plan.at(emit.entity).fields.size());
      for (plan::Expr& value : emit.values)
        filler.fill(value);
    }
  }
}

// Either both sides are services, or none is.
void make_services_whole(plan::Sides& sides) {
  if (!sides.old_service || !sides.new_service) {
    sides.old_service.reset();
    sides.new_service.reset();
  }
}

// Every second plan has none; in the others every phase belongs to one, so that any step has sides.
void make_resources_whole(RandomFiller& filler, plan::Plan& plan) {
  if (filler.below(2) == 0) plan.resources.clear();
  for (plan::Resource& resource : plan.resources)
    fill_to(filler, resource.to, 1);
  for (plan::Resource& resource : plan.resources)
    make_services_whole(resource);
  const auto size = static_cast<std::uint32_t>(plan.resources.size());
  for (plan::Phase& phase : plan.phases) {
    const std::uint32_t any = phase.resource.value_or(plan::ResourceId{}).index;
    phase.resource.reset();
    if (size > 0) phase.resource = plan::ResourceId{any % size};
  }
}

void make_reading_whole(const plan::Plan& plan, plan::Reading& reading) {
  auto* arm = std::get_if<plan::ArmReading>(&reading);
  if (arm != nullptr && arm->of && arm->of->index >= plan.resources.size()) arm->of.reset();
}

void make_routes_whole(plan::Plan& plan) {
  for (plan::Router& router : plan.routers) {
    const bool needs_store =
        router.kind == plan::RouterKind::Table || router.kind == plan::RouterKind::Channel;
    if (needs_store) router.store = plan::StoreId{};
  }
  for (plan::Step& step : plan.steps) {
    auto* reads = std::get_if<plan::RouteReads>(&step.action);
    auto* writes = std::get_if<plan::RouteWrites>(&step.action);
    if (reads == nullptr && writes == nullptr) continue;
    std::vector<std::uint32_t>& by = reads != nullptr ? reads->by : writes->by;
    const auto resource = plan.at(step.phase).resource;
    const plan::Sides& sides =
        resource ? static_cast<const plan::Sides&>(plan.at(*resource)) : plan;
    if (sides.are_services()) {
      by.clear();
      continue;
    }
    const auto size = static_cast<std::uint32_t>(plan.entity_of(sides.from).fields.size());
    for (std::uint32_t& field : by)
      field %= size;
  }
  // Arms of a resource that is not there.
  for (plan::Gate& gate : plan.gates) {
    for (plan::Clause& clause : gate.clauses) {
      make_reading_whole(plan, clause.reading);
      for (plan::Measured& limit : clause.measured)
        make_reading_whole(plan, limit.of);
    }
  }
}

// A merge names fields beside the key, and other rules name none.
void make_copies_whole(plan::Plan& plan) {
  for (plan::Step& step : plan.steps) {
    auto* copy = std::get_if<plan::Copy>(&step.action);
    if (copy == nullptr) continue;
    for (plan::MergedField& one : copy->merged) {
      const std::vector<plan::Field>& fields = plan.entity_of(one.dataset).fields;
      one.field %= static_cast<std::uint32_t>(fields.size());
    }
    std::erase_if(copy->merged, [&](const plan::MergedField& one) {
      return plan.entity_of(one.dataset).fields[one.field].key;
    });
    const bool merges = copy->on_conflict == plan::OnConflict::Merge;
    if (!merges) copy->merged.clear();
    if (merges && copy->merged.empty()) copy->on_conflict = plan::OnConflict::Keep;
  }
}

}  // namespace

plan::Plan random_plan(std::uint64_t seed) {
  RandomFiller filler(seed);
  plan::Plan plan;
  filler.fill(plan);
  fill_to(filler, plan.stores, kEach);
  fill_to(filler, plan.routers, kEach);
  fill_to(filler, plan.services, kEach);
  fill_to(filler, plan.entities, kEach);
  fill_to(filler, plan.datasets, kEach);
  fill_to(filler, plan.transforms, kEach);
  fill_to(filler, plan.metrics, kEach);
  fill_to(filler, plan.gates, kEach);
  fill_to(filler, plan.to, 1);
  make_services_whole(plan);
  fill_to(filler, plan.phases, kEach);
  fill_to(filler, plan.steps, 8);
  for (plan::Entity& entity : plan.entities) {
    fill_to(filler, entity.fields, kEach);
    entity.fields.front().key = true;
  }
  make_datasets_whole(plan);
  make_transforms_whole(filler, plan);
  make_order_whole(filler, plan);
  make_resources_whole(filler, plan);
  make_routes_whole(plan);
  make_copies_whole(plan);
  return plan;
}

plan::Plan plan_of(const std::vector<std::vector<std::uint32_t>>& needs) {
  plan::Plan plan;
  plan.name = "machine";
  for (std::uint32_t i = 0; i < needs.size(); ++i) {
    plan.phases.push_back(plan::Phase{.name = "p" + std::to_string(i), .steps = {plan::StepId{i}}});
    plan::Step step{.name = "s" + std::to_string(i), .phase = plan::PhaseId{i}};
    step.action = plan::Hold{};
    for (const std::uint32_t need : needs[i])
      step.needs.push_back(plan::StepId{need});
    plan.steps.push_back(std::move(step));
  }
  return plan;
}

plan::Plan random_steps(std::uint64_t seed, std::uint32_t size) {
  std::mt19937_64 random(seed);
  std::vector<std::vector<std::uint32_t>> needs(size);
  for (std::uint32_t i = 1; i < size; ++i) {
    for (std::uint64_t count = random() % 4; count > 0; --count)
      needs[i].push_back(static_cast<std::uint32_t>(random() % i));
  }
  return plan_of(needs);
}

std::vector<plan::Record> random_records(std::uint64_t seed) {
  RandomFiller filler(seed);
  const auto any = [&]<class T>(T value) {
    filler.fill(value);
    return value;
  };
  const auto text = [&] { return any(std::string()); };
  const auto number = [&] { return filler.any_integer(); };
  const auto step = [&] { return any(plan::StepId()); };
  const auto direction = [&] { return any(plan::Direction()); };
  const auto counts = [&] {
    return plan::Counts{number(), number(), number(), number(), number()};
  };
  const auto texts = [&] { return any(std::vector<std::string>()); };
  using namespace plan;
  return {
      RunCreated{text(), text(), text(), text(), text(), text(), texts(), text()},
      RunReady{texts(), text()},
      RunnerArrived{text()},
      StepStarted{step(), direction()},
      StepProgressed{step(), text(), counts()},
      StepRewound{step(), text(), counts()},
      StepDone{step(), direction(), text(), counts(), any(std::optional<Duration>())},
      StepFailed{step(), direction(), text(), text(), number()},
      GateJudged{step(), any(GateId()), text(), texts()},
      Approved{step(), text(), text(), text(), any(false)},
      RunPaused{any(PauseReason()), text()},
      RunContinued{text()},
      RollbackStarted{text(), any(std::optional<PhaseId>())},
      WindowAwaited{any(PhaseId()), number()},
      ResourceRollbackStarted{any(ResourceId()), text()},
      ResourceRolledBack{any(ResourceId())},
      Warned{text(), text(), any(false), any(false)},
      RollbackEnded{},
      RunCompleted{},
      RunAborted{text(), text()},
      RequestAccepted{number(), text(), text(), text()},
      RequestRefused{number(), text(), text(), text()},
  };
}

}  // namespace mig::tests
