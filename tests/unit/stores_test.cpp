// The files of a plan's stores, as a crash leaves them.
#include "runtime/stores/stores.hpp"

#include <catch2/catch.hpp>

#include "tests/support/shop_plan.hpp"
#include "tests/support/shop_stores.hpp"
#include "tests/support/test_stores.hpp"
#include "tests/unit/child_process.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;

TEST_CASE("a store whose writer was killed in the middle of a write can be read again") {
  const TemporaryFolder folder;
  make_legacy(folder / "old.db", 5000);
  const plan::Plan plan = shop_plan();
  ChildProcess writer([&](const Line& line) {
    const auto database = runtime::open_sqlite(folder / "old.db", runtime::Mode::ReadWrite);
    // A cache of one page: changed pages reach the file before the transaction ends.
    if (!database || !database->execute("PRAGMA cache_size = 1; BEGIN IMMEDIATE;"
                                        "UPDATE legacy_users SET name = 'half ' || name")) {
      _exit(2);
    }
    line.say("written");
    line.hear();
  });
  REQUIRE(writer.hear() == "written");
  writer.kill_now();
  {
    // What the test is about: a connection that may only read cannot do it.
    const auto alone = runtime::open_sqlite(folder / "old.db", runtime::Mode::ReadOnly);
    REQUIRE((!alone || !alone->prepare("SELECT count(*) FROM legacy_users")));
  }
  runtime::Stores stores = stores_of(plan, folder.path());
  const auto reader = stores.reader({0});
  REQUIRE(reader);
  auto count = (*reader)->prepare("SELECT count(*) FROM legacy_users WHERE name LIKE 'half %'");
  REQUIRE(count);
  REQUIRE(count->step());
  CHECK(count->integer(0) == 0);
}
