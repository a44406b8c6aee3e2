// Keys of one Redis server as they are, to be restored on another: what moves when neither the
// values nor their form change.
//
// A payload is read only by a server of the same or a newer format (`can_restore`), else rows are
// read and written typed. Large keys would keep the server from everybody else while it dumps them,
// and are told apart first (redis_large_key.hpp). The reading side may be some pages ahead of the
// writing one; each uses its own connection. One thread each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_effect.hpp"
#include "runtime/stores/redis_pattern.hpp"
#include "runtime/stores/redis_payload.hpp"
#include "runtime/stores/redis_rows.hpp"
#include "runtime/stores/redis_writer.hpp"

namespace mig::runtime {

struct DumpedKey {
  std::string key;
  std::string payload;
  std::int64_t expiry = kNoExpiry;
};

struct DumpPage {
  std::vector<DumpedKey> keys;
  std::vector<std::string> large;  // keys over the limit, which are not dumped
  std::int64_t gone = 0;
};

// `large`: bytes of the server's memory from which on a key is not dumped at once.
Result<void> dump_keys(RedisConnection& from, const std::vector<std::string>& keys,
                       std::int64_t large, DumpPage& page);

// Whether `to` reads what `from` dumps. Writes nothing on `from`. REQUIRES: `to` holds a fence.
Result<bool> can_restore(RedisConnection& from, RedisConnection& to, const std::string& sample_key);

// A key's new name: its fields are read by one pattern and printed by the other.
class KeyRename {
 public:
  // Both patterns are of the same entity: what is moved as it is keeps its fields.
  static Result<KeyRename> between(const plan::Entity& entity, std::string_view from,
                                   std::string_view to);
  // Says why a key that has no new name has none.
  std::optional<Reject> rename(std::string_view key, std::string& renamed);

 private:
  KeyRename(KeyPattern from, KeyPattern to, Batch fields)
      : from_(std::move(from)), to_(std::move(to)), fields_(std::move(fields)) {}

  KeyPattern from_;
  KeyPattern to_;
  Batch fields_;  // of one key
};

// Queues the keys in the effect. Keep leaves what is there, Replace does not; other rules need
// typed rows. `fates` gets one a key.
Result<void> restore_keys(RedisEffect& effect, const DumpPage& page, WriteRule rule,
                          KeyRename& names, std::vector<RowFate>& fates);

}  // namespace mig::runtime
