#include <cassert>

#include "compiler/plan/overloaded.hpp"
#include "runtime/steps/copy.hpp"
#include "runtime/steps/step.hpp"
#include "runtime/steps/structure.hpp"
#include "runtime/steps/verify.hpp"
#include "runtime/steps/waiting.hpp"

namespace mig::runtime {

namespace {

// REQUIRES: never called. No run is started with such a step (compiler/plan/carried_out.hpp).
std::unique_ptr<Step> never() {
  assert(false && "no run has a step that this version cannot carry out");
  return nullptr;
}

}  // namespace

std::unique_ptr<Step> make_step(const plan::Plan& plan, plan::StepId id) {
  using Made = std::unique_ptr<Step>;
  return std::visit(
      plan::Overloaded{
          [&](const plan::Create& it) -> Made { return make_create(plan, it, id); },
          [&](const plan::AddField& it) -> Made { return make_add_field(plan, it, id); },
          [&](const plan::AddIndex& it) -> Made { return make_add_index(plan, it, id); },
          [&](const plan::DropField& it) -> Made { return make_drop_field(plan, it, id); },
          [&](const plan::Drop& it) -> Made { return make_drop(plan, it, id); },
          [&](const plan::Purge& it) -> Made { return make_purge(plan, it, id); },
          [&](const plan::Backup& it) -> Made { return make_backup(plan, it, id); },
          [&](const plan::Sql& it) -> Made { return make_sql(plan, it, id); },
          [&](const plan::Copy& it) -> Made { return make_copy(plan, it, id); },
          [&](const plan::Verify& it) -> Made { return make_verify(plan, it, id); },
          [&](const plan::RouteWrites&) -> Made { return make_writes(plan, id); },
          [&](const plan::Rehearse&) -> Made { return make_rehearse(plan, id); },
          [&](const plan::Leave& it) -> Made { return make_leave(it, id); },
          [&](const plan::RouteReads& it) -> Made { return make_reads(it, id); },
          [&](const plan::Hold& it) -> Made { return make_hold(it, id); },
          [&](const plan::Approve& it) -> Made { return make_approve(it, id); },
          [&](const plan::Accept& it) -> Made { return make_accept(it, id); },
          [&](const plan::PointOfNoReturn& it) -> Made { return make_marker(it, id); },
          [](const plan::Shadow&) -> Made { return never(); },
          [](const plan::Parity&) -> Made { return never(); },
          [](const plan::Freeze&) -> Made { return never(); },
          [](const plan::Capture&) -> Made { return never(); },
      },
      plan.at(id).action);
}

}  // namespace mig::runtime
