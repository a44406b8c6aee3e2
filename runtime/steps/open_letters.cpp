#include "runtime/steps/open_letters.hpp"

#include <cstddef>
#include <limits>

#include "runtime/stores/store_letters.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kEveryLetter = std::numeric_limits<std::int32_t>::max();

}  // namespace

Result<std::int64_t> open_letters(const World& world, plan::StoreId store,
                                  plan::DatasetId dataset) {
  MIG_ASSIGN(database, world.stores.reading(store));
  MIG_ASSIGN(open, open_letter_keys(database, world.authority.run, world.plan.at(dataset).name, "",
                                    kEveryLetter));
  return static_cast<std::int64_t>(open.size());
}

std::int64_t accepted_letters(const World& world) {
  __int128 accepted = 0;
  for (std::uint32_t i = 0; i < world.plan.steps.size(); ++i) {
    const auto* copy = std::get_if<plan::Copy>(&world.plan.steps[i].action);
    if (copy == nullptr || !copy->rejects.quarantine || !world.plan.sees(plan::StepId{i})) continue;
    accepted += static_cast<__int128>(world.state.steps[i].counts.read) *
                copy->rejects.most.parts() / plan::Ratio::kWhole;
  }
  return static_cast<std::int64_t>(accepted);
}

}  // namespace mig::runtime
