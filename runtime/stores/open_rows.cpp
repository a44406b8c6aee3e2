#include "runtime/stores/open_rows.hpp"

#include <memory>

#include <fmt/format.h>

#include "runtime/stores/redis_rows.hpp"

namespace mig::runtime {

Result<KeysetReader> open_rows(Stores& stores, const plan::Plan& plan, plan::DatasetId dataset) {
  MIG_ASSIGN(store, stores.reading(plan.at(dataset).store));
  if (store.sql() != nullptr) return KeysetReader::open(*store.sql(), plan, dataset);
  MIG_ASSIGN(rows, RedisRows::open(*store.redis(), plan, dataset, stores.scratch()));
  return KeysetReader(std::make_unique<RedisRows>(std::move(rows)));
}

Result<KeysetReader> open_rows(Stores& stores, const plan::Plan& plan, const plan::Lane& lane) {
  MIG_ASSIGN(store, stores.reading(plan.at(lane.source).store));
  if (store.sql() != nullptr) return KeysetReader::open(*store.sql(), plan, lane);
  if (lane.companions.empty()) return open_rows(stores, plan, lane.source);
  return fail(ErrorKind::Permanent,
              fmt::format("a row of `{}` is made of several rows, and those of `{}` are found by "
                          "their keys alone",
                          lane.transform.name, plan.at(lane.source).name),
              "carry over one row at a time");
}

}  // namespace mig::runtime
