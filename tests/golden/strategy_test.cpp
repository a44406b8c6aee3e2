// What strategies stand for: the library in its examples, and the laws of expanding.
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.hpp"
#include "compiler/expanded_text.hpp"
#include "compiler/plan/codec.hpp"
#include "compiler/plan/hash.hpp"
#include "grammar/print.hpp"
#include "tests/golden/goldens.hpp"

namespace fs = std::filesystem;
using namespace mig;
using namespace mig::golden;

namespace {

std::string expanded(Checked& checked, std::string_view plan = "") {
  return compiler::expanded_text(checked.sources, checked.program(), plan).text;
}

std::string expanded(const std::string& text) {
  Checked checked("plan.mig", text);
  return expanded(checked);
}

std::vector<plan::Plan> plans_of(Checked& checked, const std::string& env) {
  auto compiled = checked.compile(env);
  INFO(compiler::render_all(checked.sources, checked.diagnostics, compiler::Color::Never));
  REQUIRE_FALSE(checked.diagnostics.has_errors());
  return std::move(compiled.plans);
}

// The first environment of a file, or the one that every file has.
std::string environment(Checked& checked) {
  const auto names = checked.compile().environments;
  checked.diagnostics = compiler::Diagnostics();
  return names.empty() ? "default" : names.front();
}

// Expanding changes no plan, and the second time not even the text, which has its layout.
void check_laws(const std::string& text) {
  Checked before("plan.mig", text);
  const std::string env = environment(before);
  const auto plans = plans_of(before, env);
  const std::string once = expanded(before);
  INFO(once);
  Checked after("plan.mig", once);
  const auto again = plans_of(after, env);
  REQUIRE(plans.size() == again.size());
  for (std::size_t i = 0; i < plans.size(); ++i) {
    CHECK(plans[i].steps.size() == again[i].steps.size());
    CHECK(print(plan::plan_hash(plans[i])) == print(plan::plan_hash(again[i])));
  }
  CHECK(expanded(after) == once);
  CHECK(syntax::format(after.sources, after.file) == once);
}

// A step a line: its name, where it is written, what it does.
std::string outline(const plan::Plan& plan) {
  std::string out;
  const auto json = nlohmann::json::parse(plan::encode(plan));
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const plan::Step& step = plan.steps[i];
    out += fmt::format("{} @{}:{} {}\n", step.name, step.place.line, step.place.column,
                       json["steps"][i]["action"].dump());
  }
  return out;
}

std::vector<fs::path> examples() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(MIG_ROOT) / "examples")) {
    if (entry.path().extension() == ".mig") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  REQUIRE(found.size() > 10);
  return found;
}

constexpr std::string_view kShop = R"(mig 1
use std.traffic (canary)
store app: sqlite { path = "app.db" }
router glue: file { path = "routes.json"; attributes = [region] }
param soak: duration = 1h
metric errors: ratio = file("report.jsonl")
entity User { key id: i64; email: text(254) }
dataset users: User in app { table = "users" }
dataset copy:  User in app { table = "users_copy" }
)";

std::string shop(const std::string& strategies, const std::string& phases) {
  return std::string(kShop) + strategies + R"(
plan move {
  from users
  to copy
  through glue
  gate same { require drift(users) == 0 rows; no_data = fail }
  gate well { require errors < 1%; no_data = fail }
  phase expand { create new }
)" + phases +
         "\n}\n";
}

std::vector<std::string> names_of(const std::string& text) {
  Checked checked("plan.mig", text);
  std::vector<std::string> names;
  const auto plans = plans_of(checked, "default");
  for (const plan::Step& step : plans.front().steps)
    names.push_back(step.name);
  return names;
}

}  // namespace

TEST_CASE("golden: the steps of each strategy of the library") {
  std::set<std::string> shown;
  for (const compiler::LibraryText& text : compiler::standard_library()) {
    const std::string name(text.name);
    INFO(name);
    CHECK(shown.insert(name).second);
    const fs::path example = fs::path(MIG_ROOT) / "examples/strategies" / (name + ".mig");
    REQUIRE(fs::exists(example));
    const std::string written = read(example);
    CHECK(written.find(fmt::format("use {} ({})", text.module, name)) != std::string::npos);
    Checked checked(name + ".mig", written);
    std::string actual = outline(plans_of(checked, "default").front());
    actual += "\n" + expanded(checked);
    const fs::path golden = folder() / "strategies" / (name + ".expected");
    if (std::getenv("MIG_UPDATE_GOLDENS") != nullptr)
      std::ofstream(golden, std::ios::binary) << actual;
    CHECK(fs::exists(golden));
    CHECK(read(golden) == actual);
  }
}

TEST_CASE("every strategy of the library says when to use it and when not, and what it is given") {
  for (const compiler::LibraryText& text : compiler::standard_library()) {
    INFO(text.path);
    const std::string page = describe(text);
    CHECK(page.find("\nUse it ") != std::string::npos);
    CHECK(page.find("\nDo not use it ") != std::string::npos);
    CHECK(summary(text).ends_with('.'));
    CHECK(page.starts_with(fmt::format("use {} ({})\n", text.module, text.name)));
    CHECK(compiler::find_in_library(text.name) == &text);
    CHECK(compiler::find_in_library(fmt::format("{}.{}", text.module, text.name)) == &text);
    Checked checked(std::string(text.path), std::string(text.text));
    checked.check();
    CHECK_FALSE(checked.diagnostics.has_errors());
    CHECK(syntax::format(checked.sources, checked.file) == text.text);
    const auto& declaration = checked.parsed.file.statements.back();
    for (const auto& argument :
         std::get<syntax::Call>(declaration.operands.front().value.node).arguments) {
      INFO(argument.name->text);
      CHECK(page.substr(0, page.find("\nstrategy ")).find(argument.name->text) !=
            std::string::npos);
    }
  }
  CHECK(compiler::find_in_library("std.traffic.nothing") == nullptr);
}

TEST_CASE("expanding an example changes no plan, and the second time nothing") {
  for (const fs::path& path : examples()) {
    INFO(path);
    check_laws(read(path));
  }
}

TEST_CASE("expanding keeps comments, and takes only what belongs to strategies") {
  const std::string text = shop(R"(
## Waits.
strategy soaked(lengths: [duration], watch: gate?) {
  for one in lengths { hold one { require = watch } }
}  # here
use std.text (lower)
)",
                                R"(
  phase mirror { writes old, new { mode = follow; max_lag = 1s } }
  phase one { soaked [1h, 2h]; hold 5m }  # behind
  phase two { soaked []; soaked [soak] { watch = same and well } }
  # above
  phase three {
    canary reads { steps = [50%, 100%]; hold = 1m; require = same and well; stale_ok = 1s }
  }
  phase none { soaked [] }
  phase end { point_of_no_return "over"; writes new })");
  check_laws(text);
  const std::string result = expanded(text);
  INFO(result);
  for (const char* kept :
       {"# behind", "# above", "# here", "use std.text (lower)",
        "{ hold soak { require = same and well } }", "{}", "ramp reads new 50%, 100% {"})
    CHECK(result.find(kept) != std::string::npos);
  for (const char* gone : {"strategy", "canary", "soaked", "Waits", "std.traffic"})
    CHECK(result.find(gone) == std::string::npos);
}

TEST_CASE("values keep their meaning inside larger ones") {
  const std::string text = shop(
      "strategy longer(one: duration, watch: gate) { hold one * 2 { require = watch and well } }",
      "  phase wait { longer 1h + 1m { watch = same } }");
  check_laws(text);
  CHECK(expanded(text).find("hold (1h + 1m) * 2 { require = same and well }") != std::string::npos);
  check_laws(shop("strategy both(watch: gate) { require watch and same }",
                  "  phase wait { both { watch = same and well } }"));
}

TEST_CASE("strategies may stand for phases, and be given the names of them") {
  const std::string strategies = R"(
strategy soaked(name: word, lengths: [duration]) {
  ## A while.
  phase name { for one in lengths { hold one } }
  parallel { phase left after name { hold 1h }; phase right after name { hold 2h } }
})";
  const std::string text = shop(strategies, "  soaked first { lengths = [1h, 2h] }");
  check_laws(text);
  CHECK(names_of(text) == std::vector<std::string>{"expand/create#1", "first/hold#1",
                                                   "first/hold#2", "left/hold#1", "right/hold#1"});
}

TEST_CASE("resources use one strategy each in their own phases") {
  const std::string text = R"(mig 1
store app: sqlite { path = "app.db" }
entity User { key id: i64; email: text(254) }
dataset users: User in app { table = "users" }
dataset copy:  User in app { table = "users_copy" }
dataset teams: User in app { table = "teams" }
dataset other: User in app { table = "teams_copy" }
strategy moved(side: dataset = new) {
  phase make { create side }
  phase fill after make { snapshot old -> new }
}
strategy waits() { phase wait { hold 1h } }
plan move {
  waits
  resource people { from users; to copy; moved }
  resource groups { from teams; to other; parallel { moved { side = other } } }
}
)";
  check_laws(text);
  CHECK(names_of(text) == std::vector<std::string>{"wait/hold#1", "people.make/create#1",
                                                   "people.fill/snapshot#1", "groups.make/create#1",
                                                   "groups.fill/snapshot#1"});
}

TEST_CASE("names of steps are counted in their phase, whoever wrote the steps") {
  const std::string text = shop("strategy waits() { hold 1h; hold 2h }",
                                "  phase one { hold 1m; waits; waits; hold 2m }");
  const auto names = names_of(text);
  CHECK(names.back() == "one/hold#6");
  CHECK(std::set(names.begin(), names.end()).size() == names.size());
}

TEST_CASE("a step of a strategy has the place of its use") {
  const std::string text = shop("strategy waits() { inner }\nstrategy inner() { hold 1h }",
                                "  phase one {\n    waits\n  }");
  Checked checked("plan.mig", text);
  const auto plan = plans_of(checked, "default").front();
  const plan::Place& place = plan.steps.back().place;
  CHECK(place.file == "plan.mig");
  const auto at = text.find("\n    waits");
  CHECK(place.line ==
        static_cast<std::uint32_t>(
            std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 2));
  CHECK(place.column == 5);
}

TEST_CASE("the source hash covers what is used of the library, and no more") {
  const std::string phases = "  phase one { hold 1h }";
  const auto hash_of = [](const std::string& text) {
    Checked checked("plan.mig", text);
    const auto compiled = checked.compile();
    REQUIRE_FALSE(checked.diagnostics.has_errors());
    return std::pair(print(compiled.source_hash), compiled.library.size());
  };
  const auto [with, used] = hash_of(shop("", phases));
  CHECK(used == 1);
  const auto [more, both] = hash_of(shop("use std.data (expand_contract)\n", phases));
  CHECK(both == 3);  // one of them uses another
  CHECK(with != more);
}

TEST_CASE("of a file of strategies nothing else becomes part of the program") {
  Checked checked("golden.mig", R"(mig 1
use "used/strategies.mig" (watched)
store app: sqlite { path = "app.db" }
entity User { key id: i64; email: text(254) }
dataset users: User in app { table = "users" }
dataset copy:  User in app { table = "users_copy" }
plan move {
  from users
  to copy
  gate same { require drift(users) == 0 rows; no_data = fail }
  phase one { create copy; watched 1h { watch = same } }
}
)");
  const auto plan = plans_of(checked, "default").front();
  CHECK(plan.parameters.empty());
  CHECK(plan.steps.back().name == "one/hold#1");
  const auto text = compiler::expanded_text(checked.sources, checked.program(), "").text;
  CHECK(text.find("used/strategies.mig") == std::string::npos);
}

TEST_CASE("one plan of several is expanded alone") {
  const std::string two =
      shop("strategy waits() { hold 1h }", "  phase one { waits }") +
      "plan other { from users; to copy; phase one { create copy; waits; waits } }\n";
  Checked checked("plan.mig", two);
  CHECK(plans_of(checked, "default").size() == 2);
  const auto text = compiler::expanded_text(checked.sources, checked.program(), "other");
  CHECK(text.uses.size() == 2);
  Checked alone("plan.mig", text.text);
  CHECK(plans_of(alone, "default").size() == 1);
}

TEST_CASE("strategies stand in each other to a depth, and no deeper") {
  const auto chain = [](std::size_t length) {
    std::string strategies = fmt::format("strategy s{}() {{ hold 1h }}\n", length);
    for (std::size_t i = 1; i < length; ++i)
      strategies += fmt::format("strategy s{}() {{ s{} }}\n", i, i + 1);
    return shop(strategies, "  phase one { s1 }");
  };
  check_laws(chain(compiler::kMostStrategiesDeep));
  Checked deep("plan.mig", chain(100'000));
  deep.check();
  CHECK(deep.diagnostics.has_errors());
}
