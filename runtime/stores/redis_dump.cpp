#include "runtime/stores/redis_dump.hpp"

#include "runtime/stores/redis_rows.hpp"

namespace mig::runtime {

Result<void> dump_keys(RedisConnection& from, const std::vector<std::string>& keys,
                       std::int64_t large, DumpPage& page) {
  page = {};
  MIG_TRY(from.drop_pending());
  for (const std::string& key : keys)
    from.append({"MEMORY", "USAGE", key});
  std::vector<const std::string*> small;
  for (const std::string& key : keys) {
    MIG_ASSIGN(size, from.value());
    if (size.is_nil()) {
      ++page.gone;
    } else if (size.integer > large) {
      page.large.push_back(key);
    } else {
      small.push_back(&key);
    }
  }
  for (const std::string* key : small) {
    from.append({"DUMP", *key});
    from.append({"PEXPIRETIME", *key});
  }
  for (const std::string* key : small) {
    MIG_ASSIGN(payload, from.reply());
    MIG_ASSIGN(expiry, from.reply());
    for (const RedisReply* answer : {&payload, &expiry}) {
      if (answer->is_error()) return std::unexpected(redis_error(*answer, from.shown()));
    }
    if (payload.is_nil() || expiry.integer == kGoneBefore) {
      ++page.gone;
      continue;
    }
    page.keys.push_back({*key, std::move(payload.text), expiry.integer});
  }
  return {};
}

}  // namespace mig::runtime
