// What the rows of the old side become on the new one, and how rows are compared.
//
// With `via` the plan's transform decides; without it each field comes from the field of the same
// name. The rules of both sides' entities are checked here. Pure; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/data/transform.hpp"

namespace mig::runtime {

class Carrier {
 public:
  explicit Carrier(const plan::Plan& plan);

  // Parents first, by their references. A rejected row stands in `rejects` at least once and must
  // be left out of what was emitted: `is_rejected()` says which.
  void run(const Batch& source);

  const std::vector<Emitted>& emitted() const { return emitted_; }
  // In the order in which rows are to be written: positions in `emitted()`.
  const std::vector<std::size_t>& order() const { return order_; }
  const plan::Transform& transform() const { return transform_; }
  plan::DatasetId dataset(std::size_t emit) const { return datasets_.at(emit); }
  const std::vector<RowReject>& rejects() const { return rejects_; }
  bool is_rejected(std::uint32_t source_row) const { return rejected_[source_row]; }

 private:
  void check_emitted();

  plan::Transform transform_;
  std::unique_ptr<EntityRules> source_rules_;        // null: no rules
  std::vector<plan::DatasetId> datasets_;            // one an emit
  std::vector<std::unique_ptr<EntityRules>> rules_;  // one an emit; null: no rules
  std::vector<std::size_t> order_;
  Transformer transformer_;
  std::vector<Emitted> emitted_;
  std::vector<RowReject> rejects_;
  std::vector<bool> rejected_;
};

// The canonical form of a dataset's rows, field by field.
class CanonicalForm {
 public:
  CanonicalForm(const plan::Plan& plan, plan::DatasetId dataset);

  // Until the next call; `rows` outlives the use.
  std::span<const Column> of(const Batch& rows);

 private:
  struct Form {
    std::uint32_t field;
    std::unique_ptr<Evaluator> evaluator;
  };
  std::vector<Form> forms_;
  std::vector<Column> columns_;
};

}  // namespace mig::runtime
