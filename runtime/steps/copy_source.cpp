#include "runtime/steps/copy_source.hpp"

#include <memory>
#include <utility>

#include "runtime/stores/open_rows.hpp"
#include "runtime/stores/redis_scan.hpp"
#include "runtime/stores/redis_server_facts.hpp"

namespace mig::runtime {

Result<void> check_one_target(const Stores& stores, const plan::Plan& plan) {
  for (const plan::DatasetId dataset : plan.to) {
    if (stores.is_one_file(plan.at(dataset).store, plan.at(plan.to.front()).store)) continue;
    return fail(ErrorKind::Permanent,
                "the new side stands in several files, and rows cannot be committed to them "
                "together",
                "move it to one store");
  }
  return {};
}

Result<CopySource> open_followed_source(Stores& stores, const plan::Plan& plan,
                                        const OpenStore& /*target*/) {
  MIG_ASSIGN(rows, open_rows(stores, plan, plan.from));
  return CopySource{std::move(rows)};
}

Result<CopySource> open_source_at_rest(Stores& stores, const plan::Plan& plan,
                                       const OpenStore& target) {
  MIG_ASSIGN(old, stores.reading(plan.at(plan.from).store));
  if (old.redis() == nullptr) return open_followed_source(stores, plan, target);
  if (target.redis() != nullptr) {
    MIG_ASSIGN(is_same, is_same_server(*old.redis(), *target.redis()));
    if (is_same) return open_followed_source(stores, plan, target);
  }
  MIG_ASSIGN(rows,
             RedisScannedRows::open(*old.redis(), plan, plan.from, target.redis() != nullptr));
  return CopySource{KeysetReader(std::make_unique<RedisScannedRows>(std::move(rows))), old.redis()};
}

}  // namespace mig::runtime
