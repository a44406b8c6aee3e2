// Tells rows that refer to nothing from those that did while others wrote.
//
// Whole tables are read part by part, so a row and the one that it refers to may be seen at
// different moments. Each is looked at again, singly, once the follower has passed what was written
// meanwhile: three times at most while more is on its way. Used by Recheck. One thread.
#pragma once

#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/reconcile.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/orphans.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

class OrphanRecheck {
 public:
  OrphanRecheck(const plan::Plan& plan, Stores& stores) : plan_(&plan), stores_(&stores) {}

  // Without this call nothing is looked at, and what was found counts as it is.
  Result<void> suspect(std::vector<Orphan> suspects);
  // Once the follower has caught up. `is_settled`: nothing more was written since.
  Result<void> judge(bool is_settled);
  bool is_done() const { return open_.empty(); }
  void confirm_the_rest();
  // Puts what is confirmed in the place of what was suspected.
  void tell(Reconciliation& result) const;

 private:
  struct Reader {
    plan::DatasetId dataset;
    OrphanReader rows;
  };
  // Null where the foreign key is no more.
  const OrphanReader* reader_of(const Orphan& orphan) const;

  const plan::Plan* plan_;
  Stores* stores_;
  bool is_asked_ = false;
  int looks_ = 0;
  std::vector<Reader> readers_;
  std::vector<Orphan> open_;
  std::vector<Orphan> confirmed_;
};

}  // namespace mig::runtime
