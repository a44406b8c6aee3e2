#include "runtime/stores/redis_claim.hpp"

#include <utility>

#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/redis_payload.hpp"

namespace mig::runtime {

std::optional<FieldReject> print_row(const plan::Entity& entity, const KeyPattern& pattern,
                                     const RowCodec& codec, const Batch& rows, std::size_t row,
                                     std::string& key, std::vector<std::string>& words) {
  if (auto reject = pattern.print(rows, row, key))
    return FieldReject{entity.fields[entity.key().front()].name, std::move(reject->reason)};
  return codec.print(rows, row, words);
}

std::optional<FieldReject> RedisClaim::append(const Batch& rows, std::size_t row,
                                              std::int64_t expiry, RedisCommands& claims) {
  if (auto reject = print_row(*entity_, *pattern_, *codec_, rows, row, key_, words_)) return reject;
  payload_.clear();
  if (codec_->kind() == plan::Codec::Hash) {
    append_hash_payload(words_, payload_);
  } else {
    append_string_payload(words_[0], payload_);
  }
  const std::string at = expiry == kNoExpiry ? "0" : std::to_string(expiry);
  claims.append({"RESTORE", key_, at, payload_, "ABSTTL"});
  return std::nullopt;
}

}  // namespace mig::runtime
