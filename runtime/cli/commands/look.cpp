// `list`, `status`, `log`, `why`: what is known about runs. They only read.
#include <algorithm>
#include <cassert>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/plan/machine/schedule.hpp"
#include "compiler/plan/overloaded.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/drive.hpp"
#include "runtime/cli/observers.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/engine/window_guard.hpp"
#include "runtime/steps/supplies.hpp"
#include "runtime/stores/open_transactions.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::cli {
namespace {

struct LookOptions {
  SessionOptions session;
  bool is_json = false;
  bool is_canonical = false;
};

runtime::Result<Session> open(const LookOptions& options) {
  return Session::open(journal_path(options.session, "."), Session::Access::Read, options.session);
}

// `paused (gate)`, `completed (partial)`
std::string shown_state(const plan::RunState& state) {
  if (state.reason) return fmt::format("{} ({})", name(state.status), name(*state.reason));
  const bool is_part = state.status == plan::RunStatus::Completed && is_partial(state);
  return fmt::format("{}{}", name(state.status), is_part ? " (partial)" : "");
}

// A run that has ended uses nothing up and waits for nothing.
std::vector<plan::Warning> standing(const plan::RunState& state) {
  return state.has_ended() ? std::vector<plan::Warning>() : state.warnings;
}

ExitCode list(const LookOptions& options) {
  auto session = open(options);
  if (!session) return report_error(session.error());
  auto runs = runtime::RunLog::list(session->journal());
  if (!runs) return report_error(runs.error(), ExitCode::NeedsPerson);
  if (!options.is_json) fmt::print("{:<44} {:<20} {:<10} {}\n", "run", "plan", "env", "state");
  for (const runtime::RunSummary& run : *runs) {
    if (options.is_json) {
      fmt::print("{}\n", nlohmann::json{{"run", run.run},
                                        {"plan", run.plan_name},
                                        {"env", run.env},
                                        {"state", name(run.state.status)}}
                             .dump());
      continue;
    }
    fmt::print("{:<44} {:<20} {:<10} {}\n", run.run, run.plan_name, run.env,
               shown_state(run.state));
  }
  return ExitCode::Done;
}

// For whom or for what the run's next steps wait, one line each.
std::vector<std::string> reasons(const plan::Plan& plan, const plan::RunState& state,
                                 runtime::Instant now) {
  std::vector<std::string> lines;
  if (state.status == plan::RunStatus::Paused) {
    assert(state.reason.has_value());
    lines.push_back(fmt::format("it is paused ({}): {}", name(*state.reason), state.detail));
  }
  if (state.status != plan::RunStatus::Running) return lines;
  for (const plan::StepId id : ready(plan, state)) {
    const plan::Step& step = plan.at(id);
    const plan::StepState& seen = state.at(id);
    const auto shut = runtime::shut_for(plan, state, id, now);
    if (!shut) {
      lines.push_back(shut.error().message);
    } else if (const std::optional<runtime::ShutWindow>& window = *shut) {
      lines.push_back(fmt::format("{} waits {}", step.name, window->why));
    } else if (const auto* approve = std::get_if<plan::Approve>(&step.action)) {
      lines.push_back(fmt::format("{} waits for `mig approve \"{}\"`", step.name, approve->who));
    } else if (const auto* hold = std::get_if<plan::Hold>(&step.action); hold && seen.started > 0) {
      lines.push_back(fmt::format("{} holds for {}", step.name, plan::print(hold->length)));
    } else if (seen.status == plan::StepStatus::Failed) {
      lines.push_back(fmt::format("{} failed and is tried again: {}", step.name, seen.summary));
    } else {
      lines.push_back(fmt::format(
          "{} is next; a runner carries it out: `mig apply` or `mig continue`", step.name));
    }
  }
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const bool is_marker = std::holds_alternative<plan::PointOfNoReturn>(plan.steps[i].action);
    const bool is_next =
        is_marker && std::ranges::all_of(plan.steps[i].needs, [&](plan::StepId id) {
          return state.at(id).status == plan::StepStatus::Done;
        });
    if (!is_next || state.steps[i].started > 0) continue;
    for (const plan::ResourceId other : held_back_by(plan, state, plan::StepId{i})) {
      lines.push_back(fmt::format("{} waits for {}, whose failure would still take everything back",
                                  plan.steps[i].name, plan.at(other).name));
    }
  }
  return lines;
}

nlohmann::json json_of(const runtime::RunSummary& run, runtime::Instant now) {
  auto steps = nlohmann::json::array();
  for (std::size_t i = 0; i < run.plan.steps.size(); ++i) {
    const plan::StepState& step = run.state.steps[i];
    steps.push_back({{"step", run.plan.steps[i].name},
                     {"state", name(step.status)},
                     {"summary", step.summary},
                     {"rows_read", step.counts.read},
                     {"rows_written", step.counts.written},
                     {"rows_rejected", step.counts.rejected}});
  }
  nlohmann::json json{{"run", run.run},
                      {"plan", run.plan_name},
                      {"env", run.env},
                      {"state", name(run.state.status)},
                      {"detail", run.state.detail},
                      {"plan_hash", run.plan_hash},
                      {"source_hash", run.source_hash},
                      {"past_point_of_no_return", is_past_point_of_no_return(run.plan, run.state)},
                      {"waits", reasons(run.plan, run.state, now)},
                      {"steps", std::move(steps)}};
  if (run.state.reason) json["reason"] = name(*run.state.reason);
  for (const plan::Warning& warning : standing(run.state))
    json["warnings"].push_back(
        {{"about", warning.about}, {"message", warning.message}, {"is_urgent", warning.is_urgent}});
  json["is_partial"] = is_partial(run.state);
  for (std::size_t i = 0; i < run.plan.resources.size(); ++i) {
    const plan::ResourceState& resource = run.state.resources[i];
    json["resources"].push_back({{"resource", run.plan.resources[i].name},
                                 {"state", name(resource.status)},
                                 {"detail", resource.detail}});
  }
  return json;
}

ExitCode status(const LookOptions& options) {
  auto session = open(options);
  if (!session) return report_error(session.error());
  auto run = session->find(options.session.run);
  if (!run) return report_error(run.error(), ExitCode::Usage);
  if (options.is_json) {
    fmt::print("{}\n", json_of(*run, session->clock().now()).dump(2));
    return ExitCode::Done;
  }
  fmt::print("{}   {}   env {}   {}\n\n", run->plan_name, run->run, run->env,
             shown_state(run->state));
  for (std::uint32_t i = 0; i < run->plan.resources.size(); ++i) {
    const plan::ResourceState& resource = run->state.resources[i];
    fmt::print("  {:<24} {}{}\n", run->plan.resources[i].name, name(resource.status),
               resource.detail.empty() ? "" : ": " + resource.detail);
  }
  if (!run->plan.resources.empty()) fmt::print("\n");
  for (std::uint32_t i = 0; i < run->plan.steps.size(); ++i) {
    const plan::StepState& step = run->state.steps[i];
    const auto* marker = std::get_if<plan::PointOfNoReturn>(&run->plan.steps[i].action);
    if (marker != nullptr)
      fmt::print("  {:-^96}\n", fmt::format(" point of no return: {} ", marker->reason));
    const std::string summary = step.summary.substr(0, 48);
    fmt::print("  {:<8} {:<36} {}\n", name(step.status), run->plan.steps[i].name, summary);
  }
  for (const std::string& line : reasons(run->plan, run->state, session->clock().now()))
    fmt::print("\n{}\n", line);
  for (const plan::Warning& warning : standing(run->state))
    fmt::print("\nwarning: {}\n", warning.message);
  if (!run->state.has_ended()) fmt::print("\n{}", legal_commands(run->plan, run->state));
  return ExitCode::Done;
}

// Who holds the run's servers up, or why that cannot be told.
std::vector<std::string> hindrances(Session& session, const runtime::RunSummary& run) {
  std::vector<std::string> lines;
  auto log = runtime::RunLog::open(session.journal(), run.run);
  if (!log) return {log.error().message};
  auto stores = runtime::Stores::find(run.plan, log->created().plan_folder, environment);
  if (!stores) return {stores.error().message};
  for (std::uint32_t i = 0; i < run.plan.stores.size(); ++i) {
    if (run.plan.stores[i].kind != plan::StoreKind::Postgres) continue;
    auto database = stores->reader(plan::StoreId{i});
    auto open = database ? runtime::long_open_transactions(**database)
                         : std::unexpected(std::move(database).error());
    if (!open) {
      lines.push_back(open.error().message);
      continue;
    }
    for (std::string& one : *open) {
      if (std::ranges::find(lines, one) == lines.end()) lines.push_back(std::move(one));
    }
  }
  return lines;
}

// What the run uses up, and how much of it there is.
std::vector<std::string> supplies(Session& session, const runtime::RunSummary& run) {
  auto log = runtime::RunLog::open(session.journal(), run.run);
  if (!log) return {log.error().message};
  auto stores = runtime::Stores::find(run.plan, log->created().plan_folder, environment);
  if (!stores) return {stores.error().message};
  std::vector<std::string> lines;
  const auto add = [&](const runtime::Result<std::vector<runtime::Supply>>& found) {
    if (!found) return lines.push_back(found.error().message);
    for (const runtime::Supply& supply : *found) {
      std::string line = stand_of(supply);
      if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
    }
  };
  add(runtime::look_at_disks(*stores, session.path()));
  const plan::Views views(run.plan);
  for (std::size_t i = 0; i < views.size(); ++i)
    add(runtime::Supplies().look(views.at(i), run.state, *stores, std::nullopt));
  return lines;
}

ExitCode why(const LookOptions& options) {
  auto session = open(options);
  if (!session) return report_error(session.error());
  auto run = session->find(options.session.run);
  if (!run) return report_error(run.error(), ExitCode::Usage);
  auto lines = reasons(run->plan, run->state, session->clock().now());
  if (!run->state.has_ended()) {
    for (std::string& line : hindrances(*session, *run))
      lines.push_back(std::move(line));
  }
  std::vector<std::string> left;
  if (!run->state.has_ended()) left = supplies(*session, *run);
  if (options.is_json) {
    fmt::print("{}\n",
               nlohmann::json{{"run", run->run}, {"waits", lines}, {"supplies", left}}.dump());
    return ExitCode::Done;
  }
  if (lines.empty())
    fmt::print("{} waits for nothing: it is {}\n", run->run, name(run->state.status));
  for (const std::string& line : lines)
    fmt::print("{}\n", line);
  for (const std::string& line : left)
    fmt::print("{}\n", line);
  if (!run->state.has_ended()) fmt::print("{}", legal_commands(run->plan, run->state));
  return ExitCode::Done;
}

// What two runs of one plan have in common, however often they were killed: no times, actors,
// epochs, attempts, progress, looks of gates, arrivals, warnings or requests that led to nothing.
bool is_in_canonical_log(const plan::Record& record) {
  return std::visit(plan::Overloaded{
                        [](const plan::StepProgressed&) { return false; },
                        [](const plan::StepRewound&) { return false; },
                        [](const plan::RunnerArrived&) { return false; },
                        [](const plan::GateJudged&) { return false; },  // as many as time allowed
                        [](const plan::WindowAwaited&) { return false; },
                        [](const plan::RequestRefused&) { return false; },
                        [](const plan::Warned&) { return false; },  // of what is around it
                        [](const auto&) { return true; },
                    },
                    record);
}

ExitCode log(const LookOptions& options) {
  auto session = open(options);
  if (!session) return report_error(session.error());
  auto run = session->find(options.session.run);
  if (!run) return report_error(run.error(), ExitCode::Usage);
  const auto observer = make_json_observer(session->clock(), stdout);
  std::int64_t seq = 0;
  while (true) {
    // Page by page: nothing is locked while a reader takes its time with the output.
    auto page = session->journal().read(seq, 256);
    if (!page) return report_error(page.error(), ExitCode::NeedsPerson);
    if (page->empty()) return ExitCode::Done;
    for (const runtime::JournalRecord& record : *page) {
      seq = record.seq;
      auto stored = runtime::decode(record);
      if (!stored) return report_error(stored.error(), ExitCode::NeedsPerson);
      if (stored->run != run->run) continue;
      if (options.is_canonical) {
        if (!is_in_canonical_log(stored->entry.record)) continue;
        if (auto* done = std::get_if<plan::StepDone>(&stored->entry.record)) done->way_back.reset();
        const std::string text = describe(run->plan, stored->entry.record);
        if (!text.empty() && !record.kind.starts_with("run_created")) fmt::print("{}\n", text);
      } else if (options.is_json) {
        observer->on_entry(run->plan, run->state, stored->entry);
      } else {
        const std::string text = describe(run->plan, stored->entry.record);
        if (text.empty()) continue;
        fmt::print("{:>6}  {}  {:<24}  {}\n", seq, runtime::print(record.at).substr(0, 19),
                   record.actor.substr(0, 24), text);
      }
    }
  }
}

using Look = ExitCode (*)(const LookOptions&);

void declare(CLI::App& app, ExitCode& exit, const char* name, const char* about,
             const char* example, Look look, bool takes_run) {
  CLI::App* command = app.add_subcommand(name, about);
  auto options = std::make_shared<LookOptions>();
  if (takes_run) {
    add_run_option(*command, options->session);
  } else {
    add_journal_option(*command, options->session);
  }
  command->add_flag("--json", options->is_json, "for programs");
  if (look == log) {
    command->add_flag("--canonical", options->is_canonical,
                      "only what two runs of one plan have in common, without times and attempts");
  }
  command->footer(fmt::format("Example:\n  {}", example));
  command->callback([options, look, &exit] { exit = look(*options); });
}

}  // namespace

void declare_look(CLI::App& app, ExitCode& exit) {
  declare(app, exit, "list", "List the runs of a journal", "mig list", list, false);
  declare(app, exit, "status", "Show where a run stands", "mig status", status, true);
  declare(app, exit, "why", "Say what a run waits for, and what may be done", "mig why", why, true);
  declare(app, exit, "log", "Show everything that happened in a run", "mig log --json", log, true);
}

}  // namespace mig::cli
