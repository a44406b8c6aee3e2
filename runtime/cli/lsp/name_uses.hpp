// Every place in the workspace that speaks of one declaration.
//
// Used by references and rename. Made for one question: the files that are not open are compiled
// for it. One thread.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/cli/lsp/answers.hpp"

namespace mig::cli::lsp {

struct NameUse {
  std::string path;  // of the library: as the sources call it
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool is_declaration = false;
  bool is_library = false;
  Json location;  // `{ uri, range }`
};

class NameUses {
 public:
  // Of the name at that place; nothing where none stands.
  static std::optional<NameUses> of(const Place& place);

  // In the order of paths and places; each once.
  const std::vector<NameUse>& all() const { return uses_; }
  // The files that were looked at: those that are open, and those that import the declaration.
  const std::vector<const Snapshot*>& snapshots() const { return snapshots_; }
  const std::string& text() const { return text_; }
  // The snapshot in which the question was asked, and the declaration there.
  syntax::Span declaration() const { return declaration_; }
  bool is_of_library() const { return is_library_; }

 private:
  std::string text_;
  syntax::Span declaration_;
  bool is_library_ = false;
  std::vector<std::unique_ptr<Snapshot>> kept_;
  std::vector<const Snapshot*> snapshots_;
  std::vector<NameUse> uses_;
};

}  // namespace mig::cli::lsp
