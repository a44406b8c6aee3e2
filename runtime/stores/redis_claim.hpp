// A row as the command that claims its key: a RESTORE, which leaves a key that is taken alone and
// says so (RedisEffect::refused).
//
// For writers and for who formats rows ahead of them. It keeps the memory of the row before; one
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/schema.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/stores/redis_codec.hpp"
#include "runtime/stores/redis_commands.hpp"
#include "runtime/stores/redis_pattern.hpp"

namespace mig::runtime {

class RedisClaim {
 public:
  // How rows of that entity stand there. All three outlive the claim.
  RedisClaim(const plan::Entity& entity, const KeyPattern& pattern, const RowCodec& codec)
      : entity_(&entity), pattern_(&pattern), codec_(&codec) {}

  // Appends the row's, which expires then (Unix milliseconds) or never (kNoExpiry); or says why it
  // has no key or no form there, and appends nothing.
  std::optional<FieldReject> append(const Batch& rows, std::size_t row, std::int64_t expiry,
                                    RedisCommands& claims);
  // Of the row that was appended last.
  const std::string& key() const { return key_; }

 private:
  const plan::Entity* entity_;
  const KeyPattern* pattern_;
  const RowCodec* codec_;
  std::string key_;
  std::vector<std::string> words_;
  std::string payload_;
};

// The key of a row there and what is to be stored under it (RowCodec::print), or why it has none.
std::optional<FieldReject> print_row(const plan::Entity& entity, const KeyPattern& pattern,
                                     const RowCodec& codec, const Batch& rows, std::size_t row,
                                     std::string& key, std::vector<std::string>& words);

}  // namespace mig::runtime
