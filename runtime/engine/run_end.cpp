#include "runtime/engine/run_end.hpp"

namespace mig::runtime {

using plan::RunStatus;

std::optional<RunEnd> end_of(const plan::RunState& state) {
  switch (state.status) {
    case RunStatus::Completed:
      return RunEnd{EndKind::Completed, {}, {}};
    case RunStatus::RolledBack:
      return RunEnd{EndKind::RolledBack, state.detail, {}};
    case RunStatus::Paused:
      return RunEnd{EndKind::Paused, state.detail, {}};
    case RunStatus::Failed:
      return RunEnd{EndKind::Failed, state.detail, {}};
    case RunStatus::Pending:
    case RunStatus::Ready:
    case RunStatus::Running:
    case RunStatus::RollingBack:
      break;
  }
  return std::nullopt;
}

}  // namespace mig::runtime
