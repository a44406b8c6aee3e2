#include <fmt/format.h>

#include "runtime/steps/store_step.hpp"
#include "runtime/steps/structure.hpp"

namespace mig::runtime {
namespace {

class AddIndexStep final : public StoreStep {
 public:
  AddIndexStep(const plan::Plan& plan, const plan::AddIndex& action, plan::StepId id)
      : StoreStep(plan, id), action_(action) {}

 private:
  std::vector<plan::StoreId> stores(const Stores& all) const override {
    return files_of(all, {action_.dataset});
  }
  std::vector<std::string> columns() const {
    std::vector<std::string> names;
    names.reserve(action_.fields.size());
    for (const std::uint32_t field : action_.fields)
      names.push_back(plan().entity_of(action_.dataset).fields.at(field).column);
    return names;
  }
  std::string summary() const override {
    return fmt::format("added {}index on `{}` ({})", action_.unique ? "unique " : "",
                       plan().at(action_.dataset).name, fmt::join(columns(), ", "));
  }
  Result<std::string> index_name() const {
    return quote_identifier(fmt::format("{}_{}_{}", plan().at(action_.dataset).table,
                                        fmt::join(columns(), "_"),
                                        action_.unique ? "unique" : "index"));
  }

  Result<void> apply(World&, const Database& database, plan::StoreId) override {
    MIG_ASSIGN(table, quoted_table(plan(), action_.dataset));
    MIG_ASSIGN(name, index_name());
    std::vector<std::string> quoted;
    for (const std::string& column : columns()) {
      MIG_ASSIGN(part, quote_identifier(column));
      quoted.push_back(part);
    }
    const auto made = database.execute(fmt::format("CREATE {}INDEX {} ON {} ({})",
                                                   action_.unique ? "UNIQUE " : "", name, table,
                                                   fmt::join(quoted, ", ")));
    if (made || database.last_constraint() != SqlConstraint::Unique) return made;
    return fail(ErrorKind::Permanent,
                fmt::format("`{}` has rows that share ({}), so the unique index cannot be made",
                            plan().at(action_.dataset).table, fmt::join(columns(), ", ")),
                "remove the duplicates first");
  }

  Result<void> revert(World&, const Database& database, plan::StoreId) override {
    MIG_ASSIGN(name, index_name());
    return database.execute("DROP INDEX IF EXISTS " + name);
  }

  plan::AddIndex action_;
};

}  // namespace

std::unique_ptr<Step> make_add_index(const plan::Plan& plan, const plan::AddIndex& action,
                                     plan::StepId id) {
  return std::make_unique<AddIndexStep>(plan, action, id);
}

}  // namespace mig::runtime
