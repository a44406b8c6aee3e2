// `mig apply FILE`: shows what a plan would do, asks, and carries it out, or goes on with the run
// that it began.
#include <algorithm>
#include <cassert>
#include <iostream>
#include <memory>
#include <random>
#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "compiler/plan/codec.hpp"
#include "compiler/plan/hash.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/compilation.hpp"
#include "runtime/cli/drive.hpp"
#include "runtime/cli/live_report.hpp"
#include "runtime/cli/plan_options.hpp"
#include "runtime/cli/preflight.hpp"
#include "runtime/cli/refused_plan.hpp"
#include "runtime/cli/session.hpp"

namespace mig::cli {
namespace {

struct ApplyOptions {
  PlanOptions plan;
  bool yes = false;
  SessionOptions session;
  DriveOptions drive;
};

// `split-users-20261122-150000-4f1c`: what it is, when it began, and no two alike.
std::string new_run_id(const std::string& plan, runtime::Instant now) {
  std::string name = plan;
  std::ranges::replace(name, '_', '-');
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  std::random_device random;
  return fmt::format("{}-{:%Y%m%d-%H%M%S}-{:04x}", name,
                     fmt::gmtime(seconds.time_since_epoch().count()), random() & 0xFFFFU);
}

class Apply {
 public:
  explicit Apply(const ApplyOptions& options) : options_(options), file_(options.plan.file) {}

  ExitCode run() {
    plan_ = chosen_plan(file_, options_.plan, exit_);
    if (plan_ == nullptr) return exit_;
    if (const auto exit = refused(*plan_)) return *exit;
    plan_hash_ = print(plan_hash(*plan_));
    std::error_code error;
    const auto folder = std::filesystem::absolute(options_.plan.file, error).parent_path();
    if (error) return refuse(ExitCode::Usage, "the plan's folder cannot be found", error.message());
    auto session = Session::open(journal_path(options_.session, folder), Session::Access::Write,
                                 options_.session);
    if (!session) return report_error(session.error());
    auto runs = runtime::RunLog::list(session->journal());
    if (!runs) return report_error(runs.error(), ExitCode::NeedsPerson);
    const runtime::RunSummary* unfinished = nullptr;
    for (const runtime::RunSummary& one : *runs) {
      if (one.plan_name != plan_->name || one.env != plan_->env) continue;
      if (!one.state.has_ended()) unfinished = &one;
      if (one.state.status == plan::RunStatus::Completed && one.plan_hash == plan_hash_) {
        return refuse(ExitCode::Refused, fmt::format("this plan was completed by run {}", one.run),
                      "a plan is used once; change the plan to move data again");
      }
    }
    if (unfinished != nullptr && unfinished->plan_hash != plan_hash_) {
      return refuse(
          ExitCode::Refused,
          fmt::format("the file is not the plan that run {} began with", unfinished->run),
          fmt::format(
              "`mig continue {}` goes on with the reviewed plan; `mig rollback {}` undoes it",
              unfinished->run, unfinished->run));
    }
    return start(*session, folder, unfinished);
  }

 private:
  ExitCode refuse(ExitCode exit, const std::string& message, const std::string& help) {
    fmt::print(stderr, "mig: {}\n", message);
    if (!help.empty()) fmt::print(stderr, "     {}\n", help);
    return exit;
  }

  bool confirm() const {
    fmt::print("\nApply this plan? Only `yes` goes on: ");
    std::fflush(stdout);
    std::string answer;
    return std::getline(std::cin, answer) && answer == "yes";
  }

  ExitCode start(Session& session, const std::filesystem::path& folder,
                 const runtime::RunSummary* unfinished) {
    const std::string run = unfinished == nullptr ? std::string() : unfinished->run;
    auto live = look_at(*plan_, folder, run);
    if (!live) return report_error(live.error());
    for (const Obstacle& obstacle : live->obstacles) {
      refuse(obstacle.exit, obstacle.message, obstacle.help);
      // What another run holds looks odd in many ways, and none of them is news.
      if (obstacle.exit == ExitCode::Locked) break;
    }
    if (!live->obstacles.empty()) return live->obstacles.front().exit;
    if (const ExitCode found = report_live(file_, *plan_, *live); found != ExitCode::Done)
      return found;
    if (!options_.drive.is_json) fmt::print("{}", preview(*plan_, *live, run));
    if (!options_.yes) {
      if (::isatty(STDIN_FILENO) != 1) {
        return refuse(ExitCode::Usage, "there is no terminal to ask at",
                      "add --yes to apply what was shown without asking");
      }
      if (!confirm()) return refuse(ExitCode::Usage, "nothing was changed", "");
    }
    auto lease = take_lease(session, plan_->name, plan_->env);
    if (!lease) return report_error(lease.error());
    if (!options_.drive.is_json) fmt::print("\n");
    auto log = unfinished != nullptr ? runtime::RunLog::open(session.journal(), run)
                                     : create(session, *lease, folder);
    if (!log) return report_error(log.error(), ExitCode::NeedsPerson);
    if (auto ready = make_ready(session, *log, *lease, *live); !ready)
      return report_error(ready.error());
    // Nobody has to decide anything about a full disk: whoever asks again has made room.
    if (log->state().reason == plan::PauseReason::Disk) {
      auto goes_on =
          log->append(*lease, {plan::RunContinued{who_am_i()}}, who_am_i(), session.clock());
      if (!goes_on) return report_error(goes_on.error());
    }
    const plan::RunState& state = log->state();
    if (state.status == plan::RunStatus::Paused) {
      assert(state.reason.has_value());
      (void)session.journal().release(*lease);
      fmt::print("{} is paused ({}): {}\n{}", plan_->name, name(*state.reason), state.detail,
                 legal_commands(*plan_, state));
      return ExitCode::NeedsPerson;
    }
    return drive(session, *log, *lease, options_.drive);
  }

  runtime::Result<runtime::RunLog> create(Session& session, const runtime::Lease& lease,
                                          const std::filesystem::path& folder) {
    plan::RunCreated created;
    created.run = new_run_id(plan_->name, session.clock().now());
    created.plan_name = plan_->name;
    created.env = plan_->env;
    created.plan_hash = plan_hash_;
    created.source_hash = print(file_.result().source_hash);
    created.plan = encode(*plan_);
    created.sources = file_.source_texts();
    created.plan_folder = folder.string();
    return runtime::RunLog::create(session.journal(), lease, created, who_am_i(), session.clock());
  }

  // A run that was recorded and not yet checked live, perhaps because the process died in between.
  runtime::Result<void> make_ready(Session& session, runtime::RunLog& log,
                                   const runtime::Lease& lease, const Preflight& live) {
    if (log.state().status != plan::RunStatus::Pending) return {};
    return log.append(lease, {plan::RunReady{live.identities, review_hash(*plan_, live)}},
                      who_am_i(), session.clock());
  }

  const ApplyOptions& options_;
  CompiledFile file_;
  const plan::Plan* plan_ = nullptr;
  std::string plan_hash_;
  ExitCode exit_ = ExitCode::Done;
};

}  // namespace

void declare_apply(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("apply", "Carry out a plan, or go on with the run it began");
  auto options = std::make_shared<ApplyOptions>();
  add_plan_options(*command, options->plan);
  command->add_flag("--yes,-y", options->yes, "do not ask");
  add_journal_option(*command, options->session);
  add_drive_options(*command, options->drive);
  command->footer(
      "Examples:\n"
      "  mig apply plan.mig --env prod\n"
      "  mig apply plan.mig --env ci --yes --until-blocked\n"
      "Interrupted or killed, the same command goes on where it stopped.\n"
      "Exit codes: 0 done or waiting, 1 the plan is wrong, 3 used, stale, or beyond this version,\n"
      "            4 rolled back, 5 needs a person, 6 locked, 7 waiting (--detailed-exitcode)");
  command->callback([options, &exit] { exit = Apply(*options).run(); });
}

}  // namespace mig::cli
