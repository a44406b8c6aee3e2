// Compares what mig makes of each tests/golden/*/*.mig with the text beside it; update.sh rewrites
// those texts.
#include <algorithm>
#include <functional>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

#include "compiler/diagnostics/explain.hpp"
#include "compiler/diagnostics/render.hpp"
#include "grammar/outline.hpp"
#include "grammar/print.hpp"
#include "runtime/cli/plan_tests.hpp"
#include "tests/golden/goldens.hpp"

namespace fs = std::filesystem;
using namespace mig;
using namespace mig::golden;

namespace {

std::size_t errors_of(std::string_view text) {
  Checked checked("example.mig", std::string(text));
  checked.check();
  return checked.diagnostics.error_count();
}

// Of what runs only, and not of what is checked: what `mig test` would say.
void run_tests(Checked& checked, const std::function<void(const cli::PlanTestResult&)>& report) {
  const auto compiled = checked.compile();
  if (checked.diagnostics.has_errors()) return;
  cli::run_plan_tests(compiled, checked.parsed.file, {.seed = 1}, runtime::SystemClock(), report);
}

bool reports(std::string_view text, std::string_view code) {
  Checked checked("example.mig", std::string(text));
  if (code == "M3011" || code == "M3031") {
    compiler::Diagnostics found;
    run_tests(checked, [&](const auto& result) { found.take(result.diagnostics); });
    checked.diagnostics.take(found);
  } else {
    checked.check();
  }
  return std::ranges::any_of(checked.diagnostics.all(),
                             [&](const auto& one) { return one.code == code; });
}

}  // namespace

TEST_CASE("golden: the tree of each file") {
  compare("tree", [](Checked& checked) {
    CHECK(checked.diagnostics.all().empty());
    return syntax::outline(checked.sources, checked.parsed.file);
  });
}

TEST_CASE("golden: the formatted text of each file") {
  compare("fmt", [](Checked& checked) { return syntax::format(checked.sources, checked.file); });
}

TEST_CASE("golden: the diagnostics of each file") {
  compare("error", [](Checked& checked) {
    checked.check();
    CHECK(checked.diagnostics.has_errors());
    return compiler::render_all(checked.sources, checked.diagnostics, compiler::Color::Never);
  });
}

TEST_CASE("golden: the tests of each file") {
  compare("test", [](Checked& checked) {
    std::string all;
    run_tests(checked, [&](const cli::PlanTestResult& result) {
      all += fmt::format("{} {} of {}", name(result.verdict), result.name, result.subject);
      if (result.inverse) {
        all += fmt::format(": {} at the limits, {} random, {} rejected", result.inverse->boundary,
                           result.inverse->generated, result.inverse->rejected);
      }
      all += "\n";
      const std::string text =
          compiler::render_all(checked.sources, result.diagnostics, compiler::Color::Never);
      if (!text.empty()) all += text + "\n";
    });
    INFO(compiler::render_all(checked.sources, checked.diagnostics, compiler::Color::Never));
    CHECK(checked.diagnostics.all().empty());
    return all;
  });
}

TEST_CASE("a file with six independent mistakes gives six diagnostics") {
  const fs::path path = folder() / "error" / "broken.mig";
  const Checked checked("broken.mig", read(path));
  CHECK(checked.diagnostics.all().size() == 6);
}

TEST_CASE("six mistakes of six kinds give six diagnostics") {
  Checked checked("six_mistakes.mig", read(folder() / "error" / "six_mistakes.mig"));
  checked.check();
  CHECK(checked.diagnostics.all().size() == 6);
}

TEST_CASE("every code has a golden and an explanation whose examples are what they say") {
  std::string goldens;
  auto paths = inputs("error");
  std::ranges::copy(inputs("test"), std::back_inserter(paths));
  for (const fs::path& input : paths)
    goldens += read(fs::path(input).replace_extension(".expected"));
  for (const std::string_view code : compiler::kCodes) {
    INFO(code);
    const auto explanation = compiler::explain(code);
    REQUIRE(explanation.has_value());
    // Only a live table shows those of the fifth kind; tests/cli/live.sh has theirs.
    if (code.starts_with("M5")) continue;
    CHECK(goldens.find("[" + std::string(code) + "]: ") != std::string::npos);
    CHECK(reports(explanation->wrong, code));
    CHECK_FALSE(reports(explanation->right, code));
    // What is said about safety is said of the smallest plan that breaks it and of its nearest
    // neighbour that is safe.
    if (code.starts_with("M4")) CHECK(errors_of(explanation->right) == 0);
  }
}

TEST_CASE("every rule of safety shows a run that it forbids") {
  for (const std::string_view code : compiler::kCodes) {
    if (!code.starts_with("M40")) continue;
    Checked checked("example.mig", read(folder() / "error" / (std::string(code) + ".mig")));
    checked.check();
    INFO(code);
    CHECK(std::ranges::any_of(checked.diagnostics.all(), [&](const auto& one) {
      return one.code == code && !one.trace.empty() && !one.outcome.empty();
    }));
  }
}

TEST_CASE("every explanation belongs to a code") {
  for (const compiler::Explanation& one : compiler::all_explanations()) {
    INFO(one.code);
    CHECK(std::ranges::find(compiler::kCodes, one.code) != std::end(compiler::kCodes));
  }
}
