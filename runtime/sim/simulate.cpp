#include "runtime/sim/simulate.hpp"

#include "runtime/sim/driver.hpp"

namespace mig::runtime::sim {

Report simulate(const plan::Plan& plan, const plan::Script& script, const Options& options) {
  return Driver(plan, script, options).run();
}

}  // namespace mig::runtime::sim
