#include "runtime/stores/redis_gathering.hpp"

#include <cassert>
#include <limits>
#include <string_view>

#include "runtime/stores/redis_pattern.hpp"

namespace mig::runtime {
namespace {

// Keys that one SCAN looks at: enough that its round trip does not count, few enough that nobody
// waits for the server meanwhile.
constexpr std::string_view kScanCount = "1000";
// Where SCAN begins and ends.
constexpr std::string_view kFirstCursor = "0";

}  // namespace

RedisGathering::RedisGathering(RedisConnection& connection, std::string glob,
                               std::filesystem::path scratch)
    : connection_(&connection), glob_(std::move(glob)), scratch_(std::move(scratch)) {}

void RedisGathering::forget() {
  is_complete_ = false;
  keys_.reset();
}

Result<bool> RedisGathering::gather(std::size_t scans) {
  if (is_complete_) return true;
  if (!keys_) {
    MIG_ASSIGN(opened, RedisKeySet::open(scratch_));
    keys_.emplace(std::move(opened));
    cursor_ = std::string(kFirstCursor);
  }
  for (std::size_t i = 0; i < scans; ++i) {
    auto found = connection_->call({"SCAN", cursor_, "MATCH", glob_, "COUNT", kScanCount});
    if (!found || found->items.size() != 2) {
      forget();  // a cursor is worth nothing to another server
      return std::unexpected(found ? redis_error(*found, connection_->shown()) : found.error());
    }
    for (const RedisReply& key : found->items[1].items) {
      if (key.text.starts_with(kRedisControlPrefix)) continue;
      MIG_TRY(keys_->add(key.text));
    }
    cursor_ = found->items[0].text;
    if (cursor_ != kFirstCursor) continue;
    MIG_TRY(keys_->finish());
    is_complete_ = true;
    return true;
  }
  return false;
}

Result<RedisKeySet*> RedisGathering::keys() {
  MIG_ASSIGN(is_done, gather(std::numeric_limits<std::size_t>::max()));
  assert(is_done && "there is no limit");
  return &*keys_;
}

}  // namespace mig::runtime
