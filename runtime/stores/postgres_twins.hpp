// Looks how far two PostgreSQL tables hold the same rows, by the bytes that COPY gives for them.
//
// Each side is read by a thread of its own and becomes a fingerprint a block of rows, so that
// neither waits for the other and nothing is kept but those. Where a copy has kept the fingerprints
// of the old side, that is not read at all, and both threads read the new one. Used by a comparison
// to pass over what is the same without a look into it; where two blocks differ it has to read
// their rows itself. A row counts as the same only where it is plain, so whoever reads it would
// have found it good on both sides. Called by one thread, which has the databases until then; they
// outlive this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "compiler/plan/plan.hpp"
#include "runtime/engine/workers.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/copied_blocks.hpp"
#include "runtime/stores/plain_pair.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

class PostgresTwins {
 public:
  // Two connections. Nothing where rows have to be read (PlainPair), or the sides might sort them
  // differently.
  static Result<std::optional<PostgresTwins>> open(const Database& source, const Database& target,
                                                   const plan::Plan& plan);

  // What the old side held and still holds, by who copied it. `beside`: another connection to the
  // target.
  void know(CopiedBlocks blocks, const Database& beside);

  struct Run {
    std::int64_t rows = 0;
    std::string last;                // the place of the last of them; `after` where there is none
    bool agrees = false;             // false: in the next block something differs, or is not plain
    bool is_end = false;             // neither side has a row behind them
    std::int64_t next = kBlockRows;  // rows of that block on the old side, at most
  };
  // The blocks behind `after`, up to `limit` rows or a block more, that are the same on both sides.
  Result<Run> compare(const std::string& after, std::size_t limit);

 private:
  PostgresTwins(const Database& source, const Database& target, PlainPair pair)
      : source_(&source),
        target_(&target),
        pair_(std::move(pair)),
        beside_(std::make_unique<Worker>()) {}
  Result<Run> compare_sides(const std::string& after, std::size_t limit) const;
  Result<Run> compare_known(const std::string& after, std::span<const CopiedBlock> known) const;
  Result<std::size_t> count_same(const Database& target, const std::string& after,
                                 std::span<const CopiedBlock> known) const;

  const Database* source_;
  const Database* target_;
  PlainPair pair_;
  std::unique_ptr<Worker> beside_;  // reads the target
  std::optional<CopiedBlocks> known_;
  const Database* target_beside_ = nullptr;  // with `known_`
};

}  // namespace mig::runtime
