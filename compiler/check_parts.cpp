#include "compiler/check_parts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/phrase.hpp"
#include "compiler/prove/prove.hpp"

namespace mig::compiler {
namespace {

using plan::StepId;
using prove::Fault;
using prove::Harm;

class PartsChecker {
 public:
  PartsChecker(const OrderedView& ordered, Diagnostics& diagnostics)
      : ordered_(ordered),
        plan_(ordered.plan()),
        facts_(ordered.facts),
        diagnostics_(diagnostics) {}

  void check() {
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const StepId step{i};
      if (const auto* writes = std::get_if<plan::RouteWrites>(&plan_.at(step).action)) {
        check_shares(step, *writes);
        check_keys(step, *writes);
      }
      for (std::uint32_t j = 0; j < i; ++j) {
        if (!facts_.ancestors[i][j]) check_side_by_side({j}, step);
      }
    }
  }

 private:
  syntax::Span span(StepId step) const { return ordered_.span(step); }

  // The run in which a client meets it, if the plan goes on to where one does.
  void show(Report report, const std::vector<StepId>& blamed = {}) const {
    const std::set<Harm> harms{Harm::ReadMisses,   Harm::ReadUncopied, Harm::ReadLeftover,
                               Harm::ReadLate,     Harm::TakenInUse,   Harm::WriteToNothing,
                               Harm::ReadOfNothing};
    for (const Fault fault : {Fault::None, Fault::ComparisonErrs}) {
      if (show_harm(ordered_.view, ordered_.step_spans, harms, fault, report, {}, blamed)) return;
    }
  }

  // What of the world a step changes, so that another one must not at the same time.
  bool meets(const plan::Action& one, const plan::Action& other) const {
    const bool both_write = std::holds_alternative<plan::RouteWrites>(one) &&
                            std::holds_alternative<plan::RouteWrites>(other);
    const bool both_read = std::holds_alternative<plan::RouteReads>(one) &&
                           std::holds_alternative<plan::RouteReads>(other);
    return both_write || both_read || (fills(one) && takes(other)) || (takes(one) && fills(other));
  }
  static bool fills(const plan::Action& action) {
    return std::holds_alternative<plan::Copy>(action) ||
           std::holds_alternative<plan::Verify>(action);
  }
  bool takes(const plan::Action& action) const {
    const bool removes = std::holds_alternative<plan::Purge>(action) ||
                         std::holds_alternative<plan::Drop>(action) ||
                         std::holds_alternative<plan::Create>(action);
    return removes && std::ranges::any_of(plan::datasets_of(action), [&](plan::DatasetId dataset) {
             return dataset == plan_.from || std::ranges::find(plan_.to, dataset) != plan_.to.end();
           });
  }

  // M4020: phases that run side by side, and which of them comes first nobody knows.
  void check_side_by_side(StepId one, StepId other) {
    if (!meets(plan_.at(one).action, plan_.at(other).action)) return;
    auto report = diagnostics_.report(span(other), diag::ChangedTwice,
                                      fmt::format("`{}` and `{}` may run in any order",
                                                  phrase(plan_, one), phrase(plan_, other)));
    report.label(span(one), "the other one is here")
        .help("let one phase wait for the other: `phase b after a`");
    show(report, {one, other});
  }

  // M4022, M4033: a key belongs to one side at a time, with everything that is written with it.
  void check_shares(StepId step, const plan::RouteWrites& writes) {
    if (!writes.share || plan_.are_services()) return;
    const plan::Entity& entity = plan_.entity_of(plan_.from);
    for (const std::uint32_t field : writes.by) {
      if (entity.fields.at(field).key) continue;
      auto report = diagnostics_.report(
          span(step), diag::TwoWriters,
          fmt::format("two clients that differ in `{}` may write one row of `{}`, one on each side",
                      entity.fields[field].name, plan_.at(plan_.from).name));
      report.help("divide writes by the key, or by a part of it: `by = hash(…)`");
      return show(report);
    }
    if (!plan_.via) return;
    const auto& emits = plan_.at(*plan_.via).emits;
    const auto shared = std::ranges::find_if(emits, &plan::Emit::shared);
    if (shared == emits.end()) return;
    auto report =
        diagnostics_.report(span(step), diag::SplitTransaction,
                            fmt::format("rows of both parts make one row of `{}`, and no side has "
                                        "them all",
                                        plan_.at(shared->entity).name));
    report.help("move all writes at once: `writes new, old { … }`");
    show(report);
  }

  // M4027: where both sides are written at the same time one of them hands out keys.
  void check_keys(StepId step, const plan::RouteWrites& writes) {
    const bool both_insert = writes.mirror == plan::WriteMode::App || writes.share.has_value();
    if (!both_insert || plan_.are_services() || !hands_out(plan_.from)) return;
    for (const plan::DatasetId dataset : plan_.to) {
      if (!hands_out(dataset)) continue;
      auto report =
          diagnostics_.report(span(step), diag::TwoKeyMakers,
                              fmt::format("`{}` and `{}` both hand out keys from here on",
                                          plan_.at(plan_.from).name, plan_.at(dataset).name));
      report.help("let one side own the keys: leave `generated` out of the other entity")
          .help("or let mig carry the rows over with their keys: `mode = follow`");
      return show(report);
    }
  }
  bool hands_out(plan::DatasetId dataset) const {
    return std::ranges::any_of(plan_.entity_of(dataset).fields, &plan::Field::generated);
  }

  const OrderedView& ordered_;
  const plan::Plan& plan_;
  const FactTable& facts_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_parts(const OrderedView& ordered, Diagnostics& diagnostics) {
  PartsChecker(ordered, diagnostics).check();
}

}  // namespace mig::compiler
