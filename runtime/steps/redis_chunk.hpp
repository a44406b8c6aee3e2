// A ChunkWriter for Redis.
//
// What is written is queued in the effect, so where a row is refused the queue is made anew without
// all that its source row became. A row expires when the row that it came from does; where that
// store knows no such thing, as long after this moment as the dataset says. Rows claim their keys
// only where the copy may let them (Claims). One thread.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/steps/chunk_writer.hpp"
#include "runtime/stores/redis_writer.hpp"

namespace mig::runtime {

// When each row that a page became expires there, if it is written now; empty where none does.
std::vector<std::int64_t> expiries_of(const plan::Dataset& dataset, const Emitted& emitted,
                                      const Page& page, Instant now);

// Whether each source row becomes one row, of which nobody else decides: such rows may claim their
// keys.
bool is_claimable(const Carrier& carrier);

class RedisChunk final : public ChunkWriter {
 public:
  RedisChunk(const plan::Plan& plan, WriteRule rule, const Clock& clock, SharedRows shared,
             Claims claims = Claims::None, std::vector<plan::MergedField> merged = {})
      : plan_(plan),
        rule_(rule),
        clock_(clock),
        shared_(shared),
        claims_(claims),
        merged_(std::move(merged)) {}

  bool is_for(const Effect& /*effect*/) const override { return true; }  // it keeps nothing there
  Result<Totals> write(Effect& effect, const Carrier& carrier, const Page& page) override;
  // Of a page whose rows claimed their keys: under how many of those another row stands. One that
  // is gone again is not counted, and neither is one at a place of `left_out`, which are few.
  // Writes nothing. REQUIRES: the rule is Shared.
  Result<std::size_t> count_others(Effect& effect, const Carrier& carrier, const Page& page,
                                   const std::vector<std::string>& left_out);

 private:
  enum class Fate : std::uint8_t { Kept, Moved, Rejected };

  // Whether rows of this page may claim their keys.
  bool may_claim(const Carrier& carrier) const;
  // False: a row was refused, and what is queued holds rows that must not be written.
  Result<bool> queue_all(RedisEffect& effect, const Carrier& carrier, const Page& page,
                         Totals& totals);

  const plan::Plan& plan_;
  WriteRule rule_;
  const Clock& clock_;
  SharedRows shared_;
  Claims claims_;
  std::vector<plan::MergedField> merged_;
  bool is_claiming_ = false;  // this page
  std::vector<std::string> claimed_;
  std::vector<Fate> fates_;  // of the page's rows
  std::vector<std::uint32_t> selected_;
  std::vector<RowFate> written_;
};

}  // namespace mig::runtime
