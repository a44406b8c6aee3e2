// What the rows of one side become on the other, and how rows are compared.
//
// Which rows those are, and by which transform, is the plan's lane. The rules of both sides'
// entities are checked here. Pure; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/data/transform.hpp"

namespace mig::runtime {

class Carrier {
 public:
  // From the authority to the other side: Old forward, New on the way back.
  explicit Carrier(const plan::Plan& plan, plan::Side authority = plan::Side::Old);

  // Parents first, by their references. A rejected row stands in `rejects` at least once and must
  // be left out of what was emitted: `is_rejected()` says which.
  void run(const Batch& source);

  const std::vector<Emitted>& emitted() const { return emitted_; }
  // In the order in which rows are to be written: positions in `emitted()`.
  const std::vector<std::size_t>& order() const { return order_; }
  const plan::Lane& lane() const { return lane_; }
  const plan::Transform& transform() const { return lane_.transform; }
  plan::DatasetId dataset(std::size_t emit) const { return lane_.targets.at(emit); }
  const std::vector<RowReject>& rejects() const { return rejects_; }
  bool is_rejected(std::uint32_t source_row) const { return rejected_[source_row]; }

 private:
  void check_emitted();

  plan::Lane lane_;
  std::unique_ptr<EntityRules> source_rules_;        // null: no rules
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
