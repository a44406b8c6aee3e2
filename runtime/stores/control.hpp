// mig's own tables inside a store: who may write here, how far each step came, which rows did not
// fit. They stand beside the data so that one transaction holds a row and the note of it.
//
//   mig_ctl_meta      the file's own id, and the environment that it belongs to
//   mig_ctl_fence     one row a moved table: the journal, run and epoch that may write it
//   mig_ctl_applied   one row a step that began: its cursor and counts
//   mig_ctl_origin    holds a row only inside a transaction of ours; guards look for it
//   mig_ctl_reject    dead letters
//   mig_ctl_run       runs that ended here
//   mig_ctl_block     in PostgreSQL: fingerprints that copies keep (copied_blocks.hpp)
//
// and, of other files, mig_ctl_log_<table> (changelog) and mig_ctl_lineage_<table> (lineage). In
// PostgreSQL they stand in the first schema of the connection's search path, and a transaction of
// ours is known by its setting `mig.origin`.
// They appear with the first fence and go when nothing needs them. One thread, like the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/applied.hpp"
#include "runtime/stores/sqlite_database.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

struct Fence {
  std::string resource;
  std::string journal;
  std::string run;
  std::int64_t epoch = 0;
  std::int64_t head_seq = 0;  // of the journal when the fence was installed
};

bool is_held_by(const Fence& fence, const Authority& authority);
// Conflict: another run holds it, in the store at that place.
std::unexpected<Error> held_by_another(const std::string& place, const Fence& fence);
// Conflict: a newer epoch of our own run holds it.
std::unexpected<Error> overtaken(const Fence& fence, const Authority& authority);

// What a fence protects in this store: the plan's tables there, or `*` where it names none.
std::vector<std::string> resources_of(const Stores& stores, plan::StoreId store);

// Makes the control tables where they are missing, in the caller's transaction.
Result<void> create_control_tables(const Database& database);
Result<bool> has_control_tables(const Database& database);

enum class Takeover { Polite, Force };

// Puts our epoch into every resource of the store, all or none. From then on nothing commits under
// an older one. Conflict when another run holds one of them, or a newer epoch of ours does; Force
// replaces other runs, never a newer epoch.
Result<void> install_fence(const Database& database, const std::vector<std::string>& resources,
                           const Authority& authority, std::int64_t head_seq,
                           Takeover takeover = Takeover::Polite);
Result<std::vector<Fence>> read_fences(const Database& database);
// Inside a write transaction: every resource carries exactly our journal, run and epoch.
Result<void> check_fence(const Database& database, const std::vector<std::string>& resources,
                         const Authority& authority, FenceLock lock = FenceLock::Alone);

// The end of a run in this store. `keep`: completed, its open dead letters and its entry stay;
// otherwise all of it goes, and the control tables with it when nothing of any run is left.
struct FinishedRun {
  std::string journal;
  std::string run;
  std::string plan_name;
  std::string plan_hash;
  std::string env;
  std::string outcome;  // `completed`, `rolled_back`, `aborted`
  std::string at;
};
Result<void> release(const Database& database, const FinishedRun& finished);
// The newest first; empty where mig has left nothing.
Result<std::vector<FinishedRun>> finished_runs(const Database& database);

// The environment whose run was completed in this very file first; a copy of the file has none.
Result<std::optional<std::string>> recorded_environment(const Database& database);

// Which store this is: its own id, kept since mig's first write, then where it is (instance.hpp).
// Never writes. A copy of a store has its id and stands elsewhere.
Result<std::string> identity(const Database& database);

}  // namespace mig::runtime
