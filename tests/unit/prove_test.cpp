// The prover: what it finds once a rule of the compiler is not asked, and what it does not find in
// a plan that follows them all.
#include "compiler/prove/prove.hpp"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "compiler/prove/projection.hpp"
#include "compiler/prove/trace.hpp"
#include "tests/support/compiled_plan.hpp"

namespace mig {
namespace {

using compiler::prove::Doing;
using compiler::prove::Fault;
using compiler::prove::Harm;
using compiler::prove::Model;
using compiler::prove::Move;
using plan::Plan;

constexpr const char* kText = R"(mig 1
store app: sqlite { path = "app.db" }
router glue: table { in = app; name = "mig_routes" }
entity User { key id: i64; email: text(254) }
dataset users: User in app { table = "users" }
dataset copy:  User in app { table = "users_copy" }
metric p95: duration = file("report.jsonl")
plan move {
  from users
  to copy
  through glue
  on_fail retry 1 then rollback { backoff = 1s..1m }
  gate same { require drift(old) == 0 rows; no_data = fail }
  gate slo  { require p95 < 40ms; window = 5m; no_data = pause after 10m }
  phase expand  { create copy }
  phase mirror  { writes old, new { mode = follow; max_lag = 5s } }
  phase fill    { scan old -> new }
  phase compare { verify old, new; require same }
  phase widen   { ramp reads new 5%, 50%, 100% { hold = 10m; require = slo; stale_ok = 5s } }
  phase cutover { writes new, old { mode = follow }; require slo }
  phase settle  { hold 24h { require = slo }; backup old { to = "users.backup" } }
  phase retire  { point_of_no_return "old stops receiving writes"; writes new; drop old }
}
)";

constexpr const char* kCache = R"(mig 1
store accounts:  sqlite { path = "accounts.db" }
store cache_old: redis  { url = secret("env:CACHE_OLD_URL"); caches = accounts }
store cache_new: redis  { url = secret("env:CACHE_NEW_URL"); caches = accounts }
router edge:     redis  { listen = "127.0.0.1:6400"; expect = 400 req/s }
entity Session { key id: uuid; user_id: i64 }
dataset kept:  Session in cache_old { key = "sess:{id}"; codec = json; ttl = 30m }
dataset fresh: Session in cache_new { key = "s:{id}"; codec = json; ttl = 30m }
plan move {
  from kept
  to fresh
  through edge
  data none { because = "a miss is filled from accounts" }
  gate slo { require error_rate(reads.new) < 0.5%; window = 5m; no_data = pause after 10m }
  phase mirror { purge new; writes old, new { mode = sync }; hold 35m }
  phase read   { ramp reads new 5%, 50%, 100% { hold = 30m; require = slo } }
  phase write  { ramp writes new 1%, 50% { hold = 30m; require = slo; mode = sync } }
  phase over   { writes new, old { mode = sync }; hold 24h { require = slo } }
  phase retire { point_of_no_return "the old cache gets no more writes"; writes new; drop old }
}
)";

Plan whole() {
  return tests::compiled_plan(kText);
}

// The same steps in another order, or without some: what the rules of the compiler would refuse.
Plan of_steps(const Plan& plan, const std::vector<std::string>& names) {
  Plan other = plan;
  other.steps.clear();
  for (plan::Phase& phase : other.phases)
    phase.steps.clear();
  for (const std::string& name : names) {
    plan::Step step = *std::ranges::find(plan.steps, name, &plan::Step::name);
    const plan::StepId id{static_cast<std::uint32_t>(other.steps.size())};
    step.needs.clear();
    if (id.index > 0) step.needs.push_back({id.index - 1});
    other.phases.at(step.phase.index).steps.push_back(id);
    other.steps.push_back(std::move(step));
  }
  return other;
}

std::vector<std::string> names(const Plan& plan) {
  std::vector<std::string> all;
  for (const plan::Step& step : plan.steps)
    all.push_back(step.name);
  return all;
}

Plan without(const Plan& plan, const std::string& prefix) {
  auto all = names(plan);
  const auto gone = std::erase_if(all, [&](const auto& name) { return name.starts_with(prefix); });
  REQUIRE(gone > 0);
  return of_steps(plan, all);
}

Plan moved(const Plan& plan, const std::string& name, const std::string& before) {
  auto all = names(plan);
  REQUIRE(std::erase(all, name) == 1);
  all.insert(std::ranges::find(all, before), name);
  return of_steps(plan, all);
}

compiler::prove::Outcome searched(const Plan& plan, Fault fault = Fault::None,
                                  const std::set<Harm>& harms = {}) {
  const Model model(plan, fault);
  return search(model, {}, harms);
}

bool harms(const Plan& plan, Harm harm, Fault fault = Fault::None) {
  const auto outcome = searched(plan, fault, {harm});
  CHECK((outcome.finding || outcome.is_complete));
  return outcome.finding.has_value();
}

}  // namespace

TEST_CASE("a plan that follows every rule harms nobody, whatever the rules are there for") {
  const Plan plan = whole();
  const auto none = searched(plan);
  CHECK(none.is_complete);
  CHECK_FALSE(none.finding.has_value());
  CHECK_FALSE(searched(plan, Fault::CopyErrs).finding.has_value());
  CHECK_FALSE(searched(plan, Fault::ComparisonErrs).finding.has_value());
  CHECK_FALSE(searched(plan, Fault::NewSideIsWrong).finding.has_value());
  CHECK_FALSE(harms(plan, Harm::NothingToGoTo, Fault::WrongOnceLeading));
  CHECK_FALSE(harms(plan, Harm::NothingToGoTo, Fault::WrongUnseen));
}

TEST_CASE("without the rule that would have refused it the search finds the loss") {
  const Plan plan = whole();
  // M4001, M4002
  CHECK(harms(moved(plan, "mirror/writes#1", "compare/verify#1"), Harm::ReadMisses,
              Fault::ComparisonErrs));
  CHECK(harms(without(plan, "compare/require"), Harm::ReadMisses, Fault::CopyErrs));
  CHECK(harms(without(plan, "compare/require"), Harm::ReadMisses, Fault::FollowerLoses));
  // M4003: the mirror ends before the marker.
  CHECK(harms(moved(plan, "retire/writes#1", "settle/backup#1"), Harm::ReadMisses));
  CHECK(harms(without(plan, "retire/point_of_no_return"), Harm::NoWayBack));
  // M4005
  CHECK(harms(without(plan, "retire/writes"), Harm::TakenInUse));
  CHECK(harms(without(plan, "expand/create"), Harm::ReadLeftover, Fault::None) == false);
  CHECK(harms(moved(plan, "mirror/writes#1", "expand/create#1"), Harm::WriteToNothing));
  // M4007
  CHECK(harms(moved(plan, "settle/hold#1", "retire/drop#1"), Harm::Stuck));
  // M4009, M4010, M4021, M4029
  CHECK(harms(without(plan, "settle/hold"), Harm::NothingToGoTo, Fault::WrongOnceLeading));
  CHECK(harms(without(plan, "widen/hold"), Harm::EverybodyHit, Fault::NewSideIsWrong));
  CHECK(harms(without(plan, "settle/backup"), Harm::NothingToGoTo, Fault::WrongUnseen));
  // M4008
  Plan impatient = plan;
  for (plan::Step& step : impatient.steps) {
    if (auto* reads = std::get_if<plan::RouteReads>(&step.action))
      reads->stale_ok = std::chrono::seconds(4);
  }
  CHECK(harms(impatient, Harm::ReadLate));
}

TEST_CASE("a target that was there before counts as filled by others until it was compared") {
  const Plan plan = without(whole(), "expand/create");
  CHECK_FALSE(searched(plan).finding.has_value());
  const Plan unproved = without(plan, "compare/require");
  CHECK(harms(unproved, Harm::ReadLeftover));
}

TEST_CASE("without a journal of intents the way back forgets what a crash has hidden") {
  // M4016: no plan can break it, since whatever was begun is undone, and in the reverse order.
  const Plan plan = whole();
  const Model model(plan);
  const auto outcome = search(model, {.journals_intents = false}, {Harm::WriteToNothing});
  REQUIRE(outcome.finding.has_value());
  CHECK(std::ranges::count(outcome.finding->moves, Doing::Crashes, &Move::doing) == 1);
  CHECK_FALSE(searched(plan, Fault::None, {Harm::WriteToNothing}).finding.has_value());
}

TEST_CASE("writes that move key by key lose nothing, and without their mirror they do") {
  const Plan plan = tests::compiled_plan(kCache);
  const Model model(plan);
  CHECK(model.starts().size() == 3);  // the row moves with 1%, with 50%, or at last
  CHECK_FALSE(searched(plan).finding.has_value());
  Plan alone = plan;
  for (plan::Step& step : alone.steps) {
    auto* writes = std::get_if<plan::RouteWrites>(&step.action);
    if (writes != nullptr && writes->share) writes->mirror.reset();
  }
  CHECK(harms(alone, Harm::ReadMisses));
  CHECK(harms(without(plan, "mirror/purge"), Harm::ReadLeftover));
}

TEST_CASE("a router that asks again does twice what is done each time") {
  // M4034; where the application writes both, or mig carries it over by rows, nobody asks again.
  CHECK(harms(tests::compiled_plan(kCache), Harm::DoneTwice, Fault::AnswerIsLost));
  CHECK_FALSE(harms(whole(), Harm::DoneTwice, Fault::AnswerIsLost));
}

TEST_CASE("an inverse that leaves rows out loses them on the way back") {
  // M4028
  CHECK(harms(whole(), Harm::ReadMisses, Fault::InverseIsPartial));
  CHECK_FALSE(harms(without(whole(), "cutover/writes"), Harm::ReadMisses, Fault::InverseIsPartial));
}

TEST_CASE("a changelog that is lost in a hold takes the way back with it") {
  // M4031: the fault comes only while that step may be at work.
  const Plan plan = whole();
  const auto lost_during = [&](const char* name) {
    const auto step = std::ranges::find(plan.steps, name, &plan::Step::name) - plan.steps.begin();
    const Model model(plan, Fault::FollowerLoses, plan::StepId{static_cast<std::uint32_t>(step)});
    return search(model, {}, {Harm::ReadMisses}).finding.has_value();
  };
  CHECK(lost_during("settle/hold#1"));
  CHECK_FALSE(lost_during("expand/create#1"));
}

TEST_CASE("a search that was cut off proves nothing") {
  const Plan plan = whole();
  const Model model(plan);
  const auto outcome = search(model, {.states = 100});
  CHECK_FALSE(outcome.is_complete);
  CHECK_FALSE(outcome.finding.has_value());
  CHECK(print(compiler::Proof{.states = outcome.states, .is_complete = false})
            .starts_with("not proved: "));
}

TEST_CASE("more failures and crashes only add states") {
  const Plan plan = whole();
  const Model model(plan);
  const auto few = search(model, {});
  const auto many = search(model, {.failures = 3, .crashes = 2});
  CHECK(many.is_complete);
  CHECK_FALSE(many.finding.has_value());
  CHECK(few.states < many.states);
}

TEST_CASE("the trace tells what the harm cannot do without") {
  const Plan plan = moved(whole(), "retire/writes#1", "settle/backup#1");
  const Model model(plan);
  const auto outcome = search(model, {}, {Harm::ReadMisses});
  REQUIRE(outcome.finding.has_value());
  const auto trace = tell(model, *outcome.finding);
  std::string text;
  for (const auto& line : trace.lines)
    text += line.actor + ":" + line.text + "\n";
  INFO(text);
  CHECK(text.find("app:WRITE row 7, acknowledged\n") != std::string::npos);
  CHECK(text.find("app:READ row 7 from old") != std::string::npos);
  CHECK(text.find("scan") == std::string::npos);  // it makes no difference here
  CHECK(trace.lines.size() < outcome.finding->moves.size());
}

}  // namespace mig
