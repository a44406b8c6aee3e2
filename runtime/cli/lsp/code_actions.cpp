// `textDocument/codeAction`: the fixes that diagnostics offer, and the page that explains one.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/cli/lsp/answers.hpp"
#include "runtime/cli/lsp/published.hpp"

namespace mig::cli::lsp {
namespace {

struct Lines {
  std::uint32_t first = 0;
  std::uint32_t last = UINT32_MAX;
};

bool meet(const Json& range, const Lines& lines) {
  const auto start = position_field(range, "start");
  const auto end = position_field(range, "end");
  return start && end && start->line <= lines.last && lines.first <= end->line;
}

std::string title_of(const compiler::Diagnostic& diagnostic, std::string_view old_text,
                     std::string_view new_text) {
  if (new_text.empty()) return fmt::format("Remove `{}` ({})", old_text, diagnostic.code);
  if (old_text.empty()) return fmt::format("Insert `{}` ({})", new_text, diagnostic.code);
  return fmt::format("Replace `{}` by `{}` ({})", old_text, new_text, diagnostic.code);
}

}  // namespace

Answer code_actions(const Place& place, const Json& range) {
  Lines lines;
  if (const auto start = position_field(range, "start")) lines.first = start->line;
  if (const auto end = position_field(range, "end")) lines.last = end->line;
  const Snapshot& snapshot = place.snapshot;
  Json actions = Json::array();
  for (const compiler::Diagnostic& one : snapshot.diagnostics().all()) {
    const syntax::Span at = snapshot.sources().written_at(one.primary.span);
    if (at.file != snapshot.tree().id) continue;
    if (!meet(range_of(snapshot.text(), at, place.encoding()), lines)) continue;
    for (const compiler::Fix& fix : one.fixes) {
      // A fix inside a strategy would change every use of it.
      const bool is_own = fix.span.file == snapshot.tree().id;
      auto location = is_own ? place.workspace.location(snapshot, fix.span) : std::nullopt;
      if (!location) continue;
      const Json edit{{"range", (*location)["range"]}, {"newText", fix.replacement}};
      actions.push_back(Json{
          {"title", title_of(one, snapshot.sources().text(fix.span), fix.replacement)},
          {"kind", "quickfix"},
          {"isPreferred", one.fixes.size() == 1},
          {"edit", {{"changes", {{(*location)["uri"].get<std::string>(), Json::array({edit})}}}}}});
    }
    // The command is one of our extension, which is who shows the library, too.
    if (!place.workspace.client.shows_library) continue;
    actions.push_back(Json{{"title", fmt::format("Explain {}", one.code)},
                           {"kind", "quickfix"},
                           {"command",
                            {{"title", fmt::format("Explain {}", one.code)},
                             {"command", "mig.explain"},
                             {"arguments", Json::array({one.code})}}}});
  }
  return actions;
}

}  // namespace mig::cli::lsp
