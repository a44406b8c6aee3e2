// What the passes of one compilation share: the program, its constants, and the plan that grows.
//
// A declaration that had a mistake is in no map; looking it up says nothing more, so one mistake
// gives one message. One compilation, one thread.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "compiler/constants.hpp"
#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/plan/plan.hpp"
#include "compiler/program.hpp"

namespace mig::compiler {

template <class PlanId>
using Declared = std::map<const Declaration*, PlanId>;

struct Analysis {
  const syntax::SourceSet& sources;
  const Program& program;
  Constants& constants;
  Diagnostics& diagnostics;
  NameIndex& names;
  plan::Plan plan = {};

  // Of each transform, the fields of its driving row that its `drops` names.
  std::vector<std::vector<std::uint32_t>> drops = {};

  // Of each entity, where its fields are declared.
  std::vector<std::vector<syntax::Span>> field_spans = {};

  Declared<plan::StoreId> stores = {};
  Declared<plan::RouterId> routers = {};
  Declared<plan::ServiceId> services = {};
  Declared<plan::EntityId> entities = {};
  Declared<plan::DatasetId> datasets = {};
  Declared<plan::TransformId> transforms = {};
  Declared<plan::MetricId> metrics = {};
  Declared<plan::GateId> gates = {};

  // The declaration that a name means in a scope; reports when there is none, or one of another
  // kind.
  const Declaration* resolve(const syntax::Expr& name, const Module& scope, DeclarationKind kind);

  // The thing in the plan that a name means; absent after a report, or where its declaration is
  // broken.
  template <class PlanId>
  std::optional<PlanId> find(const syntax::Expr& name, const Module& scope, DeclarationKind kind,
                             const Declared<PlanId>& declared) {
    const Declaration* declaration = resolve(name, scope, kind);
    if (declaration == nullptr) return std::nullopt;
    const auto found = declared.find(declaration);
    return found == declared.end() ? std::nullopt : std::optional(found->second);
  }

  // Notes that a place names a field of an entity of the plan.
  void refer_to_field(const syntax::Span& at, const plan::Entity& entity, std::size_t field);
  void report_unknown_field(const syntax::Span& at, const plan::Entity& entity,
                            std::string_view written);

  // Of what a strategy stands for: where it is used.
  plan::Place place(const syntax::Span& span) const;
};

// The passes, in this order. Each needs those above it.
void check_stores(Analysis& analysis);
void check_routers(Analysis& analysis);
void check_services(Analysis& analysis);
void check_entities(Analysis& analysis);
void check_datasets(Analysis& analysis);
void check_transforms(Analysis& analysis);
void check_metrics(Analysis& analysis);
// Gates of files; a plan's own gates are checked with the plan.
void check_gates(Analysis& analysis);

}  // namespace mig::compiler
