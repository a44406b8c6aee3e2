// Whether what DUMP gave of a key is a row of the plan, as strictly as the typed path reads it.
//
// The payload is taken apart (redis_payload.hpp) and read by the codec; nothing of it is kept. Used
// by RedisPassage, which has one for each of its pages, as they are looked at at once. Keeps memory
// from row to row; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/stores/redis_codec.hpp"
#include "runtime/stores/redis_pattern.hpp"
#include "runtime/stores/redis_payload.hpp"

namespace mig::runtime {

class RedisRowCheck {
 public:
  // `format`: the newest that the target reads. `most`: bytes that a payload may stand for.
  RedisRowCheck(const plan::Entity& entity, KeyPattern pattern, RowCodec codec,
                std::uint16_t format, std::size_t most);

  bool is_row(std::string_view key, std::string_view payload);
  // Why the last one was none: what stands there compressed is larger than that.
  bool is_too_large() const { return payload_.is_too_large(); }
  // The key's name in the target, whose pattern is `to`; nothing where it has none there.
  std::optional<std::string> renamed(std::string_view key, const KeyPattern& to);

 private:
  bool find_texts();

  plan::Entity entity_;
  KeyPattern pattern_;
  RowCodec codec_;
  std::uint16_t format_;
  PayloadReader payload_;
  // Of one row.
  std::vector<std::optional<std::string_view>> texts_;  // one a name of the codec
  Batch row_;
};

}  // namespace mig::runtime
