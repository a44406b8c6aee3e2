// Two adjacent versions of the routes side by side: clients that still go by the one before lose
// nothing and read nothing that is too old, whatever step has changed it (M4023).
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "compiler/plan/views.hpp"
#include "compiler/prove/projection.hpp"
#include "compiler/prove/search.hpp"
#include "tests/golden/goldens.hpp"

using namespace mig;
using namespace mig::golden;

namespace {

std::vector<std::filesystem::path> plans() {
  const auto root = folder().parent_path().parent_path();
  std::vector<std::filesystem::path> paths = inputs("plan");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "examples")) {
    if (entry.path().extension() == ".mig") paths.push_back(entry.path());
  }
  for (const auto& entry : std::filesystem::directory_iterator(root / "tests" / "scenarios")) {
    if (std::filesystem::exists(entry.path() / "plan.mig"))
      paths.push_back(entry.path() / "plan.mig");
  }
  return paths;
}

// Each plan with the sides of one of its movements, as the prover sees it.
std::vector<plan::Plan> seen_by_prover() {
  std::vector<plan::Plan> all;
  for (const auto& path : plans()) {
    Checked checked("plan.mig", read(path));
    const auto environments = checked.compile().environments;
    Checked again("plan.mig", read(path));
    const auto compiled = again.compile(environments.empty() ? "default" : environments.front());
    for (const plan::Plan& plan : compiled.plans) {
      const plan::Views views(plan);
      for (std::size_t i = 0; i < views.size(); ++i)
        all.push_back(compiler::prove::project(views.at(i)).plan);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("clients that have not heard of the newest routes are harmed by no step") {
  std::set<std::size_t> kinds;
  int guarded = 0;
  for (const plan::Plan& plan : seen_by_prover()) {
    INFO(plan.name);
    const compiler::prove::Model model(plan);
    const auto found = search(model, {.has_late_clients = true});
    CHECK(found.is_complete);
    CHECK_FALSE(found.finding.has_value());
    for (const plan::Step& step : plan.steps)
      kinds.insert(step.action.index());
    const auto unguarded = search(model, {.has_late_clients = true, .guards_writes = false});
    guarded += unguarded.finding.has_value() ? 1 : 0;
  }
  CHECK(kinds.size() == std::variant_size_v<plan::Action>);
  // Were writes of late clients taken, every plan that moves the authority would lose some.
  CHECK(guarded > 10);
}
