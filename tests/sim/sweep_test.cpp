// Plans that compile, under clients that act at the worst moments and faults from many seeds.
// MIG_SEEDS chooses how many (default 40).
#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>

#include "runtime/sim/simulate.hpp"
#include "tests/support/compiled_plan.hpp"
#include "tests/support/plan_file.hpp"

using namespace mig;
using runtime::sim::Mistake;
using runtime::sim::Options;
using runtime::sim::Report;
using runtime::sim::simulate;
using runtime::sim::Temperament;

namespace {

constexpr const char* kSharded = R"(mig 1
store shop:  postgres { url = secret("env:SHOP") }
store other: postgres { url = secret("env:OTHER") }
router edge: postgres { listen = "127.0.0.1:6400"; expect = 400 req/s }
entity User { key id: i64; email: text(254) }
dataset users: User in shop  { table = "users" }
dataset next:  User in other { table = "users" }
plan sharded {
  from users
  to next
  through edge
  gate same { require drift(users) == 0 rows; no_data = fail }
  gate well { require p95(reads.new) < 40ms; window = 5m; no_data = pause after 10m }
  phase expand { create new }
  phase mirror { writes old, new { mode = sync; on_mirror_error = repair } }
  phase fill {
    scan old -> new
    verify old, new { rows = all; repair = from_authority }
    require same
  }
  phase look   { shadow reads 100%; hold 10m { require = same } }
  phase move {
    ramp reads new 5%, 50%, 100% { by = hash(id); hold = 1h; require = well and same }
    ramp writes new 10%, 50%, 100% {
      by = hash(id); hold = 1h; require = well and same; mode = sync
    }
  }
  phase soak   { hold 7d { require = well and same } }
  phase retire {
    backup old { to = "users.backup.db"; keep = 30d }
    point_of_no_return "the old table is let go"
    writes new
    drop old
  }
}
)";

std::uint64_t seeds() {
  const char* asked = std::getenv("MIG_SEEDS");
  return asked == nullptr ? 40 : std::strtoull(asked, nullptr, 10);
}

Report strike(const plan::Plan& plan, std::uint64_t seed, Mistake mistake = Mistake::None) {
  return simulate(
      plan, {}, Options{.temperament = Temperament::Adversarial, .seed = seed, .mistake = mistake});
}

enum class Kept { Alike, Apart };

// Where both sides are kept alike from before the copy on, no comparison finds anything.
void check_unharmed(const plan::Plan& plan, Kept kept) {
  int completed = 0;
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    const Report report = strike(plan, seed);
    const std::string what = report.violation
                                 ? report.violation->what + ", during " + report.violation->during
                                 : std::string();
    INFO(plan.name << ", seed " << seed << ": " << what);
    CHECK(!report.violation);
    CHECK((kept == Kept::Apart || report.different == 0));
    completed += report.ending == plan::Ending::Completed ? 1 : 0;
  }
  CHECK(completed > 0);
}

}  // namespace

TEST_CASE("no client of the examples is ever harmed") {
  check_unharmed(tests::plan_of_file("examples/01_package_index/plan.mig", "prod"), Kept::Alike);
  check_unharmed(tests::plan_of_file("examples/02_users_split/plan.mig", "prod"), Kept::Alike);
  check_unharmed(tests::plan_of_file("tests/golden/plan/session_cache.mig", "staging"),
                 Kept::Alike);
}

TEST_CASE("no client of a strategy is ever harmed") {
  const auto folder = std::filesystem::path(MIG_ROOT) / "examples/strategies";
  int plans = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".mig") continue;
    ++plans;
    INFO(entry.path().filename().string());
    const std::string path = "examples/strategies/" + entry.path().filename().string();
    check_unharmed(tests::plan_of_file(path), Kept::Apart);
  }
  CHECK(plans >= 10);
}

TEST_CASE("no client of other plans is ever harmed") {
  for (const char* name : {"functions", "order", "policies", "resources", "window"}) {
    INFO(name);
    check_unharmed(tests::plan_of_file(std::string("tests/golden/plan/") + name + ".mig"),
                   Kept::Apart);
  }
  // What is written while it is copied is brought over once nobody writes.
  check_unharmed(tests::plan_of_file("examples/01_package_index/at_night.mig", "prod"),
                 Kept::Apart);
}

TEST_CASE("no client is harmed while a router moves the writes share by share") {
  check_unharmed(tests::compiled_plan(kSharded), Kept::Alike);
}

TEST_CASE("a plan without its safeguards harms its clients") {
  const auto safe = tests::plan_of_file("examples/01_package_index/plan.mig", "prod");
  const auto is_found = [](const plan::Plan& plan) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      if (strike(plan, seed).violation) return true;
    }
    return false;
  };
  plan::Plan blind = safe;  // no gate looks, and no comparison mends
  for (plan::Step& step : blind.steps) {
    if (auto* hold = std::get_if<plan::Hold>(&step.action)) hold->gates.clear();
    if (auto* verify = std::get_if<plan::Verify>(&step.action)) verify->repair = false;
  }
  CHECK_FALSE(is_found(blind));
  const auto without = [&](auto&& is_it) {
    plan::Plan plan = blind;
    for (plan::Step& step : plan.steps) {
      if (is_it(step.action)) step.action = plan::Accept{.reason = "nothing"};
    }
    return plan;
  };
  CHECK(is_found(without([](const plan::Action& action) {  // nothing is copied
    return std::holds_alternative<plan::Copy>(action);
  })));
  CHECK(is_found(without([](const plan::Action& action) {  // nobody follows the old side
    const auto* writes = std::get_if<plan::RouteWrites>(&action);
    return writes != nullptr && writes->to == plan::Side::Old;
  })));
  CHECK(is_found(without([](const plan::Action& action) {  // the old side goes while it leads
    return std::holds_alternative<plan::RouteWrites>(action);
  })));
  plan::Plan stale = blind;
  for (plan::Step& step : stale.steps) {
    if (auto* reads = std::get_if<plan::RouteReads>(&step.action))
      reads->stale_ok = plan::Duration::zero();
  }
  CHECK(is_found(stale));
}

TEST_CASE("mistakes that are planted in the world are found") {
  const auto plan = tests::plan_of_file("examples/01_package_index/plan.mig", "prod");
  for (const Mistake mistake :
       {Mistake::CopyOverwrites, Mistake::FollowerLoses, Mistake::NoDrainBack, Mistake::NoFence}) {
    std::uint64_t seed = 1;
    const auto is_found = [&](const Report& report) {
      return report.violation || report.different > 0;
    };
    while (seed <= 200 && !is_found(strike(plan, seed, mistake)))
      ++seed;
    INFO("mistake " << static_cast<int>(mistake) << " is found by seed " << seed);
    CHECK(seed <= 200);
  }
}
