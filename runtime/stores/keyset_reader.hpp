// A dataset's rows in key order, page by page, typed: what copies and comparisons read.
//
// The order is the store's own, and a place in it is the row's key (places.hpp), so rows whose key
// does not fit its type have a place too. Never OFFSET. No read transaction stays open between
// pages. What goes into a transform of several rows is read as one row (plan::input_row): the row
// that drives, by whose key it is found, and behind it its companions. One thread, like the
// database, which outlives the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/places.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// A row that cannot be read as its entity says.
struct BadRow {
  std::string key;  // as `Page::keys`
  std::string field;
  std::string reason;
};

// Of a row that stays until it is deleted.
inline constexpr std::int64_t kNoExpiry = -1;

struct Page {
  Batch rows;
  Places keys;  // one a row: its place
  // When each row expires, in Unix milliseconds, or kNoExpiry; empty where the store has no such
  // thing.
  std::vector<std::int64_t> expiries;
  std::vector<BadRow> bad;
  std::string last;  // the place of the last row that was read, good or bad
  std::int64_t read = 0;
  bool is_last = false;  // nothing lies behind it

  // Without rows, and with columns of these types.
  void begin(const std::vector<plan::Type>& types);
};

// One kind of store's way to read pages.
class RowSource {
 public:
  virtual ~RowSource() = default;

  // Up to `limit` rows behind `after` (empty: from the start) up to and with `until` (empty: to
  // the end).
  virtual Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                            Page& page) = 0;
  // The rows at those places. `gone` gets the places where none is.
  virtual Result<void> read_each(const std::vector<std::string>& places, Page& page,
                                 std::vector<std::string>& gone) = 0;
  virtual Result<std::int64_t> count() const = 0;
  // How many rows to expect, where counting them takes long; 0: nobody knows.
  virtual Result<std::int64_t> about() const { return count(); }
  virtual Result<std::string> last_key() const = 0;            // empty where there is no row
  virtual Result<std::int64_t> count_without_key() const = 0;  // rows with a NULL in their key
};

class KeysetReader {
 public:
  // Of a store that is no Database.
  explicit KeysetReader(std::unique_ptr<RowSource> source) : source_(std::move(source)) {}
  // Permanent where a table or column is missing.
  static Result<KeysetReader> open(const Database& database, const plan::Plan& plan,
                                   plan::DatasetId dataset);
  // What goes into the lane's transform.
  static Result<KeysetReader> open(const Database& database, const plan::Plan& plan,
                                   const plan::Lane& lane);

  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page) {
    return source_->read(after, until, limit, page);
  }
  Result<void> read_each(const std::vector<std::string>& places, Page& page,
                         std::vector<std::string>& gone) {
    return source_->read_each(places, page, gone);
  }
  // The one row at that place, if it is still there.
  Result<void> read_at(const std::string& place, Page& page);

  Result<std::int64_t> count() const { return source_->count(); }
  Result<std::int64_t> about() const { return source_->about(); }
  Result<std::string> last_key() const { return source_->last_key(); }
  Result<std::int64_t> count_without_key() const { return source_->count_without_key(); }

 private:
  std::unique_ptr<RowSource> source_;
};

}  // namespace mig::runtime
