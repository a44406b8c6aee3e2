// How long nobody can write while the authority moves, as an application sees it.
//   mig_cutover_bench [CUTOVERS]
// One client writes a thousand times a second, to whichever side takes it; the authority moves
// forth and back between two files of 100,000 rows that follow each other. Of each move the longest
// gap between two acknowledged writes counts. Prints the median and the 99th percentile.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "compiler/plan/machine/apply.hpp"
#include "runtime/engine/workers.hpp"
#include "runtime/steps/following.hpp"
#include "runtime/steps/step.hpp"
#include "runtime/stores/store_control.hpp"
#include "tests/bench/need.hpp"

namespace {

using namespace mig;
using bench::need;
using Clock = std::chrono::steady_clock;

constexpr int kRows = 100'000;

plan::Plan users_plan() {
  plan::Plan plan;
  plan.name = "users";
  plan.stores = {{.name = "old", .location = {"old.db"}}, {.name = "new", .location = {"new.db"}}};
  plan.entities = {
      {"User",
       {{.name = "id", .column = "id", .type = plan::Type::of(plan::Base::I64), .key = true},
        {.name = "name", .column = "name", .type = plan::Type::text()}},
       {}}};
  plan.datasets = {{"users", {0}, {0}, "users", {}}, {"people", {0}, {1}, "people", {}}};
  plan.to = {{1}};
  plan.phases = {{.name = "all"}};
  const auto follow = plan::WriteMode::Follow;
  plan.steps = {
      {.name = "mirror/writes#1",
       .action = plan::RouteWrites{.to = plan::Side::Old, .mirror = follow}},
      {.name = "cutover/writes#1",
       .action = plan::RouteWrites{
           .to = plan::Side::New, .mirror = follow, .max_pause = std::chrono::seconds(2)}}};
  return plan;
}

runtime::Database open(const std::filesystem::path& path) {
  return need(runtime::open_sqlite(path, runtime::Mode::Create));
}

// Writes until it is told to stop, and notes when each write was acknowledged.
class Client {
 public:
  explicit Client(const std::filesystem::path& folder)
      : old_(open(folder / "old.db")), new_(open(folder / "new.db")) {}

  void run(const std::atomic<bool>& is_over) {
    for (int i = 1; !is_over; ++i) {
      const int id = i * 7919 % kRows + 1;
      const bool is_done = write(is_old_ ? old_ : new_, is_old_ ? "users" : "people", id, i);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (!is_done) is_old_ = !is_old_;
      if (!is_done) continue;
      const std::lock_guard lock(mutex_);
      acknowledged_.push_back(Clock::now());
    }
  }

  Clock::duration longest_gap(Clock::time_point from, Clock::time_point until) {
    const std::lock_guard lock(mutex_);
    Clock::duration longest{};
    for (std::size_t i = 1; i < acknowledged_.size(); ++i) {
      if (acknowledged_[i] < from || acknowledged_[i - 1] > until) continue;
      longest = std::max(longest, acknowledged_[i] - acknowledged_[i - 1]);
    }
    return longest;
  }

 private:
  static bool write(const runtime::Database& database, const char* table, int id, int value) {
    return database
        .execute(fmt::format("UPDATE {} SET name = 'name {}' WHERE id = {}", table, value, id))
        .has_value();
  }

  runtime::Database old_;
  runtime::Database new_;
  bool is_old_ = true;
  std::mutex mutex_;
  std::vector<Clock::time_point> acknowledged_;
};

}  // namespace

int main(int count, char** arguments) {
  const int cutovers = count > 1 ? std::atoi(arguments[1]) : 100;
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("mig-cutover-{}", ::getpid());
  std::filesystem::create_directories(folder);
  {
    const plan::Plan plan = users_plan();
    for (const auto& [file, table] :
         {std::pair("old.db", "users"), std::pair("new.db", "people")}) {
      need(open(folder / file)
               .execute(fmt::format(
                   "PRAGMA journal_mode = WAL; CREATE TABLE {0}(id INTEGER PRIMARY KEY, name TEXT "
                   "NOT NULL); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                   "WHERE i < {1}) INSERT INTO {0} SELECT i, 'name ' || i FROM n",
                   table, kRows)));
    }
    plan::RunState state = plan::initial_state(plan);
    const runtime::SystemClock clock;
    auto stores = need(runtime::Stores::find(
        plan, folder, [](const std::string&) { return std::optional<std::string>(); }));
    runtime::Worker beside;
    const std::atomic<bool> is_stopping = false;
    runtime::World world{plan,   state,      clock, stores, beside, {"journal", "run", 1},
                         folder, is_stopping};
    need(runtime::install_fences(stores, world.authority, 1));
    const auto finish = [&](std::uint32_t step, bool is_forward) {
      const auto made = runtime::make_step(plan, {step});
      auto& now = state.steps[step];
      now.started = 1;
      now.status = plan::StepStatus::Running;
      while (true) {
        const auto outcome = need(is_forward ? made->advance(world) : made->undo(world));
        if (std::holds_alternative<runtime::Done>(outcome.what)) break;
      }
      now.status = is_forward ? plan::StepStatus::Done : plan::StepStatus::Undone;
    };
    finish(0, true);
    Client client(folder);
    std::atomic<bool> is_over = false;
    std::thread thread([&] { client.run(is_over); });
    runtime::Resident resident;
    std::vector<double> pauses;
    for (int i = 0; i < cutovers; ++i) {
      for (const auto until = Clock::now() + std::chrono::milliseconds(100); Clock::now() < until;)
        need(resident.tend(world));
      const auto began = Clock::now();
      finish(1, i % 2 == 0);
      const auto ended = Clock::now();
      for (const auto until = ended + std::chrono::milliseconds(20); Clock::now() < until;)
        need(resident.tend(world));
      pauses.push_back(
          std::chrono::duration<double, std::milli>(client.longest_gap(began, ended)).count());
    }
    is_over = true;
    thread.join();
    std::ranges::sort(pauses);
    const auto percentile = [&](std::size_t percent) {
      return pauses[std::min(pauses.size() - 1, pauses.size() * percent / 100)];
    };
    fmt::print("pause of {} cutovers   p50 {:.1f} ms   p99 {:.1f} ms   longest {:.1f} ms\n",
               pauses.size(), percentile(50), percentile(99), pauses.back());
  }
  std::filesystem::remove_all(folder);
  return 0;
}
