// `verify`, `repair`, `unlock`: looks at the two sides of a run, and mends what a person asks to be
// mended, outside the order of its plan.
#include "runtime/data/reconcile.hpp"

#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/plan/machine/schedule.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/drive.hpp"
#include "runtime/cli/observers.hpp"
#include "runtime/cli/refused_plan.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/cli/share_option.hpp"
#include "runtime/cli/signals.hpp"
#include "runtime/steps/delete_cap.hpp"
#include "runtime/steps/follower.hpp"
#include "runtime/steps/letter_retry.hpp"
#include "runtime/steps/repair.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/guard.hpp"
#include "runtime/stores/store_control.hpp"

namespace mig::cli {
namespace {

constexpr std::size_t kEntriesAtOnce = 2000;

struct ReconcileCommand {
  SessionOptions session;
  std::string list;
  bool is_json = false;
  std::string resource;  // only this one; empty: all that the plan moves
  // How large a share of the rows may be deleted, by the person who repairs.
  std::optional<plan::Ratio> most_deletes;
  std::string store;
  std::string held_by;
};

// What the plan moves, or the one resource that was asked for; nothing where it has no such.
std::vector<const plan::Plan*> chosen_views(const plan::Views& views,
                                            const ReconcileCommand& command) {
  std::vector<const plan::Plan*> chosen;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const plan::Plan& view = views.at(i);
    const std::string name = view.seen_by ? view.at(*view.seen_by).name : std::string();
    if (command.resource.empty() || command.resource == name) chosen.push_back(&view);
  }
  return chosen;
}

ExitCode unknown_resource(const plan::Plan& plan, const ReconcileCommand& command) {
  fmt::print(stderr, "mig: the plan {} has no resource `{}`\n", plan.name, command.resource);
  return ExitCode::Usage;
}

runtime::ReconcileOptions options_for(const ReconcileCommand& command, const plan::Plan& view,
                                      const plan::RunState& state, const std::string& run,
                                      const std::filesystem::path& folder) {
  runtime::ReconcileOptions options;
  options.run = run;
  options.leads = plan::leading_side(view, state);
  options.scratch_folder = folder / ".mig";
  std::error_code ignored;
  std::filesystem::create_directories(options.scratch_folder, ignored);
  if (!command.list.empty()) options.list = own_path(view, command.list);
  return options;
}

nlohmann::json sequences_json(const plan::Plan& plan, const runtime::Reconciliation& result) {
  auto sequences = nlohmann::json::array();
  for (const runtime::SequenceState& one : result.behind) {
    sequences.push_back({{"dataset", plan.at(one.dataset).name},
                         {"field", one.field},
                         {"sequence", one.name},
                         {"next", *one.next},
                         {"highest", *one.highest},
                         {"is_wrong", result.is_behind_wrong},
                         {"mend", one.mend}});
  }
  return sequences;
}

// What is amiss on the new side by itself.
void show_findings(const plan::Plan& plan, const runtime::Reconciliation& result) {
  if (result.orphans() > 0)
    fmt::print("\n{} rows refer to rows that are not there\n", grouped(result.orphans()));
  for (const runtime::Orphan& orphan : result.first_orphans) {
    fmt::print("  {:<10} {} {}: {} = {}\n", "orphan", plan.at(orphan.dataset).name, orphan.key,
               orphan.constraint, orphan.value);
  }
  if (!result.behind.empty()) {
    fmt::print("\n{}\n", result.is_behind_wrong
                             ? "sequence behind: what they hand out next is there already"
                             : "note: these sequences move where writes go to the new side");
  }
  for (const runtime::SequenceState& one : result.behind) {
    fmt::print("  {}.{}: {} gives {}, and {} is there; {}\n", plan.at(one.dataset).name, one.field,
               one.name, *one.next, *one.highest, one.mend);
  }
  for (const std::string& note : result.notes)
    fmt::print("note: {}\n", note);
}

void show(const plan::Plan& plan, const runtime::Reconciliation& result,
          const ReconcileCommand& command) {
  if (command.is_json) {
    auto datasets = nlohmann::json::array();
    for (const runtime::DatasetDrift& one : result.datasets) {
      datasets.push_back({{"dataset", plan.at(one.dataset).name},
                          {"expected", one.expected},
                          {"found", one.found},
                          {"missing", one.missing},
                          {"extra", one.extra},
                          {"mismatched", one.mismatched},
                          {"orphans", one.orphans}});
    }
    const nlohmann::json whole = {{"source_rows", result.source_rows},
                                  {"drift", result.source_drift},
                                  {"rejected", result.rejected},
                                  {"findings", result.findings()},
                                  {"datasets", std::move(datasets)},
                                  {"sequences_behind", sequences_json(plan, result)},
                                  {"notes", result.notes}};
    fmt::print("{}\n", whole.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  fmt::print("{:<24} {:>12} {:>12} {:>9} {:>9} {:>11}\n", "dataset", "expected", "found", "missing",
             "extra", "mismatched");
  for (const runtime::DatasetDrift& one : result.datasets) {
    fmt::print("{:<24} {:>12} {:>12} {:>9} {:>9} {:>11}\n", plan.at(one.dataset).name,
               grouped(one.expected), grouped(one.found), grouped(one.missing), grouped(one.extra),
               grouped(one.mismatched));
  }
  fmt::print("\n{} rows of {} compared, {} rejected, drift {}\n", grouped(result.source_rows),
             plan.at(plan.from).name, grouped(result.rejected), grouped(result.source_drift));
  for (const runtime::RowDifference& difference : result.first) {
    fmt::print("  {:<10} {} {}{}\n", name(difference.kind), plan.at(difference.dataset).name,
               difference.key,
               difference.fields.empty() ? std::string()
                                         : fmt::format(": {}", fmt::join(difference.fields, ", ")));
  }
  show_findings(plan, result);
}

ExitCode verify(const ReconcileCommand& command) {
  auto session =
      Session::open(journal_path(command.session, "."), Session::Access::Read, command.session);
  if (!session) return report_error(session.error());
  auto run = session->find(command.session.run);
  if (!run) return report_error(run.error(), ExitCode::Usage);
  auto log = runtime::RunLog::open(session->journal(), run->run);
  if (!log) return report_error(log.error(), ExitCode::NeedsPerson);
  if (const auto exit = refused(log->plan())) return *exit;
  const std::filesystem::path folder = log->created().plan_folder;
  auto stores = runtime::Stores::find(log->plan(), folder, environment);
  if (!stores) return report_error(stores.error());
  const plan::Views views(log->plan());
  const auto chosen = chosen_views(views, command);
  if (chosen.empty()) return unknown_resource(log->plan(), command);
  ExitCode exit = ExitCode::Done;
  for (const plan::Plan* view : chosen) {
    auto result = runtime::reconcile(*view, *stores,
                                     options_for(command, *view, run->state, run->run, folder));
    if (!result) return report_error(result.error());
    show(*view, *result, command);
    if (result->findings() != 0) exit = ExitCode::PlanWrong;
  }
  return exit;
}

// The step whose right it is to write the new side's rows.
std::optional<plan::StepId> writing_step(const plan::Plan& view, const plan::RunState& state) {
  std::optional<plan::StepId> found;
  for (std::uint32_t i = 0; i < view.steps.size(); ++i) {
    const bool writes =
        std::holds_alternative<plan::Copy>(view.steps[i].action) && view.sees(plan::StepId{i});
    if (writes && state.steps[i].status == plan::StepStatus::Done) found = plan::StepId{i};
  }
  return found;
}

// Carries over what has changed; over a gap in the log, deleting up to that share of the rows.
std::optional<ExitCode> catch_up(runtime::World& world, const plan::WritesState& stream,
                                 plan::Ratio most_deletes) {
  auto follower = runtime::Follower::open(world, stream.followed(), stream.leads());
  if (!follower) return report_error(follower.error());
  follower->allow_deletes(most_deletes);
  std::int64_t written = 0;
  while (true) {
    auto followed = follower->advance(world, kEntriesAtOnce);
    if (!followed) return report_error(followed.error(), ExitCode::NeedsPerson);
    written += followed->written;
    if (followed->is_drained) break;
    if (world.is_stopping) return ExitCode::Interrupted;
  }
  fmt::print("{} rows carried over\n", grouped(written));
  return std::nullopt;
}

// Compares again, and shows what is left.
ExitCode show_rest(const runtime::World& world, const ReconcileCommand& command,
                   const runtime::ReconcileOptions& options) {
  auto after = runtime::reconcile(world.plan, world.stores, options);
  if (!after) return report_error(after.error());
  show(world.plan, *after, command);
  return after->findings() == 0 ? ExitCode::Done : ExitCode::PlanWrong;
}

// Mends one pair of sides, and shows what is left.
ExitCode mend(runtime::World& world, plan::StepId step, const ReconcileCommand& command) {
  const auto options =
      options_for(command, world.plan, world.state, world.authority.run, world.folder);
  auto letters = runtime::LetterRetry::open(world, step);
  if (!letters) return report_error(letters.error());
  while (true) {
    auto is_done = letters->advance(world);
    if (!is_done) return report_error(is_done.error());
    if (*is_done) break;
  }
  runtime::Reconciler reconciler(world.plan, world.stores, options);
  while (true) {
    auto is_done = reconciler.advance();
    if (!is_done) return report_error(is_done.error());
    if (*is_done) break;
  }
  auto rows = runtime::repair(world, step, reconciler,
                              command.most_deletes.value_or(runtime::most_deletes_of(world.plan)));
  if (!rows) return report_error(rows.error(), ExitCode::NeedsPerson);
  fmt::print("{} rows repaired, {} dead letters closed\n\n", grouped(*rows),
             grouped(letters->closed()));
  return show_rest(world, command, options);
}

// The step in whose name the new side is repaired from the old one, which has to lead, or what is
// newer on the new side would be lost.
std::optional<plan::StepId> repairing_step(const plan::Plan& view, const plan::RunState& state) {
  const bool old_leads = plan::leading_side(view, state) == plan::Side::Old;
  if (!old_leads || is_past_point_of_no_return(view, state)) return std::nullopt;
  return writing_step(view, state);
}

// Where a person allows deletes, the side that follows is brought up to date first, whichever that
// is.
ExitCode mend_or_catch_up(runtime::World& world, const ReconcileCommand& command) {
  const auto stream = plan::stream(world.plan, world.state);
  if (command.most_deletes && stream) {
    if (const auto exit = catch_up(world, *stream, *command.most_deletes)) return *exit;
  }
  if (const auto step = repairing_step(world.plan, world.state)) return mend(world, *step, command);
  return show_rest(
      world, command,
      options_for(command, world.plan, world.state, world.authority.run, world.folder));
}

// Why there is nothing to repair; nothing where there is.
std::optional<std::string_view> unrepairable(const plan::Plan& view, const plan::RunState& state,
                                             const ReconcileCommand& command) {
  const bool is_followed = plan::stream(view, state).has_value();
  const bool may = (command.most_deletes && is_followed) || repairing_step(view, state);
  if (may && !state.has_ended()) return std::nullopt;
  return writing_step(view, state) ? "the old side is no longer the authority, or the run has ended"
                                   : "no copy is done yet";
}

ExitCode repair(const ReconcileCommand& command) {
  auto session =
      Session::open(journal_path(command.session, "."), Session::Access::Write, command.session);
  if (!session) return report_error(session.error());
  auto run = session->find(command.session.run);
  if (!run) return report_error(run.error(), ExitCode::Usage);
  if (const auto exit = refused(run->plan)) return *exit;
  const plan::Views views(run->plan);
  const auto chosen = chosen_views(views, command);
  if (chosen.empty()) return unknown_resource(run->plan, command);
  for (const plan::Plan* view : chosen) {
    const auto why = unrepairable(*view, run->state, command);
    if (!why) continue;
    fmt::print(stderr, "mig: there is nothing to repair {} from: {}\n", view->at(view->from).name,
               *why);
    return ExitCode::Refused;
  }
  auto lease = take_lease(*session, run->plan_name, run->env);
  if (!lease) return report_error(lease.error());
  auto log = runtime::RunLog::open(session->journal(), run->run);
  if (!log) return report_error(log.error(), ExitCode::NeedsPerson);
  const std::filesystem::path folder = log->created().plan_folder;
  auto stores = runtime::Stores::find(log->plan(), folder, environment);
  if (!stores) return report_error(stores.error());
  const runtime::Authority authority{session->journal().uuid(), run->run, lease->epoch};
  if (auto fenced = runtime::install_fences(*stores, authority, log->state().seq); !fenced) {
    return report_error(fenced.error());
  }
  ExitCode exit = ExitCode::Done;
  for (const plan::Plan* view : chosen) {
    runtime::Worker beside;
    runtime::World world{*view,  log->state(), session->clock(), *stores,
                         beside, authority,    folder,           stop_on_signals()};
    const ExitCode one = mend_or_catch_up(world, command);
    if (one != ExitCode::Done) exit = one;
  }
  (void)session->journal().release(*lease);
  return exit;
}

// Takes a dead run's marks out of a store. Whoever says the run's name has read what it was.
ExitCode unlock(const ReconcileCommand& command) {
  auto database = runtime::open_sqlite(command.store, runtime::Mode::ReadWrite);
  if (!database) return report_error(database.error());
  auto marked = runtime::has_control_tables(*database);
  if (!marked) return report_error(marked.error());
  if (!*marked) {
    fmt::print("{} holds nothing of mig\n", command.store);
    return ExitCode::Done;
  }
  auto fences = runtime::read_fences(*database);
  if (!fences) return report_error(fences.error());
  std::vector<std::string> tables;
  for (const runtime::Fence& fence : *fences) {
    if (fence.run == command.held_by) tables.push_back(fence.resource);
  }
  if (tables.empty()) {
    fmt::print(stderr, "mig: no fence in {} belongs to run `{}`\n", command.store, command.held_by);
    for (const runtime::Fence& fence : *fences) {
      fmt::print(stderr, "     {} is held by {} of journal {}\n", fence.resource, fence.run,
                 fence.journal);
    }
    return ExitCode::Usage;
  }
  auto transaction = runtime::Transaction::begin_write(*database);
  if (!transaction) return report_error(transaction.error());
  for (const std::string& table : tables) {
    if (auto open = runtime::remove_guard(*database, table); !open)
      return report_error(open.error());
  }
  if (auto done = transaction->commit(); !done) return report_error(done.error());
  const runtime::FinishedRun gone{.run = command.held_by, .outcome = "rolled_back"};
  if (auto released = runtime::release(*database, gone); !released)
    return report_error(released.error());
  fmt::print("{} is free; writes to {} are open again. What the run copied is still there.\n",
             command.store, fmt::join(tables, ", "));
  return ExitCode::Done;
}

}  // namespace

void declare_reconcile(CLI::App& app, ExitCode& exit) {
  auto add = [&](const char* name, const char* about, const char* example,
                 ExitCode (*run)(const ReconcileCommand&)) {
    CLI::App* command = app.add_subcommand(name, about);
    auto options = std::make_shared<ReconcileCommand>();
    add_run_option(*command, options->session);
    command->add_option("--list", options->list,
                        "write every difference to this file, as JSON lines");
    command->add_option("--resource", options->resource, "only this resource of the plan");
    command->add_flag("--json", options->is_json, "for programs");
    command->footer(fmt::format(
        "Example:\n  {}\nExit codes: 0 no drift, 1 drift, or another finding", example));
    command->callback([options, run, &exit] { exit = run(*options); });
    return std::pair(command, options);
  };
  add("verify", "Compare both sides of a run, and change nothing",
      "mig verify --list differences.jsonl", verify);
  auto [repairs, repair_options] =
      add("repair", "Make the new side what the old one says it should be", "mig repair", repair);
  add_share_option(
      *repairs, "--max-delete", repair_options->most_deletes,
      "also close a gap in the log, and delete up to that share of a side's rows (1%)");
  repairs->footer(
      "Example:\n  mig repair\n  mig repair --max-delete 3%\n"
      "Exit codes: 0 no drift, 1 drift, or another finding, 5 more rows would go than may");

  CLI::App* command =
      app.add_subcommand("unlock", "Free a store that a dead run of another journal holds");
  auto options = std::make_shared<ReconcileCommand>();
  command->add_option("STORE", options->store, "the store's file")->required();
  command->add_option("--take", options->held_by, "the run that holds it, by its full id")
      ->required();
  command->footer(
      "Example:\n  mig unlock packages.db --take split-packages-20261122-150000-4f1c\n"
      "Only for a run whose journal is lost: a run with a journal is ended by `mig rollback`.");
  command->callback([options, &exit] { exit = unlock(*options); });
}

}  // namespace mig::cli
