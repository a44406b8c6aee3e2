// `pause`, `continue`, `approve`, `abort`, `rollback`, `unlock`: what people ask of a run.
//
// A request is written into the journal. A live runner answers it at its next slice, and this
// command waits a moment to tell what it said; where none is alive it takes the lease, answers the
// request itself, and, for `continue` and `rollback`, carries it out.
#include <memory>

#include <fmt/format.h>

#include "runtime/cli/commands.hpp"
#include "runtime/cli/drive.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/cli/signals.hpp"
#include "runtime/engine/requests.hpp"
#include "runtime/stores/store_control.hpp"

namespace mig::cli {
namespace {

struct ControlOptions {
  SessionOptions session;
  DriveOptions drive;
  std::string because;
  std::string who;       // approve: which approval
  std::string gate;      // approve: a gate without data
  std::string resource;  // rollback: only this one
};

// What the run said to request `id`.
struct Answer {
  bool accepted = false;
  std::string because;
};

// `seq` is the last record that was looked at, and moves.
runtime::Result<std::optional<Answer>> find_answer(runtime::Journal& journal, std::int64_t request,
                                                   std::int64_t& seq) {
  std::optional<Answer> answer;
  while (true) {
    MIG_ASSIGN(page, journal.read(seq, 512));
    if (page.empty()) return answer;
    for (const runtime::JournalRecord& record : page) {
      seq = record.seq;
      if (!record.kind.starts_with("request_")) continue;
      MIG_ASSIGN(stored, runtime::decode(record));
      if (const auto* it = std::get_if<plan::RequestAccepted>(&stored.entry.record)) {
        if (it->request == request) answer = Answer{true, {}};
      } else if (const auto* no = std::get_if<plan::RequestRefused>(&stored.entry.record)) {
        if (no->request == request) answer = Answer{false, no->because};
      }
    }
  }
}

// A living runner answers at its next slice, and looks every 250 ms while it waits.
constexpr runtime::Duration kAnswerWithin = std::chrono::seconds(5);
constexpr runtime::Duration kLookEvery = std::chrono::milliseconds(100);

// Either the runner's answer, or the lease, where no runner is alive or the last one has just gone.
struct AnswerOrLease {
  std::optional<Answer> answer;
  std::optional<runtime::Lease> lease;
  std::string holder;  // where neither came in time
};

runtime::Result<AnswerOrLease> await_answer(Session& session, const runtime::RunSummary& run,
                                            std::int64_t request) {
  SignalWaiter waiter(session.clock());
  const auto until =
      session.clock().now() + std::chrono::duration_cast<std::chrono::microseconds>(kAnswerWithin);
  std::int64_t seq = run.state.seq;
  while (true) {
    auto lease = take_lease(session, run.plan_name, run.env);
    if (!lease && lease.error().kind != runtime::ErrorKind::Conflict)
      return std::unexpected(lease.error());
    MIG_ASSIGN(answer, find_answer(session.journal(), request, seq));
    // Whoever got the lease looks for the answer again: a runner that has just gone may have given
    // it.
    if (lease) return AnswerOrLease{std::nullopt, *lease, {}};
    if (answer) return AnswerOrLease{answer, std::nullopt, {}};
    if (session.clock().now() >= until)
      return AnswerOrLease{std::nullopt, std::nullopt, lease.error().message};
    waiter.wait(until, kLookEvery);
  }
}

ExitCode refuse(const std::string& because) {
  fmt::print(stderr, "mig: refused: {}\n", because);
  return ExitCode::Refused;
}

// No runner is alive: this command holds the lease, answers what was asked, and may go on.
ExitCode answer_here(const ControlOptions& options, Session& session,
                     const runtime::RunSummary& run, const runtime::Lease& lease,
                     std::int64_t request, bool then_drive) {
  auto log = runtime::RunLog::open(session.journal(), run.run);
  if (!log) return report_error(log.error(), ExitCode::NeedsPerson);
  if (auto done = runtime::answer_all(*log, lease, session.clock()); !done)
    return report_error(done.error());
  std::int64_t seq = run.state.seq;
  auto answer = find_answer(session.journal(), request, seq);
  if (!answer) return report_error(answer.error(), ExitCode::NeedsPerson);
  const std::optional<Answer>& told = *answer;
  const bool accepted = told && told->accepted;
  if (accepted && then_drive) return drive(session, *log, lease, options.drive);
  (void)session.journal().release(lease);
  if (!accepted) return refuse(told ? told->because : "the run did not answer");
  fmt::print("{}: {}\n", run.run, name(log->state().status));
  return ExitCode::Done;
}

// Writes the request; answers it here when no runner is alive. With `then_drive` the run goes on
// here.
ExitCode ask(const ControlOptions& options, const std::string& want, bool then_drive) {
  auto session =
      Session::open(journal_path(options.session, "."), Session::Access::Write, options.session);
  if (!session) return report_error(session.error());
  auto run = session->find(options.session.run);
  if (!run) return report_error(run.error(), ExitCode::Usage);
  auto request = session->journal().add_request({run->run, want, who_am_i(), options.because});
  if (!request) return report_error(request.error());
  auto heard = await_answer(*session, *run, *request);
  if (!heard) return report_error(heard.error());
  const AnswerOrLease& came = *heard;
  if (came.answer) {
    if (!came.answer->accepted) return refuse(came.answer->because);
    fmt::print("{}: accepted; the runner goes on with it\n", run->run);
    return ExitCode::Done;
  }
  if (!came.lease) {
    fmt::print("asked, and not answered yet: {}\n`mig log` shows what becomes of request {}\n",
               came.holder, *request);
    return ExitCode::Done;
  }
  return answer_here(options, *session, *run, *came.lease, *request, then_drive);
}
struct Verb {
  const char* name;
  std::string_view want;
  const char* about;
  const char* example;
  bool drives;
};

constexpr Verb kVerbs[] = {
    {"pause", runtime::kWantPause, "Let the run stop at the next slice and wait",
     "mig pause --because \"lunch\"", false},
    {"continue", runtime::kWantContinue, "Let a paused or interrupted run go on, here",
     "mig continue", true},
    {"abort", runtime::kWantAbort, "End the run and leave everything as it is",
     "mig abort --because \"the plan is wrong\"", false},
    {"rollback", runtime::kWantRollback, "Undo everything that the run did, here",
     "mig rollback --because \"not today\"", true},
};

// An interrupted run is not paused: there is nothing to ask, it only has to be carried on.
ExitCode continue_run(const ControlOptions& options) {
  auto session =
      Session::open(journal_path(options.session, "."), Session::Access::Write, options.session);
  if (!session) return report_error(session.error());
  auto run = session->find(options.session.run);
  if (!run) return report_error(run.error(), ExitCode::Usage);
  if (run->state.has_ended()) {
    fmt::print(stderr, "mig: {} has ended: it is {}\n", run->run, name(run->state.status));
    return ExitCode::Refused;
  }
  if (run->state.status == plan::RunStatus::Paused)
    return ask(options, std::string(runtime::kWantContinue), true);
  auto lease = take_lease(*session, run->plan_name, run->env);
  if (!lease) return report_error(lease.error());
  auto log = runtime::RunLog::open(session->journal(), run->run);
  if (!log) return report_error(log.error(), ExitCode::NeedsPerson);
  return drive(*session, *log, *lease, options.drive);
}

// A rollback that was interrupted goes on with the same command.
ExitCode roll_back(const ControlOptions& options) {
  bool goes_on = false;
  {
    auto session =
        Session::open(journal_path(options.session, "."), Session::Access::Write, options.session);
    if (!session) return report_error(session.error());
    auto run = session->find(options.session.run);
    if (!run) return report_error(run.error(), ExitCode::Usage);
    goes_on = run->state.status == plan::RunStatus::RollingBack;
    if (run->state.status == plan::RunStatus::RolledBack) {
      fmt::print("{} is rolled back already\n", run->run);
      return ExitCode::Done;
    }
  }
  if (goes_on) return continue_run(options);
  return ask(options,
             options.resource.empty() ? std::string(runtime::kWantRollback)
                                      : std::string(runtime::kWantRollbackOf) + options.resource,
             true);
}

}  // namespace

void declare_control(CLI::App& app, ExitCode& exit) {
  for (const Verb& verb : kVerbs) {
    CLI::App* command = app.add_subcommand(verb.name, verb.about);
    auto options = std::make_shared<ControlOptions>();
    add_run_option(*command, options->session);
    command->add_option("--because", options->because, "why; it is kept in the journal");
    if (verb.drives) add_drive_options(*command, options->drive);
    options->drive.wants_rollback = verb.want == runtime::kWantRollback;
    if (options->drive.wants_rollback) {
      command->add_option("--resource", options->resource,
                          "only this one goes back, where its plan says `allow_partial`");
    }
    command->footer(fmt::format("Example:\n  {}", verb.example));
    command->callback([options, &verb, &exit] {
      if (verb.want == runtime::kWantContinue) {
        exit = continue_run(*options);
      } else if (verb.want == runtime::kWantRollback) {
        exit = roll_back(*options);
      } else {
        exit = ask(*options, std::string(verb.want), verb.drives);
      }
    });
  }
}

void declare_approve(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("approve", "Approve what a run waits for");
  auto options = std::make_shared<ControlOptions>();
  command->add_option("WHO", options->who,
                      "the approval that the plan asks for, as it is written there");
  command->add_option("--run", options->session.run, "the run's id or its beginning");
  command->add_option("--without-data", options->gate,
                      "accept that this gate has no data; needs --because");
  command->add_option("--because", options->because, "why; it is kept in the journal");
  add_journal_option(*command, options->session);
  command->footer(
      "Examples:\n"
      "  mig approve team-dba --because \"counts looked at\"\n"
      "  mig approve --without-data slo --because \"no reads at night\"\n"
      "An approval is for what the run has done so far; when that changes it is void.\n"
      "Whoever started the run does not approve it, unless its plan says `by_author = true`.");
  command->callback([options, &exit] {
    if (options->who.empty() == options->gate.empty()) {
      fmt::print(stderr, "mig: say who approves, or name a gate with --without-data\n");
      exit = ExitCode::Usage;
      return;
    }
    const std::string want = options->gate.empty()
                                 ? std::string(runtime::kWantApprove) + options->who
                                 : std::string(runtime::kWantWithoutData) + options->gate;
    exit = ask(*options, want, false);
  });
}

}  // namespace mig::cli
