#include "runtime/steps/bytes_ahead.hpp"

#include "runtime/stores/redis_passage.hpp"

namespace mig::runtime {

Result<std::unique_ptr<BytesAhead>> open_bytes_ahead(const OpenStore& source,
                                                     const OpenStore& target,
                                                     const plan::Plan& plan,
                                                     const PostgresPassage::Owner& owner) {
  std::unique_ptr<BytesAhead> ahead;
  if (source.sql() != nullptr && target.sql() != nullptr) {
    MIG_ASSIGN(passage, PostgresPassage::open(*source.sql(), *target.sql(), plan, owner));
    if (passage) ahead = std::make_unique<PassageAhead<PostgresPassage>>(std::move(*passage));
  } else {
    MIG_ASSIGN(passage, RedisPassage::open(source, target, plan));
    if (passage) ahead = std::make_unique<PassageAhead<RedisPassage>>(std::move(*passage));
  }
  return ahead;
}

}  // namespace mig::runtime
