#include "compiler/check_locks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/phrase.hpp"
#include "compiler/sql_words.hpp"
#include "compiler/told_run.hpp"

namespace mig::compiler {
namespace {

using plan::StepId;

class LocksChecker {
 public:
  LocksChecker(const OrderedView& ordered, Diagnostics& diagnostics)
      : ordered_(ordered), plan_(ordered.plan()), diagnostics_(diagnostics) {}

  void check() {
    if (plan_.are_services()) return;
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const StepId step{i};
      const auto dataset = changed(step);
      if (!dataset || diagnostics_.has_error_at(ordered_.span(step))) continue;
      check_limit(step, *dataset);
      check_concurrent(step, *dataset);
      check_filled(step, *dataset);
    }
  }

 private:
  bool is_target(plan::DatasetId dataset) const {
    return std::ranges::find(plan_.to, dataset) != plan_.to.end();
  }

  // Whether clients use it before the step, in a store where they would have to wait.
  bool is_live(StepId step, plan::DatasetId dataset) const {
    if (!can(plan_.at(plan_.at(dataset).store).kind, plan::StoreAbility::Locks)) return false;
    const Facts& facts = ordered_.facts.before.at(step.index);
    return (dataset == plan_.from && facts.uses_old()) || (is_target(dataset) && facts.uses_new());
  }

  // The dataset in use whose table the step changes.
  std::optional<plan::DatasetId> changed(StepId step) const {
    const plan::Action& action = plan_.at(step).action;
    if (const auto* sql = std::get_if<plan::Sql>(&action)) return changed_by(step, *sql);
    const auto* writes = std::get_if<plan::RouteWrites>(&action);
    // Its triggers are made with the step.
    if (writes != nullptr && writes->mirror == plan::WriteMode::Transaction)
      return is_live(step, plan_.from) ? std::optional(plan_.from) : std::nullopt;
    const bool changes = std::holds_alternative<plan::AddField>(action) ||
                         std::holds_alternative<plan::AddIndex>(action) ||
                         std::holds_alternative<plan::DropField>(action);
    if (!changes) return std::nullopt;
    const plan::DatasetId dataset = plan::datasets_of(action).front();
    return is_live(step, dataset) ? std::optional(dataset) : std::nullopt;
  }

  std::optional<plan::DatasetId> changed_by(StepId step, const plan::Sql& sql) const {
    for (const SqlChange& change : changes_of(sql.text)) {
      for (std::uint32_t i = 0; i < plan_.datasets.size(); ++i) {
        const plan::DatasetId dataset{i};
        const bool is_named =
            plan_.at(dataset).store == sql.store && change.names(plan_.at(dataset).table);
        if (is_named && is_live(step, dataset)) return dataset;
      }
    }
    return std::nullopt;
  }

  const std::string& phase_of(StepId step) const { return plan_.at(plan_.at(step).phase).name; }

  void tell_locked(Report report, StepId step, std::string waits) const {
    ToldRun run;
    run.mig(phase_of(step), phrase(plan_, step), ordered_.span(step))
        .other("app", std::move(waits));
    run.tell(report, "clients wait for as long as the table is large");
  }

  // Whoever waits for a lock lets everybody wait who comes after it.
  void check_limit(StepId step, plan::DatasetId dataset) {
    const plan::Store& store = plan_.at(plan_.at(dataset).store);
    const plan::Retry& retry = plan_.at(step).on_fail.retry;
    const bool tries_again = retry.forever || retry.times > 0;
    if (store.lock_timeout && tries_again) return;
    auto report = diagnostics_.report(
        ordered_.span(step), diag::LocksClientsOut,
        store.lock_timeout
            ? fmt::format("this changes `{}` while clients use it, and gives up when it cannot",
                          plan_.at(dataset).name)
            : fmt::format("this changes `{}` while clients use it, and may let them wait for as "
                          "long as the slowest of them",
                          plan_.at(dataset).name));
    ToldRun run;
    run.other("app", fmt::format("a long transaction has read `{}`", plan_.at(dataset).name))
        .mig(phase_of(step), fmt::format("{}: waits for it", phrase(plan_, step)),
             ordered_.span(step));
    if (store.lock_timeout) {
      run.other("time",
                fmt::format("{} later it waits no longer", plan::print(*store.lock_timeout)))
          .other("undo", "everything, since nothing says that it tries again");
      run.tell(report, "one slow client takes the whole plan back");
    } else {
      run.other("app", "READ row 7: waits behind it");
      run.tell(report, "every client waits as long as the slowest transaction lasts");
    }
    if (!store.lock_timeout)
      report.help(
          fmt::format("say in `{}` for how long it may wait: `lock_timeout = 2s`", store.name));
    if (!tries_again)
      report.help("let it try again: `on_fail retry 5 then rollback { backoff = 5s..1m }`");
  }

  // An index is built for as long as the table is large.
  void check_concurrent(StepId step, plan::DatasetId dataset) {
    const plan::Action& action = plan_.at(step).action;
    bool locks = false;
    if (const auto* index = std::get_if<plan::AddIndex>(&action)) {
      locks = !index->concurrently;
    } else if (const auto* sql = std::get_if<plan::Sql>(&action)) {
      locks = std::ranges::any_of(changes_of(sql->text), &SqlChange::builds_under_lock);
    }
    if (!locks || diagnostics_.has_error_at(ordered_.span(step))) return;
    auto report = diagnostics_.report(
        ordered_.span(step), diag::LocksClientsOut,
        fmt::format("nobody writes `{}` while this index is built", plan_.at(dataset).name));
    tell_locked(report, step, "WRITE row 7: waits until it is done");
    report
        .help(std::holds_alternative<plan::Sql>(action)
                  ? "write `create index concurrently`"
                  : "let clients go on: `add index … { concurrently }`")
        .help("or build it before the first client comes there");
  }

  // A default that is no constant is worked out for every row, and the table is written anew.
  void check_filled(StepId step, plan::DatasetId dataset) {
    const auto* sql = std::get_if<plan::Sql>(&plan_.at(step).action);
    if (sql == nullptr || diagnostics_.has_error_at(ordered_.span(step))) return;
    if (!std::ranges::any_of(changes_of(sql->text), &SqlChange::fills_by_call)) return;
    auto report = diagnostics_.report(
        ordered_.span(step), diag::LocksClientsOut,
        fmt::format("nobody uses `{}` while every row gets its default", plan_.at(dataset).name));
    tell_locked(report, step, "READ row 7: waits until it is done");
    report.help("add the field with a constant, or without a default, and fill it afterwards");
  }

  const OrderedView& ordered_;
  const plan::Plan& plan_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_locks(const OrderedView& ordered, Diagnostics& diagnostics) {
  LocksChecker(ordered, diagnostics).check();
}

}  // namespace mig::compiler
