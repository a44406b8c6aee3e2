// Rows of a table that refer to rows which are not there, by the foreign keys that the store
// itself declares.
//
// A store that enforces them has none; one that was told not to look (`NOT VALID`, `foreign_keys =
// OFF`, replicas) may. Read part by part in the order of the dataset's key, so nothing is held but
// what one part has; rows without a key are left out. Reads only. One thread, like the database,
// which outlives the reader.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

struct ForeignKey {
  std::string name;  // of the constraint; SQLite keeps none: `user_id -> users`
  std::vector<std::string> columns;
  std::string parent;                       // as SQL names the table
  std::vector<std::string> parent_columns;  // empty: there is no such table
  bool is_whole = false;                    // MATCH FULL: some columns may not be NULL alone
  bool is_readable = true;                  // the role may look at the table
};

// Those of a table, in a fixed order. Permanent where one does not fit the table it refers to.
Result<std::vector<ForeignKey>> foreign_keys_of(const Database& database, const std::string& table);

struct Orphan {
  plan::DatasetId dataset;
  std::string key;         // for people
  std::string place;       // as Page::keys
  std::string constraint;  // ForeignKey::name
  std::string value;       // for people: what it refers to
};

class OrphanReader {
 public:
  static Result<OrphanReader> open(const Database& database, const plan::Plan& plan,
                                   plan::DatasetId dataset, ForeignKey key);

  struct Part {
    std::vector<Orphan> orphans;
    std::string last;  // the place that it ends with
    bool is_last = false;
  };
  // Among the next `limit` rows behind a place; empty: from the start.
  Result<Part> read(const std::string& after, std::size_t limit) const;
  // Whether the row at that place is one now.
  Result<bool> is_orphan(const std::string& place) const;

  const ForeignKey& key() const { return key_; }

 private:
  OrphanReader(const Database& database, plan::DatasetId dataset, ForeignKey key)
      : database_(&database), dataset_(dataset), key_(std::move(key)) {}
  // `(t."a", t."b") > (?3, ?4)`, with the first parameter.
  std::string bound(const char* comparison, int parameter) const;
  Result<std::string> place_behind(const std::string& after, std::size_t limit) const;

  const Database* database_;
  plan::DatasetId dataset_;
  ForeignKey key_;
  std::string table_;               // quoted, as `t`
  std::vector<std::string> order_;  // the dataset's key, as it is compared
  std::vector<std::string> cells_;  // the same, as cells of a place
  std::string at_place_;            // the row at a place
  std::string values_;              // what the row refers to
  std::string is_orphan_;           // the condition
};

}  // namespace mig::runtime
