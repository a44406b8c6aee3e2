// How fast a follower carries over what others write, beside the writes themselves.
//   mig_follower_bench [ROWS]
// Prints three rates: plain writes, writes into a table that is followed, and rows followed. Then
// two of a copy that makes a shared row of each row: for a plan that follows nowhere, and for one
// that does and so keeps a lineage.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>

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

double seconds_of(const auto& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

plan::Plan users_plan() {
  const auto field = [](const char* name, plan::Type type, bool key = false) {
    return plan::Field{.name = name, .column = name, .type = std::move(type), .key = key};
  };
  plan::Plan plan;
  plan.name = "users";
  plan.stores = {{.name = "old", .location = {"old.db"}}, {.name = "new", .location = {"new.db"}}};
  plan.entities = {{"User",
                    {field("id", plan::Type::of(plan::Base::I64), true),
                     field("email", plan::Type::text(254)), field("name", plan::Type::text())},
                    {}}};
  plan.datasets = {{"users", {0}, {0}, "users", {}}, {"people", {0}, {1}, "people", {}}};
  plan.to = {{1}};
  plan.steps = {
      {.name = "mirror/writes#1",
       .phase = {0},
       .action = plan::RouteWrites{.to = plan::Side::Old, .mirror = plan::WriteMode::Follow}}};
  return plan;
}

// Each user and the domain of the address, ten thousand of them.
plan::Plan domains_plan(bool follows) {
  const auto text = plan::Type::text();
  plan::Plan plan = users_plan();
  plan.entities.push_back(
      {"Domain", {{.name = "domain", .column = "domain", .type = text, .key = true}}, {}});
  plan.entities[0].fields[1].type = text;
  plan.datasets.push_back({"domains", {1}, {1}, "domains", {}});
  plan.to = {{1}, {2}};
  const plan::Expr name{text, plan::FieldOf{2}};
  plan.transforms = {{"part",
                      {0},
                      {},
                      {{.entity = {0},
                        .values = {{plan::Type::of(plan::Base::I64), plan::FieldOf{0}},
                                   {text, plan::FieldOf{1}},
                                   name}},
                       {.entity = {1}, .shared = true, .values = {name}}}}};
  plan.via = plan::TransformId{0};
  plan.steps.push_back({.name = "copy/scan#1",
                        .phase = {0},
                        .action = plan::Copy{.pace = {.kind = plan::PaceKind::Full}}});
  if (!follows) std::get<plan::RouteWrites>(plan.steps[0].action).mirror.reset();
  return plan;
}

double copy_seconds(const std::filesystem::path& folder, std::int64_t rows, bool follows) {
  std::filesystem::create_directories(folder);
  need(need(runtime::open_sqlite(folder / "old.db", runtime::Mode::Create))
           .execute(fmt::format(
               "PRAGMA journal_mode = WAL; CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT, "
               "name TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i "
               "< {}) INSERT INTO users SELECT i, 'user' || i || '@example.com', "
               "'domain' || (i * 7919 % 10000) || '.example.com' FROM n",
               rows)));
  need(need(runtime::open_sqlite(folder / "new.db", runtime::Mode::Create))
           .execute("PRAGMA journal_mode = WAL; CREATE TABLE people(id INTEGER PRIMARY KEY, email "
                    "TEXT, name TEXT); CREATE TABLE domains(domain TEXT PRIMARY KEY)"));
  const plan::Plan plan = domains_plan(follows);
  plan::RunState state = plan::initial_state(plan);
  const runtime::SystemClock clock;
  auto stores = need(runtime::Stores::find(
      plan, folder, [](const std::string&) { return std::optional<std::string>(); }));
  runtime::Worker beside;
  const std::atomic<bool> is_stopping = false;
  runtime::World world{plan,   state,      clock, stores, beside, {"journal", "run", 1},
                       folder, is_stopping};
  need(runtime::install_fences(stores, world.authority, 1));
  const auto copy = runtime::make_step(plan, {1});
  return seconds_of([&] {
    while (!std::holds_alternative<runtime::Done>(need(copy->advance(world)).what))
      continue;
  });
}

// Transactions of a hundred rows, as an import of an application would be.
void write(const runtime::Database& database, std::int64_t from, std::int64_t rows) {
  auto insert = need(database.prepare(
      "INSERT INTO users VALUES(?1, 'user' || ?1 || '@example.com', 'some name ' || ?1)"));
  for (std::int64_t row = 0; row < rows; ++row) {
    if (row % 100 == 0) need(database.execute("BEGIN IMMEDIATE"));
    insert.bind(1, from + row);
    need(insert.run());
    if (row % 100 == 99 || row + 1 == rows) need(database.execute("COMMIT"));
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::int64_t rows = count > 1 ? std::strtoll(arguments[1], nullptr, 10) : 200'000;
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("mig-follower-{}", ::getpid());
  std::filesystem::create_directories(folder);
  {
    const plan::Plan plan = users_plan();
    auto application = need(runtime::open_sqlite(folder / "old.db", runtime::Mode::Create));
    need(
        application.execute("PRAGMA journal_mode = WAL; CREATE TABLE users(id INTEGER PRIMARY "
                            "KEY, email TEXT UNIQUE, name TEXT)"));
    need(need(runtime::open_sqlite(folder / "new.db", runtime::Mode::Create))
             .execute("PRAGMA journal_mode = WAL; CREATE TABLE people(id INTEGER PRIMARY KEY, "
                      "email TEXT, name TEXT)"));
    plan::RunState state = plan::initial_state(plan);
    const runtime::SystemClock clock;
    auto stores = need(runtime::Stores::find(
        plan, folder, [](const std::string&) { return std::optional<std::string>(); }));
    runtime::Worker beside;
    const std::atomic<bool> is_stopping = false;
    runtime::World world{plan,   state,      clock, stores, beside, {"journal", "run", 1},
                         folder, is_stopping};
    need(runtime::install_fences(stores, world.authority, 1));

    const double plain = seconds_of([&] { write(application, 1, rows); });
    need(runtime::start_following(world, {0}));
    state.steps[0].status = plan::StepStatus::Done;
    const double logged = seconds_of([&] { write(application, rows + 1, rows); });
    runtime::Resident resident;
    std::int64_t followed = 0;
    const double following = seconds_of([&] {
      while (true) {
        const auto slice = need(resident.tend(world));
        if (!slice) continue;
        followed += slice->entries;
        if (slice->is_drained) return;
      }
    });
    const auto rate = [](std::int64_t done, double seconds) {
      return static_cast<std::int64_t>(static_cast<double>(done) / seconds);
    };
    fmt::print("plain writes     {:>9} rows/s\n", rate(rows, plain));
    fmt::print("followed writes  {:>9} rows/s   {:.2f} of plain\n", rate(rows, logged),
               plain / logged);
    fmt::print("following        {:>9} rows/s   {:.2f} of plain\n", rate(followed, following),
               plain / following);
    const double bare = copy_seconds(folder / "bare", rows, false);
    const double traced = copy_seconds(folder / "traced", rows, true);
    fmt::print("shared copy      {:>9} rows/s\n", rate(rows, bare));
    fmt::print("with lineage     {:>9} rows/s   {:.2f} of the time\n", rate(rows, traced),
               traced / bare);
  }
  std::filesystem::remove_all(folder);
}
