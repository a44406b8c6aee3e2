// Keeps the new side as the old one is: carries over every row that the changelog says was touched.
//
// It looks at rows as they are, never at what happened to them, so applying the same entries twice
// or late ends in the same rows. The target's write lock comes before the look at the source: what
// it writes is never older than what stands there (tests/mc, I1 and I10). The place in the log and
// the rows commit together. Its rejects are dead letters, closed by the next good version.
//
// Used by the decision thread's slices, by one run at a time, as the fence makes sure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/chunk_writer.hpp"
#include "runtime/steps/owned_rows.hpp"
#include "runtime/stores/dead_letters.hpp"
#include "runtime/stores/sqlite_changelog.hpp"
#include "runtime/stores/sqlite_keyset.hpp"

namespace mig::runtime {

struct Followed {
  std::int64_t position = 0;  // in the log; all up to it is on the new side
  std::int64_t entries = 0;   // of this slice
  std::int64_t written = 0;   // rows of the new side that were put or deleted
  bool is_drained = false;    // nothing newer stood in the log
};

class Follower {
 public:
  // `step`: whose place in the log this is. Permanent where the new side has rows that no old row
  // owns (OwnedRows).
  static Result<Follower> open(World& world, plan::StepId step);

  const Changelog& log() const { return log_; }

  // Up to `limit` entries of the log, in one transaction.
  Result<Followed> advance(World& world, std::size_t limit);

  // Carries these old rows over as if they had been touched, for the step `step`: how a difference
  // is repaired while others write. Gives how many rows of the new side were put or deleted.
  Result<std::int64_t> mend(World& world, plan::StepId step,
                            const std::vector<std::string>& places);

 private:
  // What a touched row owns on the new side from now on, an entry an emit.
  struct Claim {
    std::string owner;                          // its place, as the new side writes it
    std::vector<std::set<std::string>> places;  // of the rows that stay or come
  };

  Follower(const plan::Plan& plan, plan::StepId step, Changelog log, const Database& source,
           KeysetReader reader);
  Result<Touched> look(std::int64_t after, std::size_t limit);
  Result<std::int64_t> write(const World& world, const Database& database);
  Result<std::vector<Claim>> claims() const;
  Result<std::int64_t> delete_others(const Database& database, const std::vector<Claim>& claims);
  Result<ChunkWriter::Totals> put(const Database& database, const std::vector<Claim>& claims);
  Result<void> settle_letters(const World& world, const Database& database,
                              const std::vector<RowReject>& rejects) const;

  const plan::Plan* plan_;
  plan::StepId step_;
  Changelog log_;
  const Database* source_;
  KeysetReader reader_;
  std::unique_ptr<Carrier> carrier_;
  std::vector<OwnedRows> owned_;  // one an emit
  std::optional<ChunkWriter> chunk_;
  Page page_;                      // the touched rows that are there
  std::vector<std::string> gone_;  // the places of those that are not
  std::int64_t rejected_ = 0;      // touched rows of the last write that cannot be moved
};

}  // namespace mig::runtime
