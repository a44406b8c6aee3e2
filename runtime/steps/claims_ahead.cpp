#include "runtime/steps/claims_ahead.hpp"

#include <utility>

#include "runtime/steps/redis_chunk.hpp"

namespace mig::runtime {

ClaimsAhead::ClaimsAhead(const plan::Plan& plan, const Clock& clock, KeyPattern pattern,
                         RowCodec codec)
    : dataset_(plan.at(plan.to.front())),
      clock_(clock),
      pattern_(std::move(pattern)),
      codec_(std::move(codec)),
      claim_(plan.entity_of(plan.to.front()), pattern_, codec_) {}

Result<std::unique_ptr<ClaimsAhead>> ClaimsAhead::open(const plan::Plan& plan, const Clock& clock) {
  const plan::Dataset& dataset = plan.at(plan.to.front());
  const plan::Entity& entity = plan.entity_of(plan.to.front());
  if (plan.to.size() != 1 || !dataset.keys) return std::unique_ptr<ClaimsAhead>();
  MIG_ASSIGN(pattern, KeyPattern::parse(entity, dataset.keys->pattern));
  MIG_ASSIGN(codec, RowCodec::of(entity, dataset.keys->codec));
  return std::unique_ptr<ClaimsAhead>(
      new ClaimsAhead(plan, clock, std::move(pattern), std::move(codec)));
}

bool ClaimsAhead::format(const Carrier& carrier, const Page& page, RedisCommands& claims) {
  claims.clear();
  const Emitted& emitted = carrier.emitted().front();
  bool is_plain = is_claimable(carrier) && carrier.rejects().empty();
  const auto expiries = expiries_of(dataset_, emitted, page, clock_.now());
  for (std::size_t row = 0; is_plain && row < emitted.rows.rows; ++row) {
    const std::int64_t expiry = expiries.empty() ? kNoExpiry : expiries[row];
    is_plain = !claim_.append(emitted.rows, row, expiry, claims);
  }
  if (!is_plain) claims.clear();
  return is_plain;
}

ChunkWriter::Totals queue_claims(RedisEffect& effect, const Page& page,
                                 const RedisCommands& claims) {
  effect.writes().append(claims);
  const auto moved = static_cast<std::int64_t>(claims.size());
  const auto kept = static_cast<std::int64_t>(page.rows.rows) - moved;
  return {.moved = moved, .kept = kept, .written = moved, .is_claimed = true};
}

}  // namespace mig::runtime
