// The application beside a migration, and the judge of what it was told.
//
//   mig_app run FOLDER --history FILE --report FILE --until FILE   works until that file is there
//   mig_app check FOLDER --history FILE… --authority old|new       judges, exit code 1 for a fault
//
// `--moves users` splits users, `--moves sessions` brings sessions into a Redis, otherwise it is
// the package index. The stores are files in FOLDER unless `--old` and `--new` name others:
// `postgresql://…`, `unix:///…` or `redis://…` of a Redis, or a path.
// `run` has clients in threads of their own, each with its own connections and its own seed; some
// write the old table whatever the document says. At the end it prints what it met, as JSON.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "tests/app/client.hpp"
#include "tests/app/register_check.hpp"

namespace mig::app {
namespace {

namespace fs = std::filesystem;

struct RunOptions {
  ClientOptions client;
  fs::path history;
  fs::path report;
  fs::path until;
  int clients = 3;
  int behind = 1;
  int rate = 100;  // operations a second, of each client
};

// Latencies of writes, over all clients.
struct Latencies {
  std::mutex mutex;
  std::vector<std::int64_t> micros;
};

void work(const RunOptions& run, int number, std::atomic<bool>& is_over, Latencies& latencies,
          Tally& sum, std::string& failure) try {
  ClientOptions options = run.client;
  options.number = number + 1;
  options.name = fmt::format("c{}-{}", options.seed, number);
  options.is_behind_switch = number >= run.clients;
  options.attributes = {{"region", number % 2 == 0 ? "eu" : "us"},
                        {"segment", number % 3 == 0 ? "paid" : "free"}};
  HistoryWriter history(run.history, options.name);
  mig_router::Report report(std::string(options.application->router), options.name);
  Client client(options, history, report);
  std::ofstream lines(run.report, std::ios::app);
  auto reported = mig_router::now();
  const auto pause = std::chrono::microseconds(1'000'000 / std::max(run.rate, 1));
  std::vector<std::int64_t> micros;
  while (!is_over) {
    const Moment began = moment();
    const Tally before = client.tally();
    client.step();
    if (client.tally().acknowledged > before.acknowledged)
      micros.push_back((moment() - began) / 1000);
    if (const auto now = mig_router::now(); now - reported > std::chrono::milliseconds(500)) {
      lines << report.take_lines(0, reported, now) << std::flush;
      reported = now;
    }
    std::this_thread::sleep_for(pause);
  }
  const std::lock_guard lock(latencies.mutex);
  latencies.micros.insert(latencies.micros.end(), micros.begin(), micros.end());
  sum.acknowledged += client.tally().acknowledged;
  sum.refused += client.tally().refused;
  sum.busy += client.tally().busy;
  sum.reads += client.tally().reads;
  sum.reads_new += client.tally().reads_new;
  sum.unknown += client.tally().unknown;
  sum.swapped += client.tally().swapped;
} catch (const std::exception& error) {
  failure = error.what();
  is_over = true;
}

int run(const RunOptions& options) {
  std::atomic<bool> is_over{false};
  Latencies latencies;
  Tally sum;
  const auto all = static_cast<std::size_t>(options.clients + options.behind);
  std::vector<std::string> failures(all);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < all; ++i) {
    threads.emplace_back(
        [&, i] { work(options, static_cast<int>(i), is_over, latencies, sum, failures[i]); });
  }
  while (!is_over && !fs::exists(options.until))
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  is_over = true;
  for (std::thread& thread : threads)
    thread.join();
  for (const std::string& failure : failures) {
    if (failure.empty()) continue;
    fmt::print(stderr, "mig_app: {}\n", failure);
    return 70;
  }
  std::ranges::sort(latencies.micros);
  const auto percentile = [&](std::size_t percent) -> std::int64_t {
    if (latencies.micros.empty()) return 0;
    return latencies
        .micros[std::min(latencies.micros.size() - 1, latencies.micros.size() * percent / 100)];
  };
  fmt::print(R"({{"acknowledged":{},"refused":{},"busy":{},"unknown":{},"swapped":{},)"
             R"("reads":{},"reads_new":{},)"
             R"("write_p50_us":{},"write_p99_us":{},"write_max_us":{}}})"
             "\n",
             sum.acknowledged, sum.refused, sum.busy, sum.unknown, sum.swapped, sum.reads,
             sum.reads_new, percentile(50), percentile(99), percentile(100));
  return 0;
}

int check(const Application& application, const Places& places, const std::vector<fs::path>& files,
          bool is_new) {
  std::map<std::string, RowStory> stories;
  for (Operation& operation : read_history(files))
    stories[operation.key].operations.push_back(operation);
  const auto sides = application.open(places);
  Side* side = is_new ? sides->new_side() : &sides->old_side();
  if (side == nullptr) throw std::runtime_error("there is no new side");
  for (const auto& [key, value] : side->all())
    stories[key].last = value;
  std::int64_t acknowledged = 0, unknown = 0, operations = 0, faults = 0;
  for (const auto& [key, story] : stories) {
    for (const Operation& operation : story.operations) {
      ++operations;
      acknowledged += operation.kind != Kind::Read && operation.outcome == Outcome::Acknowledged;
      unknown += operation.outcome == Outcome::Unknown;
    }
    const std::string fault = name_of_fault(story);
    if (fault.empty()) continue;
    ++faults;
    fmt::print("{}: {}, the authority holds {}\n", key, fault,
               story.last ? std::to_string(*story.last) : "nothing");
  }
  fmt::print("{} operations on {} rows, {} acknowledged writes, {} of unknown outcome: {} faults\n",
             operations, stories.size(), acknowledged, unknown, faults);
  return faults == 0 ? 0 : 1;
}

Places places_in(const std::string& folder, const Application& application, Places named) {
  if (named.old_side.empty()) named.old_side = folder + "/" + application.files.old_side;
  if (named.new_side.empty()) named.new_side = folder + "/" + application.files.new_side;
  return named;
}

}  // namespace
}  // namespace mig::app

int main(int argc, char** argv) try {
  std::signal(SIGPIPE, SIG_IGN);  // a server that is gone is an error of the next command
  CLI::App app{"An application beside a migration, and the judge of what it was told"};
  app.require_subcommand(1);
  mig::app::RunOptions options;
  options.client.table = "mig_routes";
  std::string application = "index";
  std::vector<std::string> applications;
  for (const mig::app::Application& one : mig::app::kApplications)
    applications.emplace_back(one.name);
  std::string folder;
  mig::app::Places places;
  const auto add_places = [&](CLI::App& command) {
    command.add_option("folder", folder)->required();
    command.add_option("--moves", application, "what is moved")->check(CLI::IsMember(applications));
    command.add_option("--old", places.old_side, "URL or path of the old store");
    command.add_option("--new", places.new_side, "URL or path of the new store");
  };
  auto* run = app.add_subcommand("run", "Works until a file is there");
  add_places(*run);
  run->add_option("--history", options.history)->required();
  run->add_option("--report", options.report)->required();
  run->add_option("--until", options.until)->required();
  run->add_option("--clients", options.clients);
  run->add_option("--behind", options.behind, "of them that do not look at the document");
  run->add_option("--keys", options.client.keys);
  run->add_option("--rate", options.rate, "operations a second, of each");
  run->add_option("--seed", options.client.seed);
  std::vector<std::filesystem::path> histories;
  std::string authority = "new";
  auto* check = app.add_subcommand("check", "Judges a history");
  add_places(*check);
  check->add_option("--history", histories)->required();
  check->add_option("--authority", authority)->check(CLI::IsMember({"old", "new"}));
  CLI11_PARSE(app, argc, argv);
  options.client.application =
      std::ranges::find(mig::app::kApplications, application, &mig::app::Application::name);
  options.client.places = mig::app::places_in(folder, *options.client.application, places);
  if (run->parsed()) return mig::app::run(options);
  return mig::app::check(*options.client.application, options.client.places, histories,
                         authority == "new");
} catch (const std::exception& error) {
  fmt::print(stderr, "mig_app: {}\n", error.what());
  return 70;
}
