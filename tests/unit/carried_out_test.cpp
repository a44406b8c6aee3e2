// What of a plan this version does not carry out: over every verb, store, router and source.
#include "compiler/plan/carried_out.hpp"

#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/shop_plan.hpp"

using namespace mig;
using namespace mig::tests;

namespace {

// What is missing for the shop's plan with that one step; nothing where it can be carried out.
std::string missing_for(plan::Action action) {
  plan::Plan plan = shop_plan();
  plan.phases = {{.name = "one", .steps = {{0}}}};
  plan.steps = {step("one/it#1", std::move(action))};
  const auto missing = not_carried_out(plan);
  if (missing.empty()) return {};
  CHECK(missing.size() == 1);
  CHECK(missing.front().asked == std::vector<std::string>{"one/it#1"});
  return print(missing.front());
}

// Every verb as it is by itself, by the position of its kind.
template <std::size_t position = 0>
void each_verb(const auto& visit) {
  if constexpr (position < std::variant_size_v<plan::Action>) {
    visit(std::variant_alternative_t<position, plan::Action>{});
    each_verb<position + 1>(visit);
  }
}

}  // namespace

TEST_CASE("every verb is carried out, but those that need requests on their way") {
  std::set<std::string> refused;
  each_verb([&](const auto& verb) {
    if (!missing_for(verb).empty()) refused.emplace(verb.kName);
  });
  CHECK(refused == std::set<std::string>{"shadow", "parity", "freeze", "capture"});
}

TEST_CASE("a form of a verb that this version has not is named with its step") {
  using plan::RouteReads;
  using plan::RouteWrites;
  const auto half = plan::Ratio::percent(50);
  CHECK(missing_for(RouteWrites{.mirror = plan::WriteMode::Sync}) ==
        "no router of it writes both sides (`mode = sync`): one/it#1");
  CHECK(missing_for(
            RouteWrites{.to = plan::Side::New, .mirror = plan::WriteMode::App, .share = half}) ==
        "it moves all writes at once, and no share of them: one/it#1");
  CHECK(missing_for(RouteWrites{.mirror = plan::WriteMode::Follow, .ack = plan::Ack::Applied}) ==
        "no router of it waits for the other side (`ack`): one/it#1");
  CHECK(missing_for(RouteReads{.to = plan::Side::New, .through = true}) ==
        "no router of it copies forward what it misses (`reads through`): one/it#1");
  CHECK(missing_for(RouteReads{.to = plan::Side::New, .fallback = {plan::ReadFailure::Miss}}) ==
        "no router of it knows how far the copy is (`fallback … miss`): one/it#1");
  CHECK(missing_for(plan::Drop{.after_idle = std::chrono::minutes(10)}) ==
        "it does not see whether anybody still uses a dataset (`after_idle`): one/it#1");
  CHECK(missing_for(RouteWrites{.mirror = plan::WriteMode::Follow}).empty());
  CHECK(missing_for(RouteReads{.to = plan::Side::New, .share = half}).empty());
  CHECK(missing_for(plan::Drop{.without_backup = "nobody asks for it"}).empty());
}

TEST_CASE("stores and routers are refused exactly where this version opens none of their kind") {
  using plan::RouterKind;
  using plan::StoreKind;
  for (const StoreKind kind : {StoreKind::Sqlite, StoreKind::Postgres, StoreKind::Redis}) {
    plan::Plan plan = shop_plan();
    plan.stores[1].kind = kind;
    INFO(name(kind));
    CHECK(not_carried_out(plan).empty());
  }
  for (const RouterKind kind :
       {RouterKind::File, RouterKind::Table, RouterKind::Channel, RouterKind::Hook,
        RouterKind::Redis, RouterKind::Http, RouterKind::Postgres}) {
    plan::Plan plan = shop_plan();
    plan.routers = {{.name = "edge", .kind = kind}};
    INFO(name(kind));
    const bool is_switch =
        kind == RouterKind::File || kind == RouterKind::Table || kind == RouterKind::Channel;
    CHECK(not_carried_out(plan).empty() == is_switch);
  }
}

TEST_CASE("what asks for one thing stands behind it") {
  plan::Plan plan = shop_plan();
  plan.routers = {{.name = "edge", .kind = plan::RouterKind::Http},
                  {.name = "gate", .kind = plan::RouterKind::Http}};
  plan.metrics = {{.name = "depth", .source = plan::SqlSource{}},
                  {.name = "asked", .source = plan::CommandSource{{"./asked.sh"}}},
                  {.name = "p95", .source = plan::PrometheusSource{}},
                  {.name = "errors", .source = plan::HttpJsonSource{}}};
  plan.resources = {{.name = "auth"}};
  plan.resources[0].old_service = plan.resources[0].new_service = plan::ServiceId{0};
  std::string all;
  for (const auto& one : not_carried_out(plan))
    all += print(one) + "\n";
  CHECK(all ==
        "it opens no router of kind http: edge, gate\n"
        "it reads no command: asked\n"
        "it reads no prometheus: p95\n"
        "it reads no http_json: errors\n"
        "it moves no requests of services: auth\n");
}

TEST_CASE("a verb that got another meaning later is refused") {
  plan::Plan plan = shop_plan();
  plan.steps = {step("one/create#1", plan::Create{{{1}}})};
  CHECK(not_carried_out(plan).empty());
  plan.steps[0].semantics = 2;
  REQUIRE(not_carried_out(plan).size() == 1);
  CHECK(print(not_carried_out(plan).front()) ==
        "it knows an older meaning of `create`: one/create#1");
}
