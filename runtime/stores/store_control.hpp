// mig's own part of a store, of whatever kind: who may write there, which runs ended there, which
// store it is. Each asks its twin for SQL (control.hpp) or for Redis (redis_control.hpp), whose
// contracts hold. One thread, like the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/control.hpp"
#include "runtime/stores/open_store.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

Result<void> install_fence(const OpenStore& store, const std::vector<std::string>& resources,
                           const Authority& authority, std::int64_t head_seq,
                           Takeover takeover = Takeover::Polite);
// In every store of the plan whose file exists. What a step creates later gets its fence then.
Result<void> install_fences(Stores& stores, const Authority& authority, std::int64_t head_seq,
                            Takeover takeover = Takeover::Polite);
// Empty where mig has left nothing, as are the next two.
Result<std::vector<Fence>> read_fences(const OpenStore& store);
Result<std::vector<FinishedRun>> finished_runs(const OpenStore& store);
Result<std::optional<std::string>> recorded_environment(const OpenStore& store);

Result<void> release(const OpenStore& store, const FinishedRun& finished);
Result<std::string> identity(const OpenStore& store);

}  // namespace mig::runtime
