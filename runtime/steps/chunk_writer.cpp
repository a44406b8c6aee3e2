#include "runtime/steps/chunk_writer.hpp"

#include <limits>
#include <utility>

#include "runtime/steps/redis_chunk.hpp"
#include "runtime/steps/sql_chunk.hpp"
#include "runtime/stores/redis_writer.hpp"

namespace mig::runtime {

Result<std::unique_ptr<ChunkWriter>> open_chunk(Effect& effect, const plan::Plan& plan,
                                                const Carrier& carrier, WriteRule rule,
                                                const Clock& clock, SharedRows shared) {
  std::unique_ptr<ChunkWriter> chunk;
  if (effect.redis() != nullptr) {
    chunk = std::make_unique<RedisChunk>(plan, rule, clock, shared);
    return chunk;
  }
  MIG_ASSIGN(opened, SqlChunk::open(effect.database(), plan, carrier, rule, shared));
  chunk = std::make_unique<SqlChunk>(std::move(opened));
  return chunk;
}

std::size_t most_rows_of_effect(plan::StoreKind kind) {
  return kind == plan::StoreKind::Redis ? kMostRowsAnEffect
                                        : std::numeric_limits<std::size_t>::max();
}

}  // namespace mig::runtime
