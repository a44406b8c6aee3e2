// Writes what one page of source rows became, inside an Effect: all rows of a source row or none.
//
// Used by copies, followers and repairs, whatever the kind of store. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/clock.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/row_writer.hpp"

namespace mig::runtime {

// Shared rows agree with the row that is there, or overwrite it where the authority is repaired
// from.
enum class SharedRows { Agree, Overwrite };

// How rows find out about keys in Redis that are taken. Claimed is what nobody else decides about,
// under Keep and row for row; what was refused is told afterwards (RedisEffect::refused).
enum class Claims {
  None,    // all keys are watched and looked at first
  Looked,  // rows claim their keys where none of a page is taken just now
  Blind,   // rows claim their keys: nothing is expected there
};

class ChunkWriter {
 public:
  virtual ~ChunkWriter() = default;

  struct Totals {
    std::int64_t moved = 0;
    std::int64_t kept = 0;
    std::int64_t written = 0;
    std::vector<RowReject> rejects;  // each source row once, ascending
    bool is_claimed = false;         // each moved row is one claim
  };
  // Whether it was opened on the connection of that effect, and no older one that was lost.
  virtual bool is_for(const Effect& effect) const = 0;
  // `carrier` has just run on `page`. REQUIRES: is_for(effect).
  virtual Result<Totals> write(Effect& effect, const Carrier& carrier, const Page& page) = 0;
};

// For effects on the store of this one. `clock` outlives it. `merged` is the copy's, with Merge.
Result<std::unique_ptr<ChunkWriter>> open_chunk(Effect& effect, const plan::Plan& plan,
                                                const Carrier& carrier, WriteRule rule,
                                                const Clock& clock,
                                                SharedRows shared = SharedRows::Agree,
                                                Claims claims = Claims::None,
                                                const std::vector<plan::MergedField>& merged = {});

// How many source rows an effect on that store should write.
std::size_t most_rows_of_effect(plan::StoreKind kind, Claims claims);

}  // namespace mig::runtime
