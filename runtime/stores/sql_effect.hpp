// One effect of a step in one database (effect.hpp): a transaction that begins with the fence and
// ends with the note. One thread, like the database.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/applied.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// Absent: the step has not begun here, or was undone.
Result<std::optional<Applied>> read_applied(const Database& database, const std::string& run,
                                            std::string_view step);

class SqlEffect {
 public:
  // Takes the write lock, checks the fence, marks the transaction as ours. `step` is the step's
  // name in the plan.
  static Result<SqlEffect> begin(const Database& database,
                                 const std::vector<std::string>& resources,
                                 const Authority& authority, std::string step,
                                 FenceLock lock = FenceLock::Alone);

  const Database& database() const { return *database_; }
  // What stood there when the transaction began.
  const std::optional<Applied>& applied() const { return applied_; }

  // The change and its note, durable together.
  Result<void> commit(const Applied& now, Durable durable = Durable::Now);
  // Beside the step's note, that of one of its parts (part_name).
  Result<void> note_part(std::size_t part, const Applied& now);
  Result<void> forget_parts();
  // The change and the step's note gone, with those of its parts: as if the step had never begun.
  Result<void> commit_undone();

 private:
  SqlEffect(const Database& database, Transaction transaction, std::string run, std::string step)
      : database_(&database),
        transaction_(std::move(transaction)),
        run_(std::move(run)),
        step_(std::move(step)) {}
  Result<void> write_note(const std::string& step, const Applied& now);
  Result<void> finish();

  const Database* database_;
  Transaction transaction_;
  std::string run_;
  std::string step_;
  std::optional<Applied> applied_;
};

}  // namespace mig::runtime
