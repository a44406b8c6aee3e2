// The refusal of whoever asks to undo what nothing undoes.
#pragma once

#include <string>

#include "runtime/result.hpp"

namespace mig::runtime {

inline Result<void> nothing_undoes(const std::string& summary) {
  return fail(ErrorKind::Permanent, "nothing undoes this step: " + summary,
              "bring the data back from its backup");
}

}  // namespace mig::runtime
