// The plan of a file of the repository, for tests that run what people would run.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/render.hpp"
#include "grammar/parse.hpp"

namespace mig::tests {

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

// Compiled for that environment, with that edition of its own parameters.
inline plan::Plan plan_of_file(const std::string& path, const std::string& env = "default") {
  syntax::SourceSet sources;
  compiler::Diagnostics diagnostics;
  const auto file = sources.add(path, file_text(std::filesystem::path(MIG_ROOT) / path));
  const auto parsed = syntax::parse(sources, file);
  auto result = compiler::compile(sources, {compiler::Input{path, &parsed.file}},
                                  compiler::Settings{.env = env}, diagnostics);
  INFO(compiler::render_all(sources, diagnostics, compiler::Color::Never));
  REQUIRE(!result.plans.empty());
  return result.plans.front();
}

}  // namespace mig::tests
