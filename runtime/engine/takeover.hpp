// What a runner does in the stores when it arrives and when the run ends.
#pragma once

#include <optional>
#include <string>

#include "runtime/engine/run_log.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/stores/store_control.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

// A sentence when a store holds more of this run than the journal knows: then the journal is an
// older copy, and going on with it would do things twice.
Result<std::optional<std::string>> target_ahead_of(const RunLog& log, Stores& stores,
                                                   const Authority& authority);

// A sentence when a store is another file than the one the run began with: restored, copied or
// replaced.
Result<std::optional<std::string>> changed_store(const RunLog& log, Stores& stores);

// Takes this run's marks out of every store. Safe to repeat.
Result<void> release_stores(const RunLog& log, Stores& stores, const Authority& authority,
                            const Clock& clock, const std::string& outcome);

}  // namespace mig::runtime
