// What a simulated run does where something happens to it.
#include <algorithm>

#include <catch2/catch.hpp>

#include "compiler/check_script.hpp"
#include "runtime/sim/simulate.hpp"
#include "tests/support/compiled_plan.hpp"
#include "tests/support/plan_file.hpp"

using namespace mig;
using runtime::sim::EventKind;
using runtime::sim::Report;
using runtime::sim::simulate;

namespace {

constexpr const char* kShop = R"(mig 1
store shop:  sqlite { path = "shop.db" }
router glue: file   { path = "routes.json" }
entity User { key id: i64; email: text(254) }
dataset users: User in shop { table = "users" }
dataset next:  User in shop { table = "users_next" }
metric p95: duration = file("report.jsonl")
plan users_next {
  from users
  to next
  through glue
  on_fail retry 2 then rollback { backoff = 10s..1m }
  gate same { require drift(users) == 0 rows; no_data = fail }
  gate well { require p95 < 40ms; window = 5m; no_data = pause after 10m }
  phase expand { create new }
  phase mirror { writes old, new { mode = follow; max_lag = 2s } }
  phase fill {
    scan old -> new
    verify old, new { rows = all; repair = from_authority }
    require same
  }
  phase shift {
    ramp reads new 5%, 50%, 100% { by = hash(id); hold = 1h; require = well; stale_ok = 2s }
  }
  phase ask    { approve "owner" { within = 2d } }
  phase over   { writes new, old { mode = follow }; require same }
  phase soak   { hold 7d { require = well and same } }
  phase retire {
    backup old { to = "users.backup.db"; keep = 30d }
    point_of_no_return "the old table is let go"
    writes new
    drop old
  }
}
)";

struct Ran {
  plan::Plan plan;
  Report report;

  int count(EventKind kind) const {
    return static_cast<int>(std::ranges::count(report.events, kind, &runtime::sim::Event::kind));
  }
  bool says(std::string_view text) const {
    return std::ranges::any_of(report.events, [&](const runtime::sim::Event& event) {
      return event.text.find(text) != std::string::npos;
    });
  }
};

Ran run(const std::string& scenario) {
  Ran ran{tests::compiled_plan(kShop), {}};
  syntax::SourceSet sources;
  compiler::Diagnostics diagnostics;
  const auto parsed = syntax::parse(sources, sources.add("scenario", scenario));
  const auto script = check_scenario(sources, parsed.file, ran.plan, diagnostics);
  INFO(compiler::render_all(sources, diagnostics, compiler::Color::Never));
  REQUIRE(!diagnostics.has_errors());
  ran.report = simulate(ran.plan, script, {.keeps_timeline = true});
  INFO(scenario);
  CHECK(!ran.report.violation);
  CHECK(ran.report.is_as_expected);
  CHECK(ran.report.never_happened.empty());
  return ran;
}

std::string mistakes_of(const std::string& scenario) {
  const auto plan = tests::compiled_plan(kShop);
  syntax::SourceSet sources;
  compiler::Diagnostics diagnostics;
  const auto parsed = syntax::parse(sources, sources.add("scenario", scenario));
  check_scenario(sources, parsed.file, plan, diagnostics);
  return compiler::render_all(sources, diagnostics, compiler::Color::Never);
}

}  // namespace

TEST_CASE("a run that nothing happens to completes") {
  const Ran ran = run("expect completed\n");
  CHECK(ran.count(EventKind::Failure) == 0);
  CHECK(ran.report.routes.back().reads_new == plan::Ratio::percent(100));
  CHECK(ran.report.routes.back().writes_new == plan::Ratio::percent(100));
}

TEST_CASE("what may pass is tried again, with longer and longer waits") {
  const Ran ran = run("at fill: fail 2\nexpect completed\n");
  CHECK(ran.count(EventKind::Retry) == 2);
  CHECK(ran.says("it is tried again in 10s"));
  CHECK(ran.says("it is tried again in 20s"));
  CHECK(run("at fill: fail 3\nexpect rolled_back\n").count(EventKind::Retry) == 2);
}

TEST_CASE("a failure for good takes everything back") {
  const Ran ran = run("at fill verify: fail\nexpect rolled_back\n");
  CHECK(ran.says("undo create next: dropped again"));
  CHECK(ran.report.routes.back().writes_new == plan::Ratio{});
}

TEST_CASE("a gate fails at the look after the change, and not before") {
  const Ran ran = run("at shift 50% after 20m: p95 = 90ms\nexpect rolled_back\n");
  const auto failed = std::ranges::find(ran.report.gates, "fail", &runtime::sim::Looks::verdict);
  REQUIRE(failed != ran.report.gates.end());
  const auto& reads = *std::ranges::find_if(ran.report.spans, [&](const auto& span) {
    const auto* action = std::get_if<plan::RouteReads>(&ran.plan.at(span.step).action);
    return action != nullptr && action->share == plan::Ratio::percent(50);
  });
  const auto since = failed->from - reads.from;
  CHECK(since >= 20LL * 60 * 1'000'000);
  CHECK(since < 20LL * 60 * 1'000'000 + 15'000'000);
}

TEST_CASE("what a gate says for a while does not end a hold for ever") {
  // Out of sight between two looks.
  run("at soak after 1d3s: p95 = 90ms for 2s\nexpect completed\n");
}

TEST_CASE("a gate that sees nothing pauses when it has waited for as long as it says") {
  const Ran ran = run("at soak after 1d: no_data well\nexpect paused\n");
  CHECK(ran.says("the run pauses (no_data)"));
  const Ran short_one = run("at soak after 1d: no_data well for 9m\nexpect completed\n");
  // The clock of the hold starts again when something is seen.
  const auto longer = short_one.report.ended_at - run("expect completed\n").report.ended_at;
  CHECK(longer > 24LL * 3600 * 1'000'000);
}

TEST_CASE("people answer when the scenario says so") {
  CHECK(run("approve \"owner\" after 3h\nexpect completed\n").says("waits for the approval"));
  CHECK(run("refuse approve \"owner\"\nexpect rolled_back\n").says("owner refuses"));
  CHECK(run("approve \"owner\" after 3d\nexpect rolled_back\n")
            .says("`owner` has not approved within 2d"));
}

TEST_CASE("a runner that is lost leaves what it did, and the next one goes on") {
  for (const char* place :
       {"fill", "fill verify", "over", "mirror", "soak after 3d", "retire drop"}) {
    const Ran ran = run(std::string("crash at ") + place + "\nexpect completed\n");
    CHECK(ran.says("another runner takes over"));
  }
}

TEST_CASE("a pause ends the simulation, unless somebody goes on") {
  run("at soak after 1d: pause\nexpect paused\n");
  run("at soak after 1d: pause\nat soak after 2d: continue\nexpect completed\n");
  run("at soak after 1d: pause\ncontinue after 5m\nexpect completed\n");
}

TEST_CASE("a rollback is asked for in time, or refused") {
  run("at soak after 6d: rollback\nexpect rolled_back\n");
  CHECK(run("at retire drop: rollback\nexpect completed\n").says("refused"));
}

TEST_CASE("a run that ends otherwise than expected says so") {
  const auto plan = tests::compiled_plan(kShop);
  const Report report = simulate(plan, {.expectations = {plan::Ending::RolledBack}}, {});
  CHECK(!report.is_as_expected);
  CHECK(report.ending == plan::Ending::Completed);
}

TEST_CASE("a scenario is checked against its plan") {
  CHECK(mistakes_of("at shft: fail\n").find("did you mean `shift`?") != std::string::npos);
  CHECK(mistakes_of("at shift 7%: fail\n").find("there is no step in `shift` `7%`") !=
        std::string::npos);
  CHECK(mistakes_of("at shift: p99(reads.new) = 3ms\n").find("there is no gate that looks at") !=
        std::string::npos);
  CHECK(mistakes_of("at shift: p95 = 3 rows\n").find("M2003") != std::string::npos);
  CHECK(mistakes_of("expect done\n").find("there is no ending `done`") != std::string::npos);
  CHECK(mistakes_of("refuse approve \"boss\"\n").find("there is no approval of `boss`") !=
        std::string::npos);
  CHECK(mistakes_of("no_data well from 3m to 2m\n").find("it ends after it begins") !=
        std::string::npos);
  CHECK(mistakes_of("at start: fail\n").find("a step fails, not the start") != std::string::npos);
  CHECK(mistakes_of("crsh at over\n").find("did you mean `crash`?") != std::string::npos);
  CHECK(mistakes_of("at over: fail 0\n").find("an attempt fails once") != std::string::npos);
}
