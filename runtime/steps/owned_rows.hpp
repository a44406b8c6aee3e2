// Which rows of the new side belong to one row of the old side: those whose key holds all of its
// key.
//
// When the old row changes or goes, the rows that it no longer becomes are found by that part of
// their key and taken away. Used by a follower, inside its Effect. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

class OwnedRows {
 public:
  // Nothing where the key of an emitted row does not hold the old row's: a row that several old
  // rows share, or one whose key is computed.
  static std::optional<OwnedRows> of(const plan::Plan& plan, const plan::Emit& emit,
                                     plan::DatasetId dataset);

  Result<void> open(const Database& database);

  // Whose row stands at that place of the new side.
  std::string owner_of(std::string_view place) const;

  // The places of the rows of `owner`, a place on the old side as the new one writes it, that are
  // not among `keep`, places on the new side.
  Result<std::vector<std::string>> others(std::string_view owner,
                                          const std::set<std::string>& keep);
  // Deletes those, and gives how many went.
  Result<std::int64_t> delete_others(std::string_view owner, const std::set<std::string>& keep);

 private:
  std::string table_;
  std::vector<std::string> key_;       // columns
  std::vector<std::string> owner_;     // those of the key that hold the old row's key, in its order
  std::vector<Statement> statements_;  // finds, deletes; empty before `open`
  const Database* database_ = nullptr;
};

// OwnedRows::of, or a sentence that says whose rows cannot be followed.
Result<OwnedRows> owned_rows(const plan::Plan& plan, const plan::Emit& emit,
                             plan::DatasetId dataset);

// The place of an old row's key as the new side writes it; nothing where the key does not fit its
// type, so that no row of the new side can be its own. `database`: any, its tables are not read.
Result<std::optional<std::string>> place_as_written(const Database& database,
                                                    const plan::Entity& source,
                                                    const std::string& place);

}  // namespace mig::runtime
