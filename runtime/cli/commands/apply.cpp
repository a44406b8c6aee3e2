// `mig apply FILE`: shows what a plan would do, asks, and carries it out, or goes on with the run
// that it began; of a saved plan just what was reviewed.
#include <cassert>
#include <iostream>
#include <memory>
#include <unistd.h>

#include <fmt/format.h>

#include "compiler/plan/codec.hpp"
#include "compiler/plan/hash.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/drive.hpp"
#include "runtime/cli/live_report.hpp"
#include "runtime/cli/plan_to_apply.hpp"
#include "runtime/cli/preview/review.hpp"
#include "runtime/cli/preview/text.hpp"
#include "runtime/cli/preview/words.hpp"
#include "runtime/cli/refusal.hpp"
#include "runtime/cli/refused_plan.hpp"
#include "runtime/cli/run_id.hpp"
#include "runtime/cli/session.hpp"

namespace mig::cli {
namespace {

struct ApplyOptions {
  PlanOptions plan;
  bool yes = false;
  bool grows = false;
  SessionOptions session;
  DriveOptions drive;
};

class Apply {
 public:
  explicit Apply(const ApplyOptions& options) : options_(options) {}

  ExitCode run() {
    ExitCode exit = ExitCode::Done;
    auto wanted = plan_to_apply(options_.plan, exit);
    if (!wanted) return exit;
    wanted_ = std::move(*wanted);
    if (const auto beyond = refused(wanted_.plan)) return *beyond;
    plan_hash_ = print(plan_hash(wanted_.plan));
    auto session = Session::open(journal_path(options_.session, wanted_.folder),
                                 Session::Access::Write, options_.session);
    if (!session) return report_error(session.error());
    auto runs = runtime::RunLog::list(session->journal());
    if (!runs) return report_error(runs.error(), ExitCode::NeedsPerson);
    const runtime::RunSummary* unfinished = nullptr;
    for (const runtime::RunSummary& one : *runs) {
      if (one.plan_name != wanted_.plan.name || one.env != wanted_.plan.env) continue;
      if (!one.state.has_ended()) unfinished = &one;
      if (one.state.status == plan::RunStatus::Completed && one.plan_hash == plan_hash_) {
        return refuse(ExitCode::Refused, fmt::format("this plan was completed by run {}", one.run),
                      "a plan is used once; change the plan to move data again");
      }
      if (wanted_.saved && one.run == wanted_.saved->run && one.state.has_ended()) {
        return refuse(ExitCode::Refused,
                      fmt::format("this saved plan was used by run {}, which is {}", one.run,
                                  name(one.state.status)),
                      "a saved plan is used once; preview it and save it anew");
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
    return start(*session, unfinished);
  }

 private:
  bool confirm() const {
    fmt::print("\nApply this plan? Only `yes` goes on: ");
    std::fflush(stdout);
    std::string answer;
    return std::getline(std::cin, answer) && answer == "yes";
  }

  // What was reviewed has to be what is there, or the review says nothing of it.
  std::optional<ExitCode> stale(const Preflight& live) const {
    if (!wanted_.saved) return std::nullopt;
    const std::string now = to_the_second(runtime::SystemClock().now());
    if (wanted_.saved->preview.valid_until < now) {  // times of one form sort as text
      return refuse(
          ExitCode::Refused,
          fmt::format("the saved plan was valid until {}", wanted_.saved->preview.valid_until),
          "preview it and save it anew");
    }
    const auto changes = changes_since(*wanted_.saved, wanted_.plan, live, options_.grows);
    if (changes.empty()) return std::nullopt;
    fmt::print(stderr, "mig: the stores are not as they were when the plan was reviewed\n");
    for (const std::string& change : changes)
      fmt::print(stderr, "     {}\n", change);
    fmt::print(stderr, "     preview it and save it anew; --accept-growth lets tables grow\n");
    return ExitCode::Refused;
  }

  ExitCode start(Session& session, const runtime::RunSummary* unfinished) {
    const std::string run = unfinished == nullptr ? std::string() : unfinished->run;
    auto made = review(ReviewInput{
        .file = *wanted_.file,
        .plan = wanted_.plan,
        .source_hash = wanted_.source_hash,
        .proof = wanted_.proof,
        .path = wanted_.path,
        .folder = wanted_.folder,
        .run = run,
        .why_offline = {},
        .schemas = nullptr,
    });
    if (!made) return report_error(made.error());
    assert(made->live.has_value());  // nothing is beyond this version, so somebody looked
    const Preflight& live = *made->live;
    for (const Obstacle& obstacle : live.obstacles) {
      refuse(obstacle.exit, obstacle.message, obstacle.help);
      // What another run holds looks odd in many ways, and none of them is news.
      if (obstacle.exit == ExitCode::Locked) break;
    }
    if (!live.obstacles.empty()) return live.obstacles.front().exit;
    if (run.empty()) {
      if (const auto exit = stale(live)) return *exit;
    }
    if (const ExitCode found = report_live(*wanted_.file, made->found); found != ExitCode::Done)
      return found;
    if (!options_.drive.is_json) fmt::print("{}", as_text(made->document));
    if (const auto exit = asked()) return *exit;
    auto lease = take_lease(session, wanted_.plan.name, wanted_.plan.env);
    if (!lease) return report_error(lease.error());
    if (!options_.drive.is_json) fmt::print("\n");
    auto log = unfinished != nullptr ? runtime::RunLog::open(session.journal(), run)
                                     : create(session, *lease);
    if (!log) return report_error(log.error(), ExitCode::NeedsPerson);
    if (auto ready = make_ready(session, *log, *lease, live); !ready)
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
      fmt::print("{} is paused ({}): {}\n{}", wanted_.plan.name, name(*state.reason), state.detail,
                 legal_commands(wanted_.plan, state));
      return ExitCode::NeedsPerson;
    }
    return drive(session, *log, *lease, options_.drive);
  }

  // A saved plan was agreed to when it was reviewed.
  std::optional<ExitCode> asked() {
    if (options_.yes || wanted_.saved) return std::nullopt;
    if (::isatty(STDIN_FILENO) != 1 || environment("CI") == "true") {
      return refuse(ExitCode::Usage, "there is no terminal to ask at",
                    "add --yes to apply what was shown without asking, or apply a saved plan");
    }
    if (!confirm()) return refuse(ExitCode::Usage, "nothing was changed", "");
    return std::nullopt;
  }

  runtime::Result<runtime::RunLog> create(Session& session, const runtime::Lease& lease) {
    plan::RunCreated created;
    created.run =
        wanted_.saved ? wanted_.saved->run : new_run_id(wanted_.plan.name, session.clock().now());
    created.plan_name = wanted_.plan.name;
    created.env = wanted_.plan.env;
    created.plan_hash = plan_hash_;
    created.source_hash = wanted_.source_hash;
    created.plan = encode(wanted_.plan);
    created.sources = wanted_.sources;
    created.plan_folder = wanted_.folder.string();
    return runtime::RunLog::create(session.journal(), lease, created, who_am_i(), session.clock());
  }

  // A run that was recorded and not yet checked live, perhaps because the process died in between.
  runtime::Result<void> make_ready(Session& session, runtime::RunLog& log,
                                   const runtime::Lease& lease, const Preflight& live) {
    if (log.state().status != plan::RunStatus::Pending) return {};
    return log.append(lease, {plan::RunReady{live.identities, review_hash(wanted_.plan, live)}},
                      who_am_i(), session.clock());
  }

  const ApplyOptions& options_;
  PlanToApply wanted_;
  std::string plan_hash_;
};

}  // namespace

void declare_apply(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("apply", "Carry out a plan, or go on with the run it began");
  auto options = std::make_shared<ApplyOptions>();
  add_plan_options(*command, options->plan);
  command->add_flag("--yes,-y", options->yes, "do not ask");
  command->add_flag("--accept-growth", options->grows,
                    "a saved plan: tables may have grown since it was reviewed");
  add_journal_option(*command, options->session);
  add_drive_options(*command, options->drive);
  command->footer(
      "Examples:\n"
      "  mig apply plan.mig --env prod\n"
      "  mig apply plan.mig --env ci --yes --until-blocked\n"
      "  mig apply out.migplan\n"
      "What `mig preview --save` wrote is carried out as it was reviewed, without asking.\n"
      "Interrupted or killed, the same command goes on where it stopped.\n"
      "Exit codes: 0 done or waiting, 1 the plan is wrong, 3 used, stale, or beyond this version,\n"
      "            4 rolled back, 5 needs a person, 6 locked, 7 waiting (--detailed-exitcode)");
  command->callback([options, &exit] { exit = Apply(*options).run(); });
}

}  // namespace mig::cli
