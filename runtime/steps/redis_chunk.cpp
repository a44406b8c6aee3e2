#include "runtime/steps/redis_chunk.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>

namespace mig::runtime {

bool is_claimable(const Carrier& carrier) {
  return carrier.emitted().size() == 1 && !carrier.emitted().front().shared;
}

std::vector<std::int64_t> expiries_of(const plan::Dataset& dataset, const Emitted& emitted,
                                      const Page& page, Instant now) {
  std::vector<std::int64_t> expiries;
  if (!page.expiries.empty()) {
    for (const std::uint32_t source : emitted.source)
      expiries.push_back(page.expiries[source]);
  } else if (dataset.keys && dataset.keys->ttl) {
    const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(
        (now + *dataset.keys->ttl).time_since_epoch());
    expiries.assign(emitted.rows.rows, at.count());
  }
  return expiries;
}

Result<ChunkWriter::Totals> RedisChunk::write(Effect& effect, const Carrier& carrier,
                                              const Page& page) {
  RedisEffect* const redis = effect.redis();
  assert(redis != nullptr && "a chunk is written where it was opened");
  Totals totals;
  fates_.assign(page.rows.rows, Fate::Kept);
  for (const RowReject& reject : carrier.rejects()) {
    if (fates_[reject.row] != Fate::Rejected) totals.rejects.push_back(reject);
    fates_[reject.row] = Fate::Rejected;
  }
  const RedisCommands before = redis->writes();
  is_claiming_ = may_claim(carrier);
  while (true) {  // each round without a row more that was refused
    MIG_ASSIGN(fits, queue_all(*redis, carrier, page, totals));
    if (is_claiming_ && fits && claims_ == Claims::Looked) {
      MIG_ASSIGN(is_free, redis->is_free(claimed_));
      fits = is_free;
    }
    is_claiming_ = is_claiming_ && fits;
    if (fits) break;
    redis->writes() = before;
    totals.written = 0;
    std::ranges::replace(fates_, Fate::Moved, Fate::Kept);
  }
  totals.is_claimed = is_claiming_;
  totals.moved = std::ranges::count(fates_, Fate::Moved);
  totals.kept = std::ranges::count(fates_, Fate::Kept);
  std::ranges::sort(totals.rejects, {}, &RowReject::row);
  return totals;
}

Result<std::size_t> RedisChunk::count_others(Effect& effect, const Carrier& carrier,
                                             const Page& page,
                                             const std::vector<std::string>& left_out) {
  assert(rule_ == WriteRule::Shared && "which finds out whether a row is the one that is there");
  MIG_ASSIGN(totals, write(effect, carrier, page));
  effect.redis()->writes().clear();
  return static_cast<std::size_t>(std::ranges::count_if(totals.rejects, [&](const RowReject& it) {
    return !carrier.is_rejected(static_cast<std::uint32_t>(it.row)) &&
           std::ranges::find(left_out, page.keys[it.row]) == left_out.end();
  }));
}

bool RedisChunk::may_claim(const Carrier& carrier) const {
  return claims_ != Claims::None && rule_ == WriteRule::Keep && is_claimable(carrier);
}

Result<bool> RedisChunk::queue_all(RedisEffect& effect, const Carrier& carrier, const Page& page,
                                   Totals& totals) {
  bool fits = true;
  claimed_.clear();
  for (const std::size_t emit : carrier.order()) {
    const Emitted& emitted = carrier.emitted()[emit];
    const plan::DatasetId dataset = carrier.dataset(emit);
    const bool agrees = emitted.shared && shared_ == SharedRows::Agree;
    MIG_ASSIGN(writer, RedisWriter::open(effect, plan_, dataset, agrees ? WriteRule::Shared : rule_,
                                         plan::merged_in(merged_, dataset)));
    selected_.clear();
    for (std::uint32_t row = 0; row < emitted.rows.rows; ++row) {
      if (fates_[emitted.source[row]] != Fate::Rejected) selected_.push_back(row);
    }
    const auto expiries = expiries_of(plan_.at(dataset), emitted, page, clock_.now());
    if (is_claiming_) {
      MIG_TRY(writer.claim(emitted.rows, selected_, expiries, written_, claimed_));
    } else {
      MIG_TRY(writer.write(emitted.rows, selected_, expiries, written_));
    }
    for (std::size_t i = 0; i < selected_.size(); ++i) {
      Fate& fate = fates_[emitted.source[selected_[i]]];
      if (written_[i].written == Written::Changed) ++totals.written;
      if (written_[i].written == Written::Changed && fate == Fate::Kept) fate = Fate::Moved;
      if (written_[i].written != Written::Rejected) continue;
      fits = false;
      if (fate == Fate::Rejected) continue;
      fate = Fate::Rejected;
      totals.rejects.push_back(
          {emitted.source[selected_[i]], written_[i].field, written_[i].reason});
    }
  }
  return fits;
}

}  // namespace mig::runtime
