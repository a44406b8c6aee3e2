#include <fmt/format.h>

#include "runtime/steps/store_step.hpp"
#include "runtime/steps/structure.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/tables.hpp"

namespace mig::runtime {
namespace {

class AddFieldStep final : public StoreStep {
 public:
  AddFieldStep(const plan::Plan& plan, const plan::AddField& action, plan::StepId id)
      : StoreStep(plan, id), action_(action) {}

 private:
  const plan::Field& field() const {
    return plan().entity_of(action_.dataset).fields.at(action_.field);
  }
  std::vector<plan::StoreId> stores(const Stores& all) const override {
    return files_of(all, {action_.dataset});
  }
  std::string summary() const override {
    return fmt::format("added `{}.{}`", plan().at(action_.dataset).name, field().name);
  }

  // A constant default fills the rows that exist without touching one of them.
  Result<void> apply(World&, const Database& database, plan::StoreId) override {
    const std::string& table = plan().at(action_.dataset).table;
    MIG_ASSIGN(schema, read_schema(database));
    const LiveTable* live = schema.table(table);
    if (live != nullptr && live->column(field().column) != nullptr) {
      return fail(ErrorKind::Permanent,
                  fmt::format("`{}` already has a column `{}`, and this run did not add it", table,
                              field().column),
                  "drop it, or take the step out of the plan");
    }
    const auto& fill = action_.fill ? action_.fill : field().fallback;
    if (!fill && !field().type.optional) {
      return fail(ErrorKind::Permanent,
                  fmt::format("the rows of `{}` have no value for the new column `{}`", table,
                              field().column),
                  "give the field a default, or make it optional");
    }
    MIG_ASSIGN(column, column_sql(field(), fill ? &*fill : nullptr, database.dialect()));
    MIG_ASSIGN(quoted, quote_identifier(table));
    return database.execute(fmt::format("ALTER TABLE {} ADD COLUMN {}", quoted, column));
  }

  Result<void> revert(World&, const Database& database, plan::StoreId) override {
    MIG_ASSIGN(table, quoted_table(plan(), action_.dataset));
    MIG_ASSIGN(column, quote_identifier(field().column));
    return database.execute(fmt::format("ALTER TABLE {} DROP COLUMN {}", table, column));
  }

  plan::AddField action_;
};

}  // namespace

std::unique_ptr<Step> make_add_field(const plan::Plan& plan, const plan::AddField& action,
                                     plan::StepId id) {
  return std::make_unique<AddFieldStep>(plan, action, id);
}

}  // namespace mig::runtime
