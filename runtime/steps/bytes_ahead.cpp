#include "runtime/steps/bytes_ahead.hpp"

#include "runtime/stores/redis_passage.hpp"

namespace mig::runtime {

Result<std::unique_ptr<BytesAhead>> open_bytes_between(const Database& source,
                                                       const Database& target,
                                                       const plan::Plan& plan,
                                                       const PostgresPassage::Owner& owner,
                                                       std::size_t pages) {
  std::unique_ptr<BytesAhead> ahead;
  MIG_ASSIGN(passage, PostgresPassage::open(source, target, plan, owner));
  if (passage) ahead = std::make_unique<PassageAhead<PostgresPassage>>(std::move(*passage), pages);
  return ahead;
}

Result<std::unique_ptr<BytesAhead>> open_bytes_ahead(Stores& stores, const OpenStore& target,
                                                     const plan::Plan& plan,
                                                     const PostgresPassage::Owner& owner) {
  const plan::StoreId from = plan.at(plan.from).store;
  MIG_ASSIGN(source, stores.reading(from));
  if (source.sql() != nullptr && target.sql() != nullptr)
    return open_bytes_between(*source.sql(), *target.sql(), plan, owner);
  std::unique_ptr<BytesAhead> ahead;
  if (source.redis() != nullptr && target.redis() != nullptr) {
    MIG_ASSIGN(beside, stores.another_redis(from));
    MIG_ASSIGN(passage, RedisPassage::open(source, target, plan, std::move(beside)));
    if (passage) ahead = std::make_unique<PassageAhead<RedisPassage>>(std::move(*passage));
  }
  return ahead;
}

}  // namespace mig::runtime
