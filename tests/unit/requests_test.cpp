// Who may approve what.
#include "runtime/engine/requests.hpp"

#include <catch2/catch.hpp>

#include "compiler/plan/machine/apply.hpp"

using namespace mig;

namespace {

// A run that `ada@here` started and that waits for the owner.
struct Waiting {
  explicit Waiting(bool by_author) {
    plan.phases = {{.name = "decide", .steps = {plan::StepId{0}}}};
    plan.steps = {{.name = "decide/approve#1",
                   .action = plan::Approve{.who = "owner", .by_author = by_author}}};
    state = plan::initial_state(plan);
    apply(plan::RunCreated{.run = "run-1"});
    apply(plan::RunReady{});
    apply(plan::RunnerArrived{"bob@there"});
  }
  void apply(const plan::Record& record) {
    REQUIRE(plan::apply(plan, state, {state.seq + 1, 0, 1, "ada@here", record}));
  }
  std::vector<plan::Record> approve(const std::string& who) const {
    return runtime::answer(plan, state,
                           {.id = 1,
                            .run = "run-1",
                            .want = std::string(runtime::kWantApprove) + "owner",
                            .who = who});
  }

  plan::Plan plan;
  plan::RunState state;
};

}  // namespace

TEST_CASE("requests: whoever started a run does not approve it") {
  const Waiting run(false);
  const auto records = run.approve("ada@here");
  REQUIRE(records.size() == 1);
  const auto* refused = std::get_if<plan::RequestRefused>(&records.front());
  REQUIRE(refused != nullptr);
  CHECK(refused->because ==
        "`ada@here` started this run, and whoever starts one does not approve it; let somebody "
        "else run `mig approve owner`, or say `by_author = true` in a new plan");
}

TEST_CASE("requests: somebody else approves, whoever carries the run out now") {
  const Waiting run(false);
  const auto records = run.approve("bob@there");
  REQUIRE(records.size() == 2);
  const auto* approved = std::get_if<plan::Approved>(&records.back());
  REQUIRE(approved != nullptr);
  CHECK(approved->who == "bob@there");
}

TEST_CASE("requests: the plan may let its author approve") {
  const Waiting run(true);
  const auto records = run.approve("ada@here");
  REQUIRE(records.size() == 2);
  CHECK(std::holds_alternative<plan::Approved>(records.back()));
}
