// The changes that a slot tells, read once for all who follow it: a server lets one process read a
// slot, and a follower, a comparison and a cutover ask for the same changes.
//
// It speaks libpq's replication, which costs what the log costs; asking for the changes by SQL
// would decode them anew at every look. What was read is kept in memory, the newest entries at
// most, so that somebody who is behind the follower finds them; whoever is further behind meets a
// gap. The server forgets what a follower has confirmed, which is what its target holds durably. A
// connection that is lost is made anew by the next look. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/postgres_pgoutput.hpp"
#include "runtime/stores/postgres_slot.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

class PostgresSlotStream {
 public:
  using Connect = std::function<Result<Database>()>;
  struct Entry {
    std::int64_t at = 0;  // behind the commit of its transaction
    std::uint32_t xid = 0;
    std::string place;
  };
  // `asks`: a connection that may write, `streams`: one that speaks replication.
  static Result<std::shared_ptr<PostgresSlotStream>> open(const Changelog& log, Connect asks,
                                                          Connect streams);
  PostgresSlotStream(const PostgresSlotStream&) = delete;
  PostgresSlotStream& operator=(const PostgresSlotStream&) = delete;

  const PostgresSlot& slot() const { return slot_; }
  // For whoever changes the slot. Nobody reads it meanwhile.
  Result<const Database*> asks();
  void close();

  // Makes ready to tell all behind that place; false: there is a gap behind it. `begins`: as its
  // follower, who may let it go back to where the server still is.
  bool stand_behind(std::int64_t after, const std::string& history, bool begins);
  // Reads on up to all that was committed before, or to `limit` entries behind `after`. False:
  // there is a gap.
  Result<bool> read_on(std::int64_t after, std::size_t limit);
  // Whether the server still tells all that was not read yet.
  Result<bool> is_whole();
  // Whether `read_on` found all that was committed when it began.
  bool is_drained() const { return is_drained_; }

  const std::deque<Entry>& entries() const { return entries_; }
  // The position of the first entry behind that place.
  std::size_t behind(std::int64_t after) const;
  std::int64_t settled() const { return settled_; }  // behind the newest whole transaction
  // The server may forget what was committed before. A place that the follower's target holds.
  void confirm(std::int64_t position);

  // Another slot, from now on: for go_on of a feed. Gives its place and its history.
  struct Beginning {
    std::int64_t place = 0;
    std::string history;
  };
  Result<Beginning> begin_anew();

 private:
  PostgresSlotStream(PostgresSlot slot, Connect asks, Connect streams);
  bool has_gap(const SlotState& now) const;
  Result<void> connect(const SlotState& now);
  Result<void> pump(std::int64_t after, std::size_t limit, const SlotState& now);
  // Nothing where nothing came for a while.
  Result<std::optional<std::string>> receive();
  Result<void> take(std::string_view copied);
  Result<void> report();
  Result<void> nudge();
  void trim();

  PostgresSlot slot_;
  Connect connect_asks_;
  Connect connect_link_;
  std::optional<Database> asks_;
  std::optional<Database> link_;
  Pgoutput reader_;
  std::string history_;
  std::int64_t from_ = -1;  // all behind it is in `entries_`, up to `settled_`; -1: nothing is
  std::int64_t settled_ = 0;
  std::int64_t confirmed_ = 0;
  std::int64_t reported_ = 0;
  std::deque<Entry> entries_;
  bool is_drained_ = false;
  bool must_report_ = false;
};

}  // namespace mig::runtime
