// Where a name is declared, and where it is spoken of.

#include <nlohmann/json.hpp>

#include "compiler/form.hpp"
#include "runtime/cli/lsp/answers.hpp"
#include "runtime/cli/lsp/name_uses.hpp"
#include "runtime/cli/lsp/side_names.hpp"
#include "runtime/cli/lsp/tree_walk.hpp"

namespace mig::cli::lsp {
namespace {

// What a name means that no pass came to, because something before it is broken.
std::vector<syntax::Span> declared_as(const Snapshot& snapshot, std::uint32_t offset) {
  const auto around = statements_at(snapshot.tree(), offset);
  if (around.empty()) return {};
  const syntax::Expr* expr = expr_at(*around.back().statement, offset);
  if (expr == nullptr) return {};
  const std::string written(compiler::name_of(*expr));
  if (const auto side = side_named(snapshot, offset, written)) return *side;
  const auto found = snapshot.module().names.find(written);
  if (found == snapshot.module().names.end()) return {};
  return {found->second->span};
}

}  // namespace

Answer definition(const Place& place) {
  Json locations = Json::array();
  std::vector<syntax::Span> declared;
  for (const compiler::Occurrence& one : place.snapshot.names()) {
    const bool is_here = one.at.file == place.snapshot.tree().id && one.at.begin <= place.offset &&
                         place.offset <= one.at.end;
    if (is_here) declared.push_back(one.declaration);
  }
  if (declared.empty()) declared = declared_as(place.snapshot, place.offset);
  for (const syntax::Span& one : declared) {
    if (auto location = place.workspace.location(place.snapshot, one))
      locations.push_back(std::move(*location));
  }
  return locations.empty() ? Json() : locations;
}

Answer references(const Place& place, bool with_declaration) {
  const auto uses = NameUses::of(place);
  if (!uses) return Json();
  Json locations = Json::array();
  for (const NameUse& one : uses->all()) {
    if (one.is_declaration && !with_declaration) continue;
    locations.push_back(one.location);
  }
  return locations;
}

Answer document_highlight(const Place& place) {
  const compiler::Occurrence* name = place.snapshot.name_at(place.offset);
  if (name == nullptr) return Json();
  constexpr int kRead = 2;
  constexpr int kWrite = 3;
  Json highlights = Json::array();
  for (const compiler::Occurrence& one : place.snapshot.names()) {
    if (one.declaration != name->declaration || one.at.file != place.snapshot.tree().id) continue;
    highlights.push_back(Json{{"range", range_of(place.snapshot.text(), one.at, place.encoding())},
                              {"kind", one.at == one.declaration ? kWrite : kRead}});
  }
  return highlights;
}

}  // namespace mig::cli::lsp
