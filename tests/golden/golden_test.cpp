// Compares what mig makes of each tests/golden/*/*.mig with the text beside it; update.sh rewrites
// those texts.
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/explain.hpp"
#include "compiler/diagnostics/render.hpp"
#include "compiler/diagnostics/syntax_mistakes.hpp"
#include "grammar/outline.hpp"
#include "grammar/parse.hpp"
#include "grammar/print.hpp"

namespace fs = std::filesystem;
using namespace mig;

namespace {

const fs::path kGolden = fs::path(MIG_ROOT) / "tests" / "golden";

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> inputs(const char* folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(kGolden / folder)) {
    if (entry.path().extension() == ".mig") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  REQUIRE(!found.empty());
  return found;
}

struct Checked {
  syntax::SourceSet sources;
  syntax::FileId file;
  syntax::Parsed parsed;
  std::deque<syntax::Parsed> used;
  compiler::Diagnostics diagnostics;

  Checked(std::string path, std::string text)
      : file(sources.add(std::move(path), std::move(text))) {
    parsed = syntax::parse(sources, file);
    compiler::report_syntax_mistakes(parsed, diagnostics);
  }

  // The file and what it brings in from tests/golden/error.
  std::vector<compiler::Input> program() {
    std::vector<compiler::Input> all{{"golden.mig", &parsed.file}};
    for (const std::string& path : compiler::imports_of("golden.mig", parsed.file)) {
      const bool is_new = std::ranges::find(all, path, &compiler::Input::path) == all.end();
      if (!is_new || !fs::is_regular_file(kGolden / "error" / path)) continue;
      used.push_back(syntax::parse(sources, sources.add(path, read(kGolden / "error" / path))));
      all.push_back({path, &used.back().file});
    }
    return all;
  }

  // What `mig check` reports, with secrets masked.
  void compile() {
    compiler::check_all_environments(sources, program(), diagnostics);
    for (const syntax::Span& secret : diagnostics.hidden())
      sources.mask(secret);
  }
};

void compare(const char* folder, const std::function<std::string(Checked&)>& output) {
  for (const fs::path& input : inputs(folder)) {
    INFO(input);
    Checked checked(input.filename(), read(input));
    const std::string actual = output(checked);
    fs::path expected = input;
    expected.replace_extension(".expected");
    if (std::getenv("MIG_UPDATE_GOLDENS") != nullptr) {
      std::ofstream(expected, std::ios::binary) << actual;
    }
    CHECK(fs::exists(expected));
    CHECK(read(expected) == actual);
  }
}

bool reports(std::string_view text, std::string_view code) {
  Checked checked("example.mig", std::string(text));
  checked.compile();
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
    checked.compile();
    CHECK(checked.diagnostics.has_errors());
    return compiler::render_all(checked.sources, checked.diagnostics, compiler::Color::Never);
  });
}

TEST_CASE("a file with six independent mistakes gives six diagnostics") {
  const fs::path path = kGolden / "error" / "broken.mig";
  const Checked checked("broken.mig", read(path));
  CHECK(checked.diagnostics.all().size() == 6);
}

TEST_CASE("six mistakes of six kinds give six diagnostics") {
  Checked checked("six_mistakes.mig", read(kGolden / "error" / "six_mistakes.mig"));
  checked.compile();
  CHECK(checked.diagnostics.all().size() == 6);
}

TEST_CASE("every code has a golden and an explanation whose examples are what they say") {
  std::string goldens;
  for (const fs::path& input : inputs("error"))
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
  }
}

TEST_CASE("every explanation belongs to a code") {
  for (const compiler::Explanation& one : compiler::all_explanations()) {
    INFO(one.code);
    CHECK(std::ranges::find(compiler::kCodes, one.code) != std::end(compiler::kCodes));
  }
}
