// The layout of a document: `mig fmt` for it, and what of it may be folded away.
#include <nlohmann/json.hpp>

#include "grammar/print.hpp"
#include "runtime/cli/lsp/answers.hpp"
#include "runtime/cli/lsp/tree_walk.hpp"

namespace mig::cli::lsp {

// One edit of the whole document; what could not be read stays as it is.
Answer formatting(const Place& place) {
  const std::string formatted = syntax::format(place.snapshot.sources(), place.snapshot.tree().id);
  const std::string_view text = place.snapshot.text();
  if (formatted == text) return Json::array();
  return Json::array(
      {Json{{"range", range_of(text, 0, text.size(), place.encoding())}, {"newText", formatted}}});
}

Answer folding_ranges(const Place& place) {
  Json ranges = Json::array();
  const std::string_view text = place.snapshot.text();
  const auto add = [&](const syntax::Span& span, bool is_comment) {
    const auto first = position_at(text, span.begin, place.encoding());
    const auto last = position_at(text, span.end, place.encoding());
    // The line with the closing brace stays in sight.
    const std::uint32_t end = is_comment || last.line == 0 ? last.line : last.line - 1;
    if (end <= first.line) return;
    Json range{{"startLine", first.line}, {"endLine", end}};
    if (is_comment) range["kind"] = "comment";
    ranges.push_back(std::move(range));
  };
  each_statement(place.snapshot.tree(), [&](const Placed& placed) {
    if (placed.statement->block) add(placed.statement->block->span, false);
  });
  const auto& comments = place.snapshot.tree().comments;
  for (std::size_t i = 0; i < comments.size();) {
    std::size_t last = i;
    const auto follows = [&] {
      const std::string_view between =
          text.substr(comments[last].end, comments[last + 1].begin - comments[last].end);
      return between.find_first_not_of(" \t\r\n") == std::string_view::npos &&
             between.find("\n") == between.rfind("\n");
    };
    while (last + 1 < comments.size() && follows())
      ++last;
    add(comments[i].to(comments[last]), true);
    i = last + 1;
  }
  return ranges;
}

}  // namespace mig::cli::lsp
