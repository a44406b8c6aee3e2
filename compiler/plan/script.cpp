#include "compiler/plan/script.hpp"

#include <cassert>

namespace mig::plan {

std::string_view name(Ending ending) {
  switch (ending) {
    case Ending::Completed:
      return "completed";
    case Ending::RolledBack:
      return "rolled_back";
    case Ending::Paused:
      return "paused";
    case Ending::Partial:
      return "partial";
  }
  assert(false && "every ending has a name");
  return {};
}

}  // namespace mig::plan
