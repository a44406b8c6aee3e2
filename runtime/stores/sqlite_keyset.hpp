// A dataset's rows in key order, page by page, typed: what copies and comparisons read.
//
// The order is SQLite's own with BINARY collation, and a place in it is the raw key cells, so rows
// whose key does not fit its type have a place too. Never OFFSET. No read transaction stays open
// between pages. What goes into a transform of several rows is read as one row (plan::input_row):
// the row that drives, by whose key it is found, and behind it its companions. One thread, like the
// database, which outlives the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sqlite_companions.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

// A row that cannot be read as its entity says.
struct BadRow {
  std::string key;  // as `Page::keys`
  std::string field;
  std::string reason;
};

// Many short texts in one piece of memory.
class Places {
 public:
  std::string operator[](std::size_t row) const {
    const std::size_t begin = row == 0 ? 0 : ends_[row - 1];
    return text_.substr(begin, ends_[row] - begin);
  }
  void append(std::string_view place) {
    text_ += place;
    ends_.push_back(text_.size());
  }
  void clear() {
    text_.clear();
    ends_.clear();
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

struct Page {
  Batch rows;
  Places keys;  // one a row: its place, as text
  std::vector<BadRow> bad;
  std::string last;  // the place of the last row that was read, good or bad
  std::int64_t read = 0;
  bool is_last = false;  // nothing lies behind it
};

class KeysetReader {
 public:
  // Permanent where a table or column is missing.
  static Result<KeysetReader> open(const Database& database, const plan::Plan& plan,
                                   plan::DatasetId dataset);
  // What goes into the lane's transform.
  static Result<KeysetReader> open(const Database& database, const plan::Plan& plan,
                                   const plan::Lane& lane);

  // Up to `limit` rows behind `after` (empty: from the start) up to and with `until` (empty: to
  // the end).
  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page);
  // The rows at those places. `gone` gets the places where none is.
  Result<void> read_each(const std::vector<std::string>& places, Page& page,
                         std::vector<std::string>& gone);
  // The one row at that place, if it is still there.
  Result<void> read_at(const std::string& key, Page& page);

  // Rows behind `after` with every cell as it is: `columns` is SQL, a row is text for `bind_key`.
  struct RawPage {
    std::vector<std::string> cells;
    std::string last;
  };
  Result<RawPage> read_raw(const std::string& after, const std::string& columns,
                           std::size_t limit) const;

  Result<std::int64_t> count() const;
  Result<std::string> last_key() const;            // empty where there is no row
  Result<std::int64_t> count_without_key() const;  // rows with a NULL in their key

 private:
  explicit KeysetReader(const Database& database) : database_(&database) {}
  Result<Statement*> query(bool has_lower, bool has_upper, bool is_point);
  void clear(Page& page) const;
  // Appends what the statement gives.
  Result<void> add(Statement& rows, Page& page);
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
// Binds the cells of a key's place from `parameter` on.
void bind_key(Statement& statement, int parameter, std::string_view key);
// For people: `42`, `ada@example.com`, `3, x'ff'`.
std::string shown_key(std::string_view key);

}  // namespace mig::runtime
