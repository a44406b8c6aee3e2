// Puts typed rows into a table, in whatever dialect. Used by writers; inside an Effect. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// An INSERT: what stands in front of where its rows come from, and what stands behind that.
struct InsertSql {
  std::string table;                 // not quoted
  std::vector<std::string> columns;  // not quoted, in the order of a batch's
  std::string head;                  // `INSERT INTO "t" AS t ("a", "b")`
  std::string tail;                  // `ON CONFLICT ("a") DO NOTHING`
};

class RowSink {
 public:
  virtual ~RowSink() = default;

  // These rows of the batch at once; Database::changes then counts those that changed something.
  // An error where one was refused.
  virtual Result<void> insert_all(const Batch& rows, std::span<const std::uint32_t> selected) = 0;
  // One row; changes as above. A misfit has no form in the store, and nothing was sent.
  struct Misfit {
    std::size_t field = 0;
    std::string reason;
  };
  virtual Result<std::optional<Misfit>> insert(const Batch& rows, std::size_t row) = 0;
};

Result<std::unique_ptr<RowSink>> open_sink(const Database& database, const InsertSql& sql);

}  // namespace mig::runtime
