// Plans that compile, under clients that act at the worst moments and faults from many seeds.
// MIG_SEEDS chooses how many (default 40).
#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>

#include "runtime/sim/simulate.hpp"
#include "tests/support/plan_file.hpp"

using namespace mig;
using runtime::sim::Mistake;
using runtime::sim::Options;
using runtime::sim::Report;
using runtime::sim::simulate;
using runtime::sim::Temperament;

namespace {

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
