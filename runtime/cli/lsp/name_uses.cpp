#include "runtime/cli/lsp/name_uses.hpp"

#include <map>
#include <tuple>

#include <nlohmann/json.hpp>

namespace mig::cli::lsp {
namespace {

using Key = std::tuple<std::string, std::uint32_t, std::uint32_t>;

Key key_of(const Snapshot& snapshot, const syntax::Span& span) {
  return {std::string(snapshot.sources().path(span.file)), span.begin, span.end};
}

}  // namespace

std::optional<NameUses> NameUses::of(const Place& place) {
  const compiler::Occurrence* name = place.snapshot.name_at(place.offset);
  if (name == nullptr) return std::nullopt;
  NameUses found;
  found.text_ = place.snapshot.sources().text(name->at);
  found.declaration_ = name->declaration;
  found.is_library_ = place.snapshot.is_library(name->declaration.file);
  const Key declared = key_of(place.snapshot, name->declaration);
  found.snapshots_ = found.is_library_
                         ? std::vector<const Snapshot*>{&place.snapshot}
                         : place.workspace.snapshots_around(std::get<0>(declared), found.kept_);
  std::map<Key, NameUse> uses;
  for (const Snapshot* snapshot : found.snapshots_) {
    for (const compiler::Occurrence& one : snapshot->names()) {
      if (key_of(*snapshot, one.declaration) != declared) continue;
      auto location = place.workspace.location(*snapshot, one.at);
      if (!location) continue;
      const Key key = key_of(*snapshot, one.at);
      uses.emplace(key,
                   NameUse{std::get<0>(key), one.at.begin, one.at.end, one.at == one.declaration,
                           snapshot->is_library(one.at.file), std::move(*location)});
    }
  }
  for (auto& [key, use] : uses)
    found.uses_.push_back(std::move(use));
  return found;
}

}  // namespace mig::cli::lsp
