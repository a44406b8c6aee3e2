// How a comparison passes over what both sides hold alike, as far as their stores can tell that
// without a look into the rows: between two tables of PostgreSQL (postgres_twins.hpp).
//
// Where the copy has kept fingerprints, whether they still hold is found out meanwhile. Used by the
// Reconciler. Has connections of its own beside the stores' readers. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/postgres_twins.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

class TwinRows {
 public:
  // Null where rows have to be read. `run`: whose copy may have kept fingerprints; empty: nobody's.
  static Result<std::unique_ptr<TwinRows>> open(const plan::Plan& plan, Stores& stores,
                                                const std::string& run);

  ~TwinRows();

  // What is the same behind that place. Null once so much differs that asking does not pay.
  Result<std::optional<PostgresTwins::Run>> pass(const std::string& after);
  // Before anything rests on what was passed over: whether it may. Where the copy's fingerprints
  // were used and the old side has changed since, it may not, and both sides have to be read.
  Result<bool> confirm();

 private:
  TwinRows() = default;
  Result<void> learn(const plan::Plan& plan, Stores& stores, const std::string& run);

  std::optional<Database> source_;  // with the copy's fingerprints
  Result<bool> is_unchanged_ = true;
  std::optional<Worker> looking_;  // whether the old side has changed
  std::optional<Database> target_;
  std::optional<Database> target_beside_;
  std::optional<PostgresTwins> twins_;  // from `open` on; behind its databases
  std::size_t at_once_ = 0;             // rows
  int strangers_ = 0;                   // blocks that differed
};

}  // namespace mig::runtime
