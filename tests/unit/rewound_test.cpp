// A target that is where the journal does not expect it: put back from an older copy, or a server
// that lost what it had put off writing.
#include <catch2/catch.hpp>

#include "tests/support/executed_plan.hpp"
#include "tests/support/shop_stores.hpp"

using namespace mig;
using namespace mig::tests;

namespace {

// Puts the new side back to 30 rows when it has 70.
class PutBack final : public Notes {
 public:
  explicit PutBack(std::filesystem::path path) : path_(std::move(path)) {}

  void on_progress(const plan::Step&, const runtime::More& more) override {
    if (more.counts.read == 30)
      run_sql(path_, "CREATE TABLE kept AS SELECT * FROM mig_ctl_applied WHERE NOT finished");
    if (more.counts.read != 70 || std::exchange(is_done_, true)) return;
    run_sql(path_,
            "DELETE FROM users WHERE id > 90; DELETE FROM emails WHERE user_id > 90;"
            "DELETE FROM mig_ctl_applied WHERE step IN (SELECT step FROM kept);"
            "INSERT INTO mig_ctl_applied SELECT * FROM kept");
  }

 private:
  std::filesystem::path path_;
  bool is_done_ = false;
};

}  // namespace

TEST_CASE("a copy goes on from where the target is, and the journal says so") {
  const TemporaryFolder folder;
  make_legacy(folder / "old.db", 100);
  plan::Plan plan = shop_run(
      plan::Copy{.chunk = {10}, .pace = {plan::PaceKind::Limited, {10, std::chrono::seconds(1)}}});
  plan.phases = {{.name = "move", .steps = {{0}, {1}}}};
  plan.steps[1].needs = {{0}};
  test::VirtualClock clock;
  PutBack notes(folder / "new.db");
  CHECK(execute(plan, folder, clock, notes) == runtime::EndKind::Completed);
  const auto rewound = notes.all<plan::StepRewound>();
  REQUIRE(rewound.size() == 1);
  CHECK(rewound[0].counts.read == 40);
  CHECK(notes.all<plan::StepDone>().back().counts.read == 100);
  CHECK(rows_of(folder / "new.db", "SELECT count(*) FROM users") == "100\n");
}
