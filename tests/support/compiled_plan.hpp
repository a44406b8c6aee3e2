// The one plan of a text, for tests of what carries plans out.
#pragma once

#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/render.hpp"
#include "grammar/parse.hpp"

namespace mig::tests {

inline plan::Plan compiled_plan(const char* text) {
  syntax::SourceSet sources;
  compiler::Diagnostics diagnostics;
  const auto file = sources.add("plan.mig", text);
  const auto parsed = syntax::parse(sources, file);
  auto result = compiler::compile(sources, {compiler::Input{"plan.mig", &parsed.file}},
                                  compiler::Settings{}, diagnostics);
  INFO(compiler::render_all(sources, diagnostics, compiler::Color::Never));
  REQUIRE(result.plans.size() == 1);
  return result.plans.front();
}

}  // namespace mig::tests
