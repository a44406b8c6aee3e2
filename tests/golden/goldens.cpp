#include "tests/golden/goldens.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <catch2/catch.hpp>

#include "compiler/diagnostics/syntax_mistakes.hpp"

namespace mig::golden {

namespace fs = std::filesystem;

fs::path folder() {
  return fs::path(MIG_ROOT) / "tests" / "golden";
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> inputs(const char* name) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder() / name)) {
    if (entry.path().extension() == ".mig") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  REQUIRE(!found.empty());
  return found;
}

Checked::Checked(std::string path, std::string text)
    : file(sources.add(std::move(path), std::move(text))) {
  parsed = syntax::parse(sources, file);
  compiler::report_syntax_mistakes(parsed, diagnostics);
}

std::vector<compiler::Input> Checked::program() {
  std::vector<compiler::Input> all{{"golden.mig", &parsed.file}};
  for (const std::string& path : compiler::imports_of("golden.mig", parsed.file)) {
    const bool is_new = std::ranges::find(all, path, &compiler::Input::path) == all.end();
    if (!is_new || !fs::is_regular_file(folder() / "error" / path)) continue;
    used.push_back(syntax::parse(sources, sources.add(path, read(folder() / "error" / path))));
    all.push_back({path, &used.back().file});
  }
  return all;
}

void Checked::check() {
  if (sets) {
    const compiler::Settings settings{.sets = &sets->file};
    CHECK_FALSE(compiler::compile(sources, program(), settings, diagnostics).settings_ok);
  } else {
    compiler::compile_everywhere(sources, program(), diagnostics);
  }
  for (const syntax::Span& secret : diagnostics.hidden())
    sources.mask(secret);
}

compiler::Compilation Checked::compile(const std::string& env) {
  return compiler::compile(sources, program(), compiler::Settings{.env = env}, diagnostics);
}

void compare(const char* name, const std::function<std::string(Checked&)>& output) {
  for (const fs::path& input : inputs(name)) {
    INFO(input);
    Checked checked(input.filename(), read(input));
    const fs::path sets = fs::path(input).replace_extension(".set");
    if (fs::exists(sets))
      checked.sets = syntax::parse(checked.sources, checked.sources.add("--set", read(sets)));
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

}  // namespace mig::golden
