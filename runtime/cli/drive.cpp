#include "runtime/cli/drive.hpp"

#include <cassert>
#include <unistd.h>

#include <fmt/format.h>

#include "compiler/plan/hash.hpp"
#include "compiler/plan/machine/schedule.hpp"
#include "runtime/cli/duration_option.hpp"
#include "runtime/cli/github_output.hpp"
#include "runtime/cli/observers.hpp"
#include "runtime/cli/refused_plan.hpp"
#include "runtime/cli/signals.hpp"
#include "runtime/engine/takeover.hpp"

namespace mig::cli {
namespace {

using runtime::EndKind;

ExitCode exit_of(const runtime::RunEnd& end, const plan::RunState& state,
                 const DriveOptions& options) {
  switch (end.kind) {
    case EndKind::Completed:
      return is_partial(state) ? ExitCode::Partial : ExitCode::Done;
    case EndKind::RolledBack:
      return options.wants_rollback ? ExitCode::Done : ExitCode::RolledBack;
    case EndKind::Paused:
      if (state.reason == plan::PauseReason::Asked) return ExitCode::Done;
      return state.reason == plan::PauseReason::Disk ? ExitCode::Unavailable
                                                     : ExitCode::NeedsPerson;
    case EndKind::Failed:
      return ExitCode::NeedsPerson;
    case EndKind::Waiting:
      return options.detailed_exit ? ExitCode::Waiting : ExitCode::Done;
    case EndKind::Interrupted:
      return ExitCode::Interrupted;
    case EndKind::LeaseLost:
      return ExitCode::Locked;
  }
  return ExitCode::Bug;
}

// One word for programs.
std::string_view outcome_of(const runtime::RunEnd& end, const plan::RunState& state) {
  switch (end.kind) {
    case EndKind::Completed:
      return is_partial(state) ? "partial" : "completed";
    case EndKind::RolledBack:
      return "rolled_back";
    case EndKind::Paused:
      return "paused";
    case EndKind::Failed:
      return "failed";
    case EndKind::Waiting:
      return "waiting";
    case EndKind::Interrupted:
      return "interrupted";
    case EndKind::LeaseLost:
      return "locked";
  }
  return "bug";
}

void say_end(const runtime::RunEnd& end, const plan::Plan& plan, const plan::RunState& state) {
  switch (end.kind) {
    case EndKind::Completed:
      fmt::print("\n{} is completed{}.\n", plan.name, is_partial(state) ? " in part" : "");
      for (std::uint32_t i = 0; i < plan.resources.size(); ++i) {
        const plan::ResourceState& resource = state.resources[i];
        if (resource.status != plan::ResourceStatus::RolledBack) continue;
        fmt::print("  {} is as it was: {}\n", plan.resources[i].name, resource.detail);
      }
      break;
    case EndKind::RolledBack:
      fmt::print("\n{} is rolled back; everything is as it was.\n", plan.name);
      break;
    case EndKind::Paused:
      assert(state.reason.has_value());
      fmt::print("\n{} is paused ({}): {}\n{}", plan.name, name(*state.reason), end.detail,
                 legal_commands(plan, state));
      break;
    case EndKind::Failed:
      fmt::print("\n{} was left as it is: {}\n{}", plan.name, end.detail,
                 legal_commands(plan, state));
      break;
    case EndKind::Waiting:
      fmt::print("\n{} waits {}{}.\n`mig apply` or `mig continue {}` goes on from here.\n",
                 plan.name, end.detail,
                 end.until ? fmt::format(", until {}", runtime::print(*end.until)) : std::string(),
                 state.run);
      break;
    case EndKind::Interrupted:
      fmt::print("\nstopped; the journal is consistent, `mig continue {}` goes on\n", state.run);
      break;
    case EndKind::LeaseLost:
      fmt::print(stderr, "\nmig: {}\n", end.detail);
      break;
  }
}

}  // namespace

void add_drive_options(CLI::App& command, DriveOptions& options) {
  command.add_flag("--json", options.is_json, "one JSON object an event, on standard output");
  command.add_flag("--until-blocked", options.limits.until_blocked,
                   "end well where the run would have to wait; the next call goes on");
  command.add_flag("--detailed-exitcode", options.detailed_exit, "exit 7 where the run waits");
  add_duration_option(
      command, "--max-wait", options.limits.max_wait, runtime::Duration::zero(),
      "with --until-blocked: the longest wait that is still waited for, such as 30s");
}

runtime::Result<runtime::Lease> take_lease(Session& session, const std::string& plan,
                                           const std::string& env) {
  const std::string holder = fmt::format("{} pid {}", who_am_i(), ::getpid());
  return session.journal().take(lease_resource(plan, env), holder);
}

ExitCode drive(Session& session, runtime::RunLog& log, runtime::Lease lease,
               const DriveOptions& options) {
  if (const auto exit = refused(log.plan())) {
    (void)session.journal().release(lease);
    return *exit;
  }
  const std::atomic<bool>& is_stopping = stop_on_signals();
  SignalWaiter waiter(session.clock());
  const auto observer = options.is_json ? make_json_observer(session.clock(), stdout)
                                        : make_text_observer(session.clock(), stdout);
  const std::filesystem::path folder = log.created().plan_folder;
  auto stores = runtime::Stores::find(log.plan(), folder, environment);
  if (!stores) return report_error(stores.error());
  auto changed = runtime::changed_store(log, *stores);
  if (!changed) return report_error(changed.error());
  if (const std::optional<std::string>& difference = *changed; difference) {
    (void)session.journal().release(lease);
    fmt::print(stderr, "mig: {}\n     put the file back, or leave the run with `mig abort {}`\n",
               *difference, log.state().run);
    return ExitCode::Refused;
  }
  auto end = [&] {
    runtime::Executor executor(log, lease, *stores, session.clock(), waiter, *observer, is_stopping,
                               session.journal().uuid(), folder);
    runtime::Limits limits = options.limits;
    limits.journal = session.path();
    return executor.run(limits);
  }();
  log.observe({});
  if (!end) return report_error(end.error());
  report_to_ci({{"outcome", std::string(outcome_of(*end, log.state()))},
                {"run", log.state().run},
                {"plan_hash", print(plan_hash(log.plan()))}});
  if (end->kind != EndKind::LeaseLost) (void)session.journal().release(lease);
  // A program reads the events; that the run is elsewhere now is no event of it.
  const bool is_said = !options.is_json || end->kind == EndKind::LeaseLost;
  if (is_said) say_end(*end, log.plan(), log.state());
  return exit_of(*end, log.state(), options);
}

std::string legal_commands(const plan::Plan& plan, const plan::RunState& state) {
  const std::string& run = state.run;
  std::string text;
  if (state.status == plan::RunStatus::Paused) {
    text +=
        fmt::format("  mig continue {}    {}\n", run,
                    state.direction == plan::Direction::Back    ? "goes on undoing"
                    : state.reason == plan::PauseReason::Asked  ? "goes on where it stopped"
                    : state.reason == plan::PauseReason::Disk   ? "goes on when there is space"
                    : state.reason == plan::PauseReason::Window ? "looks at its window again"
                                                                : "tries the failed step again");
  }
  if (!is_past_point_of_no_return(plan, state) && state.status != plan::RunStatus::RollingBack) {
    const auto steps = undo_order(plan, state);
    text += fmt::format("  mig rollback {}    undoes {} {}; everything is then as it was\n", run,
                        steps.size(), steps.size() == 1 ? "step" : "steps");
  }
  for (std::uint32_t i = 0; i < plan.resources.size(); ++i) {
    const plan::ResourceId id{i};
    const bool may = may_go_back_alone(plan, id) && !is_past_point_of_no_return(plan, state, id) &&
                     state.at(id).status == plan::ResourceStatus::Forward &&
                     state.direction == plan::Direction::Forward;
    if (!may) continue;
    text += fmt::format("  mig rollback {} --resource {}    undoes {} alone\n", run,
                        plan.at(id).name, plan.at(id).name);
  }
  if (state.status == plan::RunStatus::Paused) {
    text += fmt::format("  mig abort {}       leaves everything as it is now\n", run);
  }
  text += fmt::format("  mig why {}         shows what it waits for\n", run);
  return text;
}

}  // namespace mig::cli
