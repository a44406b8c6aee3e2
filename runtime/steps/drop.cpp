#include <algorithm>

#include <fmt/format.h>

#include "runtime/steps/irreversible.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/steps/structure.hpp"
#include "runtime/stores/drop_check.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/references.hpp"
#include "runtime/stores/tables.hpp"

namespace mig::runtime {
namespace {

class DropStep final : public StoreStep {
 public:
  DropStep(const plan::Plan& plan, const plan::Drop& action, plan::StepId id)
      : StoreStep(plan, id), action_(action) {}

 private:
  std::vector<plan::StoreId> stores(const Stores& all) const override {
    return files_of(all, action_.datasets);
  }
  std::string summary() const override { return "dropped " + names_of(plan(), action_.datasets); }

  // Tables that go together may refer to each other; their own triggers go with them.
  Result<void> apply(World& world, const Database& database, plan::StoreId store) override {
    const auto dropped = in_file(world.stores, store, action_.datasets);
    MIG_ASSIGN(schema, read_schema(database));
    std::vector<std::string> users;
    for (const DropInUse& used : users_of(plan(), dropped, schema)) {
      for (const std::string& user : used.users)
        users.push_back(fmt::format("`{}`: {}", used.name, user));
    }
    if (!users.empty()) {
      return fail(ErrorKind::Permanent,
                  fmt::format("{} cannot be dropped: {}", names_of(plan(), dropped),
                              fmt::join(users, "; ")),
                  "drop or change what uses it first");
    }
    MIG_TRY(refer_later(database));
    return drop_tables(database, plan(), dropped);
  }
  Result<void> revert(World&, const Database&, plan::StoreId) override {
    return nothing_undoes(summary());
  }

  plan::Drop action_;
};

}  // namespace

std::unique_ptr<Step> make_drop(const plan::Plan& plan, const plan::Drop& action, plan::StepId id) {
  const bool are_keys = plan.at(action.datasets.front()).keys.has_value();
  if (are_keys) return make_drop_keys(plan, action, id);
  return std::make_unique<DropStep>(plan, action, id);
}

}  // namespace mig::runtime
