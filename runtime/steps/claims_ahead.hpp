// The claims of a page's rows, formatted by who reads the pages: the server that they go to need
// not wait for it.
//
// For copies to Redis under Keep whose rows claim their keys without a look (Claims::Blind). One
// thread at a time.
#pragma once

#include <memory>
#include <optional>

#include "compiler/plan/plan.hpp"
#include "runtime/clock.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/chunk_writer.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/redis_claim.hpp"
#include "runtime/stores/redis_effect.hpp"

namespace mig::runtime {

class ClaimsAhead {
 public:
  // Null where rows of this plan do not become one row in one dataset of a Redis. Both outlive it.
  static Result<std::unique_ptr<ClaimsAhead>> open(const plan::Plan& plan, const Clock& clock);

  // False, and no claims, where a row was refused: each has to be looked at (RedisChunk).
  // `carrier` has just run on `page`.
  bool format(const Carrier& carrier, const Page& page, RedisCommands& claims);

 private:
  ClaimsAhead(const plan::Plan& plan, const Clock& clock, KeyPattern pattern, RowCodec codec);

  const plan::Dataset& dataset_;
  const Clock& clock_;
  KeyPattern pattern_;
  RowCodec codec_;
  RedisClaim claim_;
};

// Queues such claims, and says what becomes of the page if none is refused.
ChunkWriter::Totals queue_claims(RedisEffect& effect, const Page& page,
                                 const RedisCommands& claims);

}  // namespace mig::runtime
