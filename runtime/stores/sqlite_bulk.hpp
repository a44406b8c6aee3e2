// Copies rows from one SQLite file to another inside the engine, for plans that change nothing on
// the way.
//
// Half the price of reading and binding every cell, and as strict: a row goes through only when
// each of its cells is already what the copy would write. Where one is not, nothing is written and
// the caller takes the typed path for that page. One thread, like the database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sqlite_database.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

class BulkCopy {
 public:
  struct Totals {
    std::int64_t read = 0;
    std::int64_t moved = 0;  // the others were there already
    std::string last;        // the place of the last row, as KeysetReader writes it
    bool is_last = false;
  };

  // Nothing where the plan is not for it: a transform, rules, another conflict rule than keep, a
  // key of several fields. The source is attached to a connection of its own, so that no other
  // statement finds a name there.
  static Result<std::optional<BulkCopy>> open(Stores& stores, const plan::Plan& plan,
                                              const plan::Copy& action);

  // Where the caller's transaction begins.
  const Database& database() const { return database_; }

  // Up to `limit` rows behind `after` up to and with `until`, inside the caller's transaction.
  // Nothing where a row needs the typed path; then nothing was written.
  Result<std::optional<Totals>> copy(std::string_view after, std::string_view until,
                                     std::int64_t limit);

 private:
  struct Shape;  // the types of the fields, for the function that SQLite calls
  explicit BulkCopy(Database database) : database_(std::move(database)) {}

  // The statements for a page from the start, or behind a row: a bound that may be absent would
  // keep SQLite from finding the page by its key.
  struct Statements {
    Statement find_end;
    Statement insert;
    Statement count_misfits;
  };
  Result<Statements> prepare(const plan::Plan& plan, bool has_after) const;
  Result<std::optional<Totals>> insert(Statements& statements, Totals page, std::string_view after);

  Database database_;
  std::shared_ptr<Shape> shape_;  // shared with the function that is registered on the connection
  std::optional<Statements> first_;
  std::optional<Statements> further_;
};

}  // namespace mig::runtime
