#include <algorithm>

#include <fmt/format.h>

#include "runtime/steps/store_step.hpp"
#include "runtime/steps/structure.hpp"
#include "runtime/stores/guard.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/references.hpp"
#include "runtime/stores/tables.hpp"

namespace mig::runtime {
namespace {

class CreateStep final : public StoreStep {
 public:
  CreateStep(const plan::Plan& plan, const plan::Create& action, plan::StepId id)
      : StoreStep(plan, id), action_(action) {}

 private:
  std::vector<plan::StoreId> stores(const Stores& all) const override {
    return files_of(all, action_.datasets);
  }
  bool makes_file() const override { return true; }
  std::string summary() const override { return "created " + names_of(plan(), action_.datasets); }

  Result<void> apply(World& world, const Database& database, plan::StoreId store) override {
    MIG_ASSIGN(schema, read_schema(database));
    for (const plan::DatasetId dataset : in_file(world.stores, store, action_.datasets)) {
      const std::string& table = plan().at(dataset).table;
      if (schema.table(table) != nullptr) {
        return fail(ErrorKind::Permanent,
                    fmt::format("`{}` already has a table `{}`, and this run did not create it",
                                database.shown_place(), table),
                    "drop or rename it, or give the dataset another table");
      }
      MIG_ASSIGN(sql, create_table_sql(plan(), dataset, table, database.dialect()));
      MIG_TRY(database.execute(sql));
    }
    return {};
  }

  // The tables and all that is in them are ours: nobody else writes before the switch.
  Result<void> revert(World& world, const Database& database, plan::StoreId store) override {
    MIG_TRY(refer_later(database));
    auto made = in_file(world.stores, store, action_.datasets);
    std::ranges::reverse(made);
    for (const plan::DatasetId dataset : made)
      MIG_TRY(remove_guard(database, plan().at(dataset).table));
    return drop_tables(database, plan(), made);
  }

  plan::Create action_;
};

}  // namespace

std::unique_ptr<Step> make_create(const plan::Plan& plan, const plan::Create& action,
                                  plan::StepId id) {
  return std::make_unique<CreateStep>(plan, action, id);
}

}  // namespace mig::runtime
