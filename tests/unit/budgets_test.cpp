// When a run looks at what it uses up, and that a look which fails is no word about what is left.
#include "runtime/engine/budgets.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/steps/supplies.hpp"
#include "tests/support/redis_dataset.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;
using runtime::Budgets;
using std::chrono::seconds;

namespace {

// Of rows that go to a Redis, where none is.
plan::Plan plan_to_nowhere(const std::string& socket) {
  plan::Plan plan = redis_plan({tests::field("id", plan::Type::of(plan::Base::I64), true)},
                               "row:{id}", plan::Codec::Json);
  plan.stores[0].location.text = "unix://" + socket;
  plan.to = {kRows};
  return plan;
}

struct Watch {
  TemporaryFolder folder;
  plan::Plan plan = plan_to_nowhere((folder / "redis.sock").string());
  plan::Views views{plan};
  TestWorld world{plan, folder.path()};
  Budgets budgets{views};

  void watch(const std::vector<plan::Warning>& standing = {}) {
    budgets.watch(folder / "journal.db", standing);
  }
  std::vector<plan::Warned> look(seconds later) {
    world.clock.move_to(world.clock.now() + later);
    return budgets.look(world.world);
  }
};

}  // namespace

TEST_CASE("budgets: a run that is watched looks at once and then now and then") {
  Watch run;
  CHECK_FALSE(run.budgets.is_due(run.world.clock));
  run.watch();
  CHECK(run.budgets.is_due(run.world.clock));
  run.look(seconds(0));
  CHECK_FALSE(run.budgets.is_due(run.world.clock));
  run.world.clock.move_to(run.world.clock.now() + seconds(8));
  CHECK_FALSE(run.budgets.is_due(run.world.clock));
  run.world.clock.move_to(run.world.clock.now() + seconds(2));
  CHECK(run.budgets.is_due(run.world.clock));
}

TEST_CASE("budgets: what cannot be looked at is said once, after the third time") {
  Watch run;
  run.watch();
  CHECK(run.look(seconds(0)).empty());
  CHECK(run.look(seconds(40)).empty());
  const auto said = run.look(seconds(40));
  REQUIRE(said.size() == 1);
  CHECK(said[0].about == "what the stores have left");
  CHECK(
      said[0].message.starts_with("nobody can tell what the stores have left: the store `cache`"));
  CHECK_FALSE(said[0].is_over);
  CHECK(run.look(seconds(40)).empty());
  CHECK(run.look(seconds(40)).empty());
}

TEST_CASE("budgets: a server that does not answer is asked again after a while only") {
  Watch run;
  run.watch();
  for (int i = 0; i < 5; ++i)
    CHECK(run.look(seconds(5)).empty());  // the third failure is to come
  CHECK(run.look(seconds(40)).empty());
  CHECK(run.look(seconds(40)).size() == 1);
}

TEST_CASE("budgets: a new runner does not say again what stands") {
  Watch run;
  run.watch({{"what the stores have left", "nobody can tell", false}});
  for (int i = 0; i < 5; ++i)
    CHECK(run.look(seconds(40)).empty());
}

TEST_CASE("supplies: a disk is named once, for all whose files lie there, or will") {
  TemporaryFolder folder;
  plan::Plan plan;
  plan.stores = {{.name = "old", .location = {"old.db"}},
                 {.name = "new", .location = {"not/made/yet/new.db"}}};
  const runtime::Stores stores = stores_of(plan, folder.path());
  const auto found = runtime::look_at_disks(stores, folder / "journal.db");
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  const runtime::Supply& disk = found->front();
  CHECK(disk.what == "the disk of the journal, `old`, `new`");
  CHECK(disk.limit > disk.used);
  CHECK(disk.used > 0);
}

TEST_CASE("supplies: a large `-wal` file is named, where it lies") {
  TemporaryFolder folder;
  plan::Plan plan;
  plan.stores = {{.name = "old", .location = {"old.db"}}};
  const runtime::Stores stores = stores_of(plan, folder.path());
  std::ofstream(folder / "old.db-wal") << "x";
  std::filesystem::resize_file(folder / "old.db-wal", 99'999'999);
  CHECK(runtime::look_at_disks(stores, {}).value().front().advice.find("-wal") ==
        std::string::npos);
  std::filesystem::resize_file(folder / "old.db-wal", 120'000'000);  // a sparse one takes nothing
  CHECK(runtime::look_at_disks(stores, {})
            .value()
            .front()
            .advice.ends_with("; the `-wal` file of `old` takes 120 MB of it"));
}
