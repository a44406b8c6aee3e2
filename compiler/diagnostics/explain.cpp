#include "compiler/diagnostics/explain.hpp"

#include <cassert>

#include "compiler/diagnostics/explanations.hpp"

namespace mig::compiler {

namespace {

// The fenced block under the heading `## heading`.
std::string_view example(std::string_view page, std::string_view heading) {
  const std::size_t section = page.find(heading);
  assert(section != std::string_view::npos);
  constexpr std::string_view kFence = "```\n";
  const std::size_t begin = page.find(kFence, section);
  assert(begin != std::string_view::npos);
  const std::size_t end = page.find(kFence, begin + kFence.size());
  assert(end != std::string_view::npos);
  return page.substr(begin + kFence.size(), end - begin - kFence.size());
}

Explanation read(const ExplanationPage& page) {
  std::string_view title = page.text.substr(0, page.text.find('\n'));
  if (title.starts_with("# ")) title.remove_prefix(2);
  return Explanation{page.code, page.text, title, example(page.text, "## Wrong\n"),
                     example(page.text, "## Right\n")};
}

}  // namespace

std::optional<Explanation> explain(std::string_view code) {
  for (const ExplanationPage& page : explanation_pages()) {
    if (page.code == code) return read(page);
  }
  return std::nullopt;
}

std::vector<Explanation> all_explanations() {
  std::vector<Explanation> all;
  for (const ExplanationPage& page : explanation_pages())
    all.push_back(read(page));
  return all;
}

}  // namespace mig::compiler
