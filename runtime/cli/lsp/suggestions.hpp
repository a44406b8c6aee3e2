// The list of what may stand at the cursor, as it grows.
//
// Used by completion. One label once; the first wins. One thread.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "runtime/cli/lsp/cursor.hpp"
#include "runtime/cli/lsp/place_words.hpp"
#include "runtime/cli/lsp/workspace.hpp"

namespace mig::cli::lsp {

// The protocol's kinds of items.
enum class ItemKind : int {
  Function = 3,
  Field = 5,
  Variable = 6,
  Class = 7,
  Module = 9,
  Property = 10,
  Unit = 11,
  Value = 12,
  Keyword = 14,
  Snippet = 15,
  Constant = 21,
  Struct = 22,
};

struct Suggestion {
  std::string label;
  ItemKind kind = ItemKind::Keyword;
  std::string detail;
  std::string documentation;  // Markdown
  std::string inserted;       // empty: the label
};

class Suggestions {
 public:
  void add(Suggestion one);
  void add_words(const std::vector<std::string_view>& words, ItemKind kind);
  // Names that the file knows, or that the plan around the cursor declares.
  void add_names(const Snapshot& snapshot, const Cursor& cursor, NameKind kind);
  // The fields of an entity that the file knows by that name.
  void add_fields(const Snapshot& snapshot, std::string_view entity, ItemKind kind,
                  std::string_view behind);

  const std::vector<Suggestion>& all() const { return all_; }

 private:
  void add_declared(const Snapshot& snapshot, compiler::DeclarationKind kind, ItemKind item);
  void add_of_plan(const Snapshot& snapshot, const Cursor& cursor, std::string_view word);

  std::set<std::string> known_;
  std::vector<Suggestion> all_;
};

// The entity of a dataset that the file knows; empty where there is none.
std::string entity_of_dataset(const Snapshot& snapshot, std::string_view dataset);
// The plan around the cursor, as far as it could be read; null elsewhere.
const syntax::Statement* plan_around(const Snapshot& snapshot, const Cursor& cursor);

}  // namespace mig::cli::lsp
