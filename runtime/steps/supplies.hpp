// What a run uses up while it goes on, and how much of it there is: room on the disks of its files,
// the log that a server keeps for a slot of mig's, entries that wait in a changelog, the stream
// that a Redis keeps, the memory of a Redis that is written to.
//
// Asked now and then, between slices, by the executor's budgets, and by `mig why`. Only reads, over
// connections of its own where a failed look could spoil a slice's. What cannot be read is an
// error, never room. One thread at a time, like the stores.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/plan.hpp"
#include "compiler/plan/routing.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

enum class SupplyKind : std::uint8_t {
  Disk,
  SlotLog,    // what a PostgreSQL keeps of its log for a slot
  Changelog,  // in entries; all others are in bytes
  Backlog,    // what a Redis keeps of its stream
  Memory,     // of a Redis
};

struct Supply {
  SupplyKind kind = SupplyKind::Disk;
  std::string what;  // a sentence begins with it, and it is told from all others by it
  std::int64_t used = 0;
  std::optional<std::int64_t> limit;  // what there is of it, where that is known
  std::string advice;                 // what its end means, and what to do about it
};

// `the disk of `new` has 3.2 GB left of 252 GB`
std::string stand_of(const Supply& supply);

// Of each disk once: those on which the files of the plan lie, or will lie, and that of the journal
// where a path of it is given.
Result<std::vector<Supply>> look_at_disks(const Stores& stores,
                                          const std::filesystem::path& journal);

class Supplies {
 public:
  // Of the plan as a resource sees it: what its follower has yet to read, where it follows now, and
  // the memory that its new side takes. `position`: up to where it was carried over, where that is
  // known.
  Result<std::vector<Supply>> look(const plan::Plan& view, const plan::RunState& state,
                                   Stores& stores, std::optional<std::int64_t> position);

 private:
  struct Connection {
    std::optional<Database> sql;
    std::optional<RedisConnection> redis;
  };
  using Found = std::vector<Supply>;
  Result<Found> read(const plan::Plan& view, const plan::RunState& state, Stores& stores,
                     std::optional<std::int64_t> position);
  Result<const Database*> sql(Stores& stores, plan::StoreId store);
  Result<RedisConnection*> redis(const Stores& stores, plan::StoreId store);
  Result<void> add_slot(const plan::Plan& view, Stores& stores, plan::Side leads, Found& found);
  Result<void> add_changelog(const plan::Plan& view, Stores& stores, plan::Side leads,
                             std::optional<std::int64_t> position, Found& found);
  Result<void> add_backlog(const plan::Plan& view, Stores& stores, plan::Side leads,
                           std::optional<std::int64_t> position, Found& found);
  Result<void> add_memory(const plan::Plan& view, Stores& stores, Found& found);

  std::map<std::uint32_t, Connection> connections_;  // by the number of the store
};

}  // namespace mig::runtime
