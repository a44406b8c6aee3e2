#include <cassert>

#include "compiler/plan/machine/record.hpp"
#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/machine/spellings.hpp"

namespace mig::plan {

std::string_view name(RunStatus status) {
  return kSpellings<RunStatus>.at(static_cast<std::size_t>(status));
}
std::string_view name(PauseReason reason) {
  return kSpellings<PauseReason>.at(static_cast<std::size_t>(reason));
}
std::string_view name(StepStatus status) {
  return kSpellings<StepStatus>.at(static_cast<std::size_t>(status));
}
std::string_view name(Direction direction) {
  return kSpellings<Direction>.at(static_cast<std::size_t>(direction));
}
std::string_view name(ResourceStatus status) {
  return kSpellings<ResourceStatus>.at(static_cast<std::size_t>(status));
}

std::string_view name(const Record& record) {
  return std::visit([](const auto& one) { return one.kName; }, record);
}

}  // namespace mig::plan
