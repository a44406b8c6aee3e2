// What the author's own SQL says of tables, as far as its words tell.
//
// Used by the check of changes while clients use a table. Texts and comments are passed over, names
// may be quoted. It knows no grammar: what it does not find may be there still.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mig::compiler {

// One statement that changes the structure of something.
struct SqlChange {
  std::vector<std::string> words;  // in lower case; what is no word is one of its own
  bool builds_under_lock = false;  // an index, while nobody else writes
  bool fills_by_call = false;      // a new field gets a default that is no constant

  bool names(std::string_view table) const;
};

// The statements that alter, index, cluster, truncate, or set triggers, in order.
std::vector<SqlChange> changes_of(std::string_view text);

}  // namespace mig::compiler
