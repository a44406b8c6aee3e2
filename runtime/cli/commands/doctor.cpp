// `doctor`: what mig has left in stores, who needs it, and its removal, with or without the
// journal of the run that left it.
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/screen_text.hpp"
#include "compiler/plan/routing.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/stores/leftovers.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/postgres_place.hpp"
#include "runtime/stores/redis_leftovers.hpp"

namespace mig::cli {
namespace {

struct DoctorOptions {
  SessionOptions session;
  std::vector<std::string> stores;  // files and URLs, which may hold a password
  std::vector<std::string> take;    // runs that may lose what they need, by their full ids
  bool removes = false;
  bool takes_routes = false;
  bool yes = false;
  bool is_json = false;
};

// The journal that is at hand, if one is.
struct Known {
  std::string uuid;
  std::map<std::string, runtime::RunSummary> runs;
  bool is_unreadable = false;
};

runtime::Result<Known> read_journal(const DoctorOptions& options) {
  const auto path = journal_path(options.session, ".");
  const bool is_named = !options.session.journal.empty();
  std::error_code error;
  if (!is_named && !std::filesystem::exists(path, error)) return Known{};
  auto session = Session::open(path, Session::Access::Read, options.session);
  auto runs = session ? runtime::RunLog::list(session->journal())
                      : std::unexpected<runtime::Error>(session.error());
  if (!runs) {
    if (is_named) return std::unexpected(runs.error());
    fmt::print(stderr, "mig: {}\n", runs.error().message);
    return Known{.is_unreadable = true};
  }
  Known known{.uuid = session->journal().uuid()};
  for (runtime::RunSummary& run : *runs)
    known.runs.emplace(run.run, std::move(run));
  return known;
}

// What the journal at hand says of the run behind a fence.
struct Need {
  std::string state;  // of the run; empty: this journal does not know it
  bool is_needed = false;
};

Need need_of(const Known& known, const runtime::Fence& fence) {
  if (known.is_unreadable) return {"nobody knows, its journal cannot be read", true};
  const auto run = known.runs.find(fence.run);
  if (known.uuid != fence.journal || run == known.runs.end()) return {};
  const plan::RunState& state = run->second.state;
  return {std::string(name(state.status)), !state.has_ended()};
}

runtime::Result<runtime::Database> open(const std::string& place, bool writes) {
  if (runtime::is_postgres_url(place)) return runtime::open_postgres(place, {.writes = writes});
  std::error_code error;
  if (!std::filesystem::exists(place, error)) {
    return runtime::fail(runtime::ErrorKind::Permanent, fmt::format("there is no file `{}`", place),
                         "name the file of a store");
  }
  if (std::filesystem::is_directory(place, error)) {
    return runtime::fail(runtime::ErrorKind::Permanent, fmt::format("`{}` is a directory", place),
                         "name the file of a store");
  }
  // What a killed writer has left half done, SQLite puts right before anybody reads.
  const auto left = std::filesystem::file_size(place + "-journal", error);
  const bool must_recover = !error && left > 0;
  return runtime::open_sqlite(
      place, writes || must_recover ? runtime::Mode::ReadWrite : runtime::Mode::ReadOnly);
}

// Without its password.
runtime::Result<std::string> shown_place(const std::string& place) {
  if (runtime::is_postgres_url(place)) return runtime::shown_postgres_place(place);
  if (!runtime::is_redis_url(place)) return place;
  MIG_ASSIGN(address, runtime::RedisAddress::parse(place));
  return address.shown;
}

runtime::Result<runtime::Leftovers> look(const std::string& place) {
  if (runtime::is_redis_url(place)) {
    MIG_ASSIGN(redis, runtime::RedisConnection::open(place));
    return runtime::leftovers(redis);
  }
  MIG_ASSIGN(database, open(place, false));
  MIG_ASSIGN(moment, runtime::Transaction::begin_read(database));
  MIG_ASSIGN(found, runtime::leftovers(database));
  MIG_TRY(moment.commit());
  return std::move(found);
}

// A store may be anybody's file, and its names may hold what a terminal obeys.
std::string safe(const std::string& text) {
  return compiler::on_screen(text).text;
}

// What the end of that run's plan left on, if the journal at hand is its own. Whoever takes away
// what is left here ends that, too.
std::vector<std::string> left_on(const Known& known, const runtime::FinishedRun& finished) {
  std::vector<std::string> texts;
  const auto run = known.runs.find(finished.run);
  if (known.uuid != finished.journal || run == known.runs.end()) return texts;
  const plan::Plan& plan = run->second.plan;
  const plan::Views views(plan);
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const plan::StepId id{i};
    if (const auto* leave = std::get_if<plan::Leave>(&plan.steps[i].action))
      texts.push_back(fmt::format("{}; {}", left_on(views.of(id), id), leave->reason));
  }
  return texts;
}

void show(const std::string& file, const runtime::Leftovers& found, const Known& known) {
  if (found.empty()) {
    fmt::print("{}: nothing of mig is left\n", file);
    return;
  }
  fmt::print("{}\n", file);
  for (const runtime::Fence& fence : found.fences) {
    const Need need = need_of(known, fence);
    fmt::print("  `{}` is held by the run {}\n    of the journal {}, epoch {}: {}\n",
               safe(fence.resource), safe(fence.run), safe(fence.journal), fence.epoch,
               need.state.empty() ? "that journal is not at hand" : need.state);
  }
  for (const runtime::FinishedRun& run : found.finished) {
    fmt::print("  the run {} ended here: {}, {}\n", safe(run.run), safe(run.outcome),
               safe(run.at.substr(0, 19)));
    for (const std::string& text : left_on(known, run))
      fmt::print("    and left it so that {}\n", safe(text));
  }
  for (const runtime::Leftover& thing : found.things)
    fmt::print("  {:<8} {:<36} {}\n", thing.type, safe(thing.name), safe(thing.about));
}

nlohmann::json json_of(const std::string& file, const runtime::Leftovers& found,
                       const Known& known) {
  auto fences = nlohmann::json::array();
  for (const runtime::Fence& fence : found.fences) {
    const Need need = need_of(known, fence);
    fences.push_back({{"resource", fence.resource},
                      {"journal", fence.journal},
                      {"run", fence.run},
                      {"epoch", fence.epoch},
                      {"state", need.state.empty() ? nlohmann::json() : nlohmann::json(need.state)},
                      {"needed", need.is_needed}});
  }
  auto things = nlohmann::json::array();
  for (const runtime::Leftover& thing : found.things)
    things.push_back({{"type", thing.type}, {"name", thing.name}, {"about", thing.about}});
  auto finished = nlohmann::json::array();
  for (const runtime::FinishedRun& run : found.finished)
    finished.push_back({{"run", run.run},
                        {"journal", run.journal},
                        {"outcome", run.outcome},
                        {"left_on", left_on(known, run)}});
  return {{"store", file}, {"fences", fences}, {"finished", finished}, {"left", things}};
}

// The first fence whose run would miss what is taken away.
const runtime::Fence* needed(const runtime::Leftovers& found, const Known& known,
                             const DoctorOptions& options) {
  const auto is_needed = [&](const runtime::Fence& fence) {
    return need_of(known, fence).is_needed &&
           std::ranges::find(options.take, fence.run) == options.take.end();
  };
  const auto fence = std::ranges::find_if(found.fences, is_needed);
  return fence == found.fences.end() ? nullptr : &*fence;
}

ExitCode refuse_needed(const std::string& file, const runtime::Fence& fence, const Known& known) {
  fmt::print(stderr,
             "mig: the run {} needs what is in {}: it is {}\n"
             "     end it with `mig rollback {}`, or take it away all the same with `--take {}`\n",
             fence.run, file, need_of(known, fence).state, fence.run, fence.run);
  return ExitCode::Locked;
}

bool confirm() {
  fmt::print("\nTake all of this away? Rows stay as they are. Only `yes` goes on: ");
  std::fflush(stdout);
  std::string answer;
  return std::getline(std::cin, answer) && answer == "yes";
}

class Doctor {
 public:
  explicit Doctor(const DoctorOptions& options) : options_(options) {}

  ExitCode run() {
    auto known = read_journal(options_);
    if (!known) return report_error(known.error());
    known_ = std::move(*known);
    bool is_clean = true;
    auto stores = nlohmann::json::array();
    for (const std::string& place : options_.stores) {
      auto shown = shown_place(place);
      if (!shown) return report_error(shown.error());
      auto found = look(place);
      if (!found) return report_error(found.error());
      is_clean = is_clean && found->empty();
      if (options_.is_json) {
        stores.push_back(json_of(*shown, *found, known_));
      } else {
        show(*shown, *found, known_);
      }
      shown_.push_back(std::move(*shown));
      found_.push_back(std::move(*found));
    }
    if (options_.is_json) fmt::print("{}\n", stores.dump(2));
    if (is_clean) return ExitCode::Done;
    return options_.removes ? remove() : ExitCode::PlanWrong;
  }

 private:
  ExitCode remove() {
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (const auto* fence = needed(found_[i], known_, options_))
        return refuse_needed(shown_[i], *fence, known_);
    }
    if (!options_.yes) {
      if (::isatty(STDIN_FILENO) != 1) {
        fmt::print(stderr,
                   "mig: there is no terminal to ask at\n"
                   "     add --yes to take away what is listed without asking\n");
        return ExitCode::Usage;
      }
      if (!confirm()) {
        fmt::print(stderr, "mig: nothing was changed\n");
        return ExitCode::Usage;
      }
    }
    bool is_clean = true;
    for (std::size_t i = 0; i < options_.stores.size(); ++i) {
      auto rest = clean(options_.stores[i], shown_[i]);
      if (!rest) return report_error(rest.error());
      is_clean = is_clean && *rest;
    }
    return is_clean ? ExitCode::Done : ExitCode::PlanWrong;
  }

  // True when nothing is left. What came since the look is judged like what was seen.
  runtime::Result<bool> clean(const std::string& place, const std::string& shown) {
    if (runtime::is_redis_url(place)) return clean_keys(place, shown);
    MIG_ASSIGN(database, open(place, true));
    MIG_ASSIGN(transaction, runtime::Transaction::begin_write(database));
    MIG_ASSIGN(found, runtime::leftovers(database));
    if (const auto* fence = needed(found, known_, options_)) {
      return runtime::fail(runtime::ErrorKind::Conflict,
                           fmt::format("the run {} came to need what is in {}", fence->run, shown));
    }
    std::vector<runtime::Leftover> going;
    std::vector<std::string> staying;
    for (const runtime::Leftover& thing : found.things) {
      if (thing.leads_to_new && !options_.takes_routes) {
        staying.push_back(thing.name);
      } else {
        going.push_back(thing);
      }
    }
    MIG_TRY(runtime::remove_leftovers(database, going));
    MIG_TRY(transaction.commit());
    if (!options_.is_json) fmt::print("{}: {} things taken away\n", shown, going.size());
    for (const std::string& name : staying) {
      fmt::print(stderr,
                 "mig: the table `{}` of {} stays: it sends applications away from the old side\n"
                 "     when none of them reads it any more, `--routes` takes it, too\n",
                 safe(name), shown);
    }
    return staying.empty();
  }

  runtime::Result<bool> clean_keys(const std::string& place, const std::string& shown) {
    MIG_ASSIGN(redis, runtime::RedisConnection::open(place));
    MIG_ASSIGN(found, runtime::leftovers(redis));
    if (const auto* fence = needed(found, known_, options_)) {
      return runtime::fail(runtime::ErrorKind::Conflict,
                           fmt::format("the run {} came to need what is in {}", fence->run, shown));
    }
    MIG_TRY(runtime::remove_leftovers(redis, found.things));
    if (!options_.is_json) fmt::print("{}: {} things taken away\n", shown, found.things.size());
    return true;
  }

  const DoctorOptions& options_;
  Known known_;
  std::vector<std::string> shown_;  // by the number of the store, as the next
  std::vector<runtime::Leftovers> found_;
};

}  // namespace

void declare_doctor(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("doctor", "Show what mig has left in stores, and take it away");
  auto options = std::make_shared<DoctorOptions>();
  command->add_option("STORE", options->stores, "SQLite files, and URLs of PostgreSQL and Redis")
      ->required();
  command->add_flag("--remove", options->removes, "take everything away, each store at once");
  command->add_option("--take", options->take,
                      "also what this run needs, by its full id; may be repeated");
  command->add_flag("--routes", options->takes_routes,
                    "also routing tables that send applications away from the old side");
  command->add_flag("--yes,-y", options->yes, "do not ask");
  command->add_flag("--json", options->is_json, "for programs");
  add_journal_option(*command, options->session);
  command->footer(
      "Examples:\n"
      "  mig doctor legacy.db fresh.db\n"
      "  mig doctor legacy.db --remove --yes\n"
      "  mig doctor postgresql://mig@db.example/shop redis://cache.example/0\n"
      "Only for runs whose journal is lost: `mig rollback` and `mig apply` leave nothing behind.\n"
      "Rows that were copied stay. Writes that a guard refused are open again.\n"
      "Exit codes: 0 nothing is left, 1 something is, 6 a run needs it, 69 a store cannot be used");
  command->callback([options, &exit] { exit = Doctor(*options).run(); });
}

}  // namespace mig::cli
