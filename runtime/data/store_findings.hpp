// What is amiss on the new side by its stores' own word: rows that refer to nothing by the foreign
// keys that are declared there, and sequences that would hand out what is there.
//
// The last part of a comparison. Orphans are noted in its scratch file as they are found, so memory
// stays bounded; a sample looks for none. Reads the stores only. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/reconcile.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/drift_scratch.hpp"
#include "runtime/stores/orphans.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

class StoreFindings {
 public:
  // Looks at the sequences at once; `result` gets what they say, and what cannot be looked at.
  static Result<StoreFindings> open(const plan::Plan& plan, Stores& stores,
                                    const DriftScratch& scratch, Reconciliation& result);

  // A part of the rows further; true when nothing is left.
  Result<bool> advance(Reconciliation& result);

 private:
  StoreFindings(const DriftScratch& scratch, Statement note)
      : scratch_(&scratch), note_(std::move(note)) {}
  Result<void> look_at_sequences(const Database& database, const plan::Plan& plan,
                                 plan::DatasetId dataset, Reconciliation& result);
  Result<void> open_readers(const Database& database, const plan::Plan& plan,
                            plan::DatasetId dataset, Reconciliation& result);
  Result<void> note(const Orphan& orphan, Reconciliation& result);

  const DriftScratch* scratch_;
  Statement note_;
  std::vector<OrphanReader> readers_;  // one a foreign key
  std::size_t reader_ = 0;
  std::string cursor_;  // of the present one
};

}  // namespace mig::runtime
