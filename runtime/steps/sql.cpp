#include <fmt/format.h>

#include "runtime/steps/irreversible.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/steps/structure.hpp"

namespace mig::runtime {
namespace {

class SqlStep final : public StoreStep {
 public:
  SqlStep(const plan::Plan& plan, const plan::Sql& action, plan::StepId id)
      : StoreStep(plan, id), action_(action) {}

 private:
  std::vector<plan::StoreId> stores(const Stores&) const override { return {action_.store}; }
  std::string summary() const override {
    return fmt::format("ran SQL in `{}`", plan().at(action_.store).name);
  }

  Result<void> run(const Database& database, const std::string& text) const {
    MIG_TRY(database.execute(text));
    if (database.is_in_transaction()) return {};
    return fail(ErrorKind::Permanent, "the SQL ended the transaction that mig runs it in",
                "take BEGIN, COMMIT and ROLLBACK out of it");
  }
  Result<void> apply(World&, const Database& database, plan::StoreId) override {
    return run(database, action_.text);
  }
  Result<void> revert(World&, const Database& database, plan::StoreId) override {
    if (action_.undo.empty()) return nothing_undoes(summary());
    return run(database, action_.undo);
  }

  plan::Sql action_;
};

}  // namespace

std::unique_ptr<Step> make_sql(const plan::Plan& plan, const plan::Sql& action, plan::StepId id) {
  return std::make_unique<SqlStep>(plan, action, id);
}

}  // namespace mig::runtime
