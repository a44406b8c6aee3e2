#include <fmt/format.h>

#include "runtime/steps/irreversible.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/steps/structure.hpp"

namespace mig::runtime {
namespace {

class DropFieldStep final : public StoreStep {
 public:
  DropFieldStep(const plan::Plan& plan, const plan::DropField& action, plan::StepId id)
      : StoreStep(plan, id), action_(action) {}

 private:
  std::vector<plan::StoreId> stores(const Stores& all) const override {
    return files_of(all, {action_.dataset});
  }
  std::string summary() const override {
    return fmt::format("dropped `{}.{}`", plan().at(action_.dataset).name,
                       plan().entity_of(action_.dataset).fields.at(action_.field).name);
  }
  // SQLite itself refuses where an index, view, trigger or key still uses the column, by name.
  Result<void> apply(World&, const Database& database, plan::StoreId) override {
    MIG_ASSIGN(table, quoted_table(plan(), action_.dataset));
    MIG_ASSIGN(column,
               quote_identifier(plan().entity_of(action_.dataset).fields.at(action_.field).column));
    return database.execute(fmt::format("ALTER TABLE {} DROP COLUMN {}", table, column));
  }
  Result<void> revert(World&, const Database&, plan::StoreId) override {
    return nothing_undoes(summary());
  }

  plan::DropField action_;
};

}  // namespace

std::unique_ptr<Step> make_drop_field(const plan::Plan& plan, const plan::DropField& action,
                                      plan::StepId id) {
  return std::make_unique<DropFieldStep>(plan, action, id);
}

}  // namespace mig::runtime
