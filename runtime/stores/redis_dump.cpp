#include "runtime/stores/redis_dump.hpp"

#include <cassert>

#include <fmt/format.h>

#include "runtime/stores/redis_control.hpp"

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

// The target's own format is that of what it dumps, and a fence is there to be dumped.
Result<bool> can_restore(RedisConnection& from, RedisConnection& to,
                         const std::string& sample_key) {
  MIG_ASSIGN(sample, from.call({"DUMP", sample_key}));
  if (sample.is_nil()) return true;  // gone: there is nothing yet to judge by
  MIG_ASSIGN(own, to.call({"DUMP", control_key("fence")}));
  const auto theirs = payload_format(sample.text);
  const auto ours = payload_format(own.text);
  return theirs && ours && *theirs <= *ours;
}

Result<KeyRename> KeyRename::between(const plan::Entity& entity, std::string_view from,
                                     std::string_view to) {
  MIG_ASSIGN(source, KeyPattern::parse(entity, from));
  MIG_ASSIGN(target, KeyPattern::parse(entity, to));
  std::vector<plan::Type> types;
  for (const plan::Field& field : entity.fields)
    types.push_back(field.type);
  return KeyRename(std::move(source), std::move(target), Batch::of(types));
}

std::optional<Reject> KeyRename::rename(std::string_view key, std::string& renamed) {
  fields_.clear();
  if (auto reject = from_.read(key, fields_)) return reject;
  return to_.print(fields_, 0, renamed);
}

Result<void> restore_keys(RedisEffect& effect, const DumpPage& page, WriteRule rule,
                          KeyRename& names, std::vector<RowFate>& fates) {
  assert((rule == WriteRule::Keep || rule == WriteRule::Replace) && "others compare values");
  RedisConnection& redis = effect.connection();
  fates.assign(page.keys.size(), {});
  std::vector<std::string> renamed(page.keys.size());
  std::vector<std::string> watched;
  for (std::size_t i = 0; i < page.keys.size(); ++i) {
    if (auto reject = names.rename(page.keys[i].key, renamed[i])) {
      fates[i] = {Written::Rejected, "key", std::move(reject->reason)};
    } else {
      watched.push_back(renamed[i]);
    }
  }
  if (rule == WriteRule::Keep) {
    MIG_TRY(effect.watch(watched));
    for (const std::string& key : watched)
      redis.append({"EXISTS", key});
  }
  for (std::size_t i = 0; i < page.keys.size(); ++i) {
    if (fates[i].written == Written::Rejected) continue;
    if (rule == WriteRule::Keep) {
      MIG_ASSIGN(exists, redis.value());
      if (exists.integer == 1) {
        fates[i].written = Written::Kept;
        continue;
      }
    }
    const DumpedKey& dumped = page.keys[i];
    const std::string expiry = dumped.expiry == kNoExpiry ? "0" : std::to_string(dumped.expiry);
    effect.writes().append({"RESTORE", renamed[i], expiry, dumped.payload, "REPLACE", "ABSTTL"});
  }
  return {};
}

}  // namespace mig::runtime
