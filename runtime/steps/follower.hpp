// Keeps one side as the other, which has the authority, is: carries over every row that the
// changelog says was touched.
//
// Forward the new side is kept as the old one. On the way back a row drives that goes back with its
// companions, its key is the old row's key, and columns of the old table that the plan does not
// name keep what they hold. Where forward rows are shared, what goes back is noted in the old
// side's own changelog, if that is there: whose the shared rows are then is known again once
// following goes forward.
//
// It looks at rows as they are, never at what happened to them, so applying the same entries twice
// or late ends in the same rows. The target's write lock comes before the look at the source: what
// it writes is never older than what stands there (tests/mc, I1 and I10). The place in the log and
// the rows commit together. Its rejects are dead letters, closed by the next good version.
//
// A shared row is whose the lineage says, and agrees with all of them. Who is alone with one
// changes it; who is not, and wants it otherwise, is a reject, as in a copy: the new side holds
// nothing of that old row, and its letter is open. When the others let go of the row, or come
// round, the letter stays open until that old row is touched again, or until `verify` with repair
// tries it again.
//
// What was told while nobody listened is lost where no changelog keeps it; then every row is looked
// at, here and there, before the place moves on. First it is counted how many rows that would
// delete, and more than `max_delete` of them are not deleted: nobody has told that they were
// (delete_cap.hpp).
//
// Deletes that are told have no such cap, however many they are. They are the application's own
// commits, row by row: old rows are purged, sessions expire, and a side that does not follow them
// is wrong. What takes all rows at once and tells of none, TRUNCATE or FLUSHALL, stops the feed.
//
// Used by the decision thread's slices, by one run at a time, as the fence makes sure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/chunk_writer.hpp"
#include "runtime/steps/gap_count.hpp"
#include "runtime/steps/owned_rows.hpp"
#include "runtime/steps/sweep.hpp"
#include "runtime/stores/change_feed.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/room.hpp"

namespace mig::runtime {

struct Followed {
  std::int64_t position = 0;  // in the log; all up to it is on the other side
  std::int64_t entries = 0;   // of this slice
  std::int64_t written = 0;   // rows of the other side that were put or deleted
  bool is_drained = false;    // nothing newer stood in the log
};

// Up to which entry of the log a follower has come, by the note of its step.
std::int64_t position_of(const std::optional<Applied>& applied);

class Follower {
 public:
  // `step`: whose place in the log this is, kept in the store that is written. `authority`: the
  // side whose log is followed; New needs a way back (plan::leads_back). Permanent where
  // nothing tells whose the rows of the other side are (OwnedRows).
  static Result<Follower> open(World& world, plan::StepId step,
                               plan::Side authority = plan::Side::Old);

  ChangeFeed& feed() { return *feed_; }
  // Instead of what the plan says: a person has looked.
  void allow_deletes(plan::Ratio most) { most_deletes_ = most; }

  // Up to `limit` entries of the log, in one transaction.
  Result<Followed> advance(World& world, std::size_t limit);
  // The same, but nothing at a gap: it is left to who follows for good, and may have to stop there.
  Result<std::optional<Followed>> carry_over(World& world, std::size_t limit);
  // What `advance` would find where nothing new stands in the log, found without any lock; nothing
  // where something does. Whoever only looks may be a runner of an older epoch.
  Result<std::optional<Followed>> look_idly(World& world);

  // Carries these old rows over as if they had been touched, for the step `step`: how a difference
  // is repaired while others write. A shared row that was spoilt is overwritten. Gives how many
  // rows of the other side were put or deleted.
  Result<std::int64_t> mend(World& world, plan::StepId step,
                            const std::vector<std::string>& places);
  // Deletes those of these rows of the new side that are nobody's, for that step too.
  struct Stray {
    plan::DatasetId dataset;
    std::string place;
  };
  Result<std::int64_t> delete_strays(World& world, plan::StepId step,
                                     std::span<const Stray> strays);

 private:
  // Whether a row that was given up goes at once, where it is nobody's, or only once what comes is
  // written, so that what refers to it has moved on.
  enum class Unowned : std::uint8_t { Stay, Go };
  // What a touched row owns on the other side from now on, an entry an emit.
  struct Claim {
    std::string owner;                          // its place, as the other side writes it
    std::vector<std::set<std::string>> places;  // of the rows that stay or come
  };

  Follower(const plan::Plan& plan, plan::StepId step, plan::Side authority,
           std::unique_ptr<ChangeFeed> feed, OpenStore source, KeysetReader reader);
  plan::StoreId target_store() const;
  Result<std::optional<Followed>> count(World& world, std::size_t limit);
  Result<Touched> look(World& world, std::int64_t after, std::size_t limit);
  Result<void> doubt_gone(std::int64_t after, Touched& touched);
  Result<Touched> look_everywhere(World& world, std::int64_t after, std::size_t limit);
  Result<std::int64_t> write(const World& world, Effect& effect, SharedRows shared);
  Result<bool> is_settled(const World& world, const OpenStore& target, const std::string& place,
                          std::int64_t position) const;
  Result<std::vector<Claim>> claims() const;
  std::unexpected<Error> still_referred_to() const;
  Result<std::int64_t> give_up_others(Effect& effect, const std::vector<Claim>& claims,
                                      Unowned unowned);
  Result<std::int64_t> delete_unowned();
  Result<ChunkWriter::Totals> put(const World& world, Effect& effect,
                                  const std::vector<Claim>& claims, SharedRows shared);
  Result<ChunkWriter::Totals> put_by_key(Effect& effect, const std::vector<Claim>& claims,
                                         ChunkWriter& chunk);
  Result<ChunkWriter::Totals> put_in_room(Effect& effect, const std::vector<Claim>& claims,
                                          ChunkWriter& chunk);
  Result<void> note_return(const Database& database, const std::vector<Claim>& claims) const;
  Result<void> settle_letters(const World& world, Effect& effect,
                              const std::vector<RowReject>& rejects) const;

  const plan::Plan* plan_;
  plan::StepId step_;
  std::unique_ptr<ChangeFeed> feed_;
  OpenStore source_;
  KeysetReader reader_;
  std::unique_ptr<Carrier> carrier_;
  std::vector<std::unique_ptr<OwnedRows>> owned_;  // one an emit
  std::unique_ptr<ChunkWriter> chunk_;
  std::unique_ptr<ChunkWriter> mending_chunk_;
  std::optional<Room> room_;                 // on the way back
  std::optional<plan::Ratio> most_deletes_;  // that a person allows
  // While a gap is closed: first the count, then what is left to look at, and where the feed goes
  // on behind it.
  std::optional<GapCount> count_;
  std::optional<Sweep> sweep_;
  std::int64_t behind_gap_ = 0;
  bool is_swept_ = false;          // what was read last was the end of a sweep
  Page page_;                      // the touched rows that are there
  std::vector<std::string> gone_;  // the places of those that are not
  std::int64_t rejected_ = 0;      // touched rows of the last write that cannot be moved
};

}  // namespace mig::runtime
