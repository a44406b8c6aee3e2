// The pages of explanations/*.md as text; the build generates the table. Used by explain.cpp.
#pragma once

#include <span>
#include <string_view>

namespace mig::compiler {

struct ExplanationPage {
  std::string_view code;
  std::string_view text;
};

std::span<const ExplanationPage> explanation_pages();

}  // namespace mig::compiler
