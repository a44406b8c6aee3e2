// Where a copy reads: the rows of the old side, in the order that its moment allows. One thread.
#pragma once

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/open_store.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

struct CopySource {
  KeysetReader rows;
  RedisConnection* scanned = nullptr;  // the source, where that is read in SCAN's order
};

// Permanent where the new side stands in several stores: rows go there in one transaction.
Result<void> check_one_target(const Stores& stores, const plan::Plan& plan);

// In the order of keys, which others can be told apart by: behind the copy, or before it.
Result<CopySource> open_followed_source(Stores& stores, const plan::Plan& plan,
                                        const OpenStore& target);
// The same, but a Redis server in SCAN's order (redis_scan.hpp), unless the copy itself writes to
// it: nobody writes to what is copied.
Result<CopySource> open_source_at_rest(Stores& stores, const plan::Plan& plan,
                                       const OpenStore& target);

}  // namespace mig::runtime
