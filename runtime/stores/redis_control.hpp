// mig's own keys inside a Redis database: who may write here, how far each step came, which rows
// did not fit. They stand beside the data so that one transaction holds a row and the note of it.
//
//   mig:ctl:{mig}:meta                hash   `format`, `marker` (an id of this data set, which
//                                            FLUSHALL takes away), `environment` and `place`
//   mig:ctl:{mig}:fence               hash   a key pattern, or `*`: journal, run, epoch, head_seq
//   mig:ctl:{mig}:applied:RUN:STEP    string counts, whether finished, cursor
//   mig:ctl:{mig}:steps:RUN           set    the steps of the run that have either
//   mig:ctl:{mig}:parts:RUN:STEP      any    a large key that is being put together
//   mig:ctl:{mig}:guard               hash   a key pattern: why it is closed (redis_guard.hpp)
//   mig:ctl:{mig}:origin              string is there only inside a transaction of ours
//   mig:ctl:{mig}:letters:RUN         hash   dataset, key: a dead letter
//   mig:ctl:{mig}:open:RUN            zset   those of them that are open, in the order of keys
//   mig:ctl:{mig}:rejecting           set    the runs that have dead letters
//   mig:ctl:{mig}:run                 hash   journal, run: how it ended
//
// Values of several parts are netstrings, `3:abc,`. The tag in braces keeps them together. They
// appear with the first fence, never expire, and go when nothing needs them. A database that lost
// them refuses us. One thread, like the connection.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/control.hpp"
#include "runtime/stores/redis_connection.hpp"

namespace mig::runtime {

// `mig:ctl:{mig}:NAME`
std::string control_key(std::string_view name);

// Puts our epoch into every resource, all or none. From then on nothing commits under an older one.
// Conflict when another run holds one of them, or a newer epoch of ours does; Force replaces other
// runs, never a newer epoch.
Result<void> install_fence(RedisConnection& redis, const std::vector<std::string>& resources,
                           const Authority& authority, std::int64_t head_seq,
                           Takeover takeover = Takeover::Polite);
Result<std::vector<Fence>> read_fences(RedisConnection& redis);
// Every resource carries exactly our journal, run and epoch. An absent fence is a Conflict, and
// Permanent where mig's marker is gone too: then all data are.
Result<void> check_fence(RedisConnection& redis, const std::vector<std::string>& resources,
                         const Authority& authority);

// The end of a run in this database. `rolled_back` takes its dead letters along; else they and its
// entry stay. The marker goes when nothing of any run is left.
Result<void> release(RedisConnection& redis, const FinishedRun& finished);
// The newest first; empty where mig has left nothing.
Result<std::vector<FinishedRun>> finished_runs(RedisConnection& redis);

// The environment whose run was completed first in this very database of this very server; what a
// dump of it was loaded into has none.
Result<std::optional<std::string>> recorded_environment(RedisConnection& redis);
// Which data set this is: mig's marker, kept since its first write, and the database. Never writes.
Result<std::string> identity(RedisConnection& redis);

// Every key of mig's own, sorted; found and taken away without a journal, for `mig doctor`.
Result<std::vector<std::string>> control_keys(RedisConnection& redis);
Result<void> remove_control_keys(RedisConnection& redis, const std::vector<std::string>& keys);

}  // namespace mig::runtime
