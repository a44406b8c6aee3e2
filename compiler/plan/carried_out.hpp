// What of a plan this version of mig does not carry out.
//
// The language says more than the runtime does: such a plan compiles, and is checked, printed and
// hashed like any other, but nothing of it is started. Whatever touches the world asks here first,
// so that no step, store, router or source is met half way that nobody can make. Pure.
#pragma once

#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

// One thing that is missing, and all that asks for it.
struct NotCarriedOut {
  std::string what;  // `it opens no store of kind redis`
  std::vector<std::string>
      asked;  // names of stores, routers, metrics or steps, in the plan's order
  bool operator==(const NotCarriedOut&) const = default;
};

// In the order in which a reader of the plan meets them; empty where all of it is carried out.
std::vector<NotCarriedOut> not_carried_out(const Plan& plan);

// `it opens no store of kind redis: cache_old, cache_new`
std::string print(const NotCarriedOut& one);

}  // namespace mig::plan
