// Why a value does not fit its type, by class and rule, never by content: it may be private.
//
// Store adapters give it, dead letters keep it. A value.
#pragma once

#include <string>

namespace mig::runtime {

struct Reject {
  std::string reason;
};

}  // namespace mig::runtime
