// A KeysetReader over SQLite: the order is that of BINARY collation.
//
// One thread, like the database, which outlives the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/sqlite_companions.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

class SqliteRows final : public RowSource {
 public:
  // Permanent where a table or column is missing.
  static Result<SqliteRows> open(const Database& database, const plan::Plan& plan,
                                 plan::DatasetId dataset);
  // What goes into the lane's transform.
  static Result<SqliteRows> open(const Database& database, const plan::Plan& plan,
                                 const plan::Lane& lane);

  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page) override;
  Result<void> read_each(const std::vector<std::string>& places, Page& page,
                         std::vector<std::string>& gone) override;
  Result<std::int64_t> count() const override;
  Result<std::string> last_key() const override;
  Result<std::int64_t> count_without_key() const override;

  // Rows behind `after` with every cell as it is: `columns` is SQL, a row is text for `bind_key`.
  struct RawPage {
    std::vector<std::string> cells;
    std::string last;
  };
  Result<RawPage> read_raw(const std::string& after, const std::string& columns,
                           std::size_t limit) const;

 private:
  explicit SqliteRows(const Database& database) : database_(&database) {}
  Result<Statement*> query(bool has_lower, bool has_upper, bool is_point);
  // Appends what the statement gives; false where the page would go beyond so many bytes.
  Result<bool> add(Statement& rows, std::size_t most_bytes, Page& page);
  Result<void> fill(Statement& rows, std::size_t limit, Page& page);
  Result<void> read_row(const Statement& row, const std::string& key, Page& page);

  const Database* database_;
  plan::Entity entity_;
  std::string table_;                 // quoted
  std::vector<std::string> key_;      // quoted, with their collation
  std::vector<std::string> columns_;  // quoted, of every field
  std::vector<plan::Type> types_;     // of what is read
  std::vector<CompanionReader> companions_;
  std::optional<Statement> statements_[8];
};

// The place of a row whose key cells begin at a column of a statement's present row.
std::string place_of(const Statement& row, int first_column, int cells = 1);

}  // namespace mig::runtime
