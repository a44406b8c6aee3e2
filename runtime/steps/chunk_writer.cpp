#include "runtime/steps/chunk_writer.hpp"

#include <limits>
#include <utility>

#include "runtime/steps/redis_chunk.hpp"
#include "runtime/steps/sql_chunk.hpp"
#include "runtime/stores/redis_writer.hpp"

namespace mig::runtime {
namespace {

// Enough that the note of a page does not count, few enough that the server, which does nothing
// else meanwhile, is back soon: some 18 ms on two busy cores.
constexpr std::size_t kMostClaims = 2000;

}  // namespace

Result<std::unique_ptr<ChunkWriter>> open_chunk(Effect& effect, const plan::Plan& plan,
                                                const Carrier& carrier, WriteRule rule,
                                                const Clock& clock, SharedRows shared,
                                                Claims claims,
                                                const std::vector<plan::MergedField>& merged) {
  std::unique_ptr<ChunkWriter> chunk;
  if (effect.redis() != nullptr) {
    chunk = std::make_unique<RedisChunk>(plan, rule, clock, shared, claims, merged);
    return chunk;
  }
  MIG_ASSIGN(opened, SqlChunk::open(effect.database(), plan, carrier, rule, shared, merged));
  chunk = std::make_unique<SqlChunk>(std::move(opened));
  return chunk;
}

std::size_t most_rows_of_effect(plan::StoreKind kind, Claims claims) {
  if (kind != plan::StoreKind::Redis) return std::numeric_limits<std::size_t>::max();
  return claims == Claims::None ? kMostRowsAnEffect : kMostClaims;
}

}  // namespace mig::runtime
