#include "runtime/stores/redis_large_key.hpp"

#include <cassert>

#include <fmt/format.h>

#include "runtime/stores/redis_control.hpp"
#include "runtime/stores/redis_transaction.hpp"

namespace mig::runtime {
namespace {

constexpr std::int64_t kItems = 1000;            // of a list, a hash or a set in one part
constexpr std::int64_t kBytes = 1'048'576;       // of a string
constexpr std::string_view kItemsText = "1000";  // the same for SCAN
constexpr int kAttempts = 16;

bool is_scanned(std::string_view type) {
  return type == "hash" || type == "set" || type == "zset";
}

}  // namespace

std::string parts_key(const std::string& run, const std::string& step) {
  return control_key("parts:" + run + ":" + step);
}

LargeKeyCopy::LargeKeyCopy(RedisConnection& from, RedisConnection& to,
                           std::vector<std::string> resources, Authority authority,
                           std::string step, std::string key)
    : from_(&from),
      to_(&to),
      resources_(std::move(resources)),
      authority_(std::move(authority)),
      step_(std::move(step)),
      key_(std::move(key)),
      parts_(parts_key(authority_.run, step_)),
      cursor_(1, '0') {}

Result<LargeKeyCopy> LargeKeyCopy::begin(RedisConnection& from, RedisConnection& to,
                                         const std::vector<std::string>& resources,
                                         const Authority& authority, std::string step,
                                         std::string key) {
  LargeKeyCopy copy(from, to, resources, authority, std::move(step), std::move(key));
  MIG_ASSIGN(type, from.call({"TYPE", copy.key_}));
  copy.type_ = type.text;
  const bool has_parts = is_scanned(type.text) || type.text == "list" || type.text == "string";
  if (!has_parts && type.text != "none") {
    return fail(ErrorKind::Permanent,
                fmt::format("a large key of `{}` is a {}, which has no parts", from.shown(),
                            type.text == "stream" ? "stream" : "value of a module"),
                "raise the limit from which on keys are large, and it is moved as a whole");
  }
  RedisCommands clear;
  clear.append({"UNLINK", copy.parts_});
  clear.append({"SADD", control_key("steps:" + authority.run), copy.step_});
  MIG_TRY(copy.write(clear));
  return copy;
}

// A part changes nothing that anybody sees, but a runner that was overtaken must not mix its parts
// with those of its successor.
Result<void> LargeKeyCopy::write(const RedisCommands& commands) {
  const std::vector<std::string> fence = {control_key("fence")};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    RedisTransaction transaction(*to_);
    MIG_TRY(transaction.watch(fence));
    MIG_TRY(check_fence(*to_, resources_, authority_));
    MIG_ASSIGN(is_done, transaction.commit(commands));
    if (is_done) return {};
  }
  return fail(ErrorKind::Transient,
              fmt::format("others keep changing mig's own keys in `{}`", to_->shown()),
              "look with `mig status` for runs that use the same server");
}

Result<bool> LargeKeyCopy::advance() {
  RedisCommands commands;
  MIG_ASSIGN(is_last, read_part(commands));
  if (commands.size() > 0) MIG_TRY(write(commands));
  return is_last;
}

Result<bool> LargeKeyCopy::read_part(RedisCommands& commands) {
  if (type_ == "none") return true;
  return is_scanned(type_) ? read_scanned(commands) : read_range(commands);
}

Result<bool> LargeKeyCopy::read_scanned(RedisCommands& commands) {
  const bool is_hash = type_ == "hash";
  const bool is_set = type_ == "set";
  const char* scan = is_hash ? "HSCAN" : is_set ? "SSCAN" : "ZSCAN";
  MIG_ASSIGN(found, from_->call({scan, key_, cursor_, "COUNT", kItemsText}));
  if (found.items.size() != 2) return std::unexpected(redis_error(found, from_->shown()));
  const auto& items = found.items[1].items;
  if (!items.empty()) {
    commands.begin_command(2 + items.size());
    commands.add_word(is_hash ? "HSET" : is_set ? "SADD" : "ZADD");
    commands.add_word(parts_);
    for (std::size_t i = 0; i < items.size(); ++i) {
      // A sorted set gives member and score, and takes score and member.
      const bool swaps = !is_hash && !is_set;
      commands.add_word(items[swaps ? i ^ std::size_t{1} : i].text);
    }
  }
  cursor_ = found.items[0].text;
  return cursor_ == "0";
}

Result<bool> LargeKeyCopy::read_range(RedisCommands& commands) {
  const bool is_list = type_ == "list";
  const std::int64_t step = is_list ? kItems : kBytes;
  const std::string first = std::to_string(at_);
  const std::string last = std::to_string(at_ + step - 1);
  MIG_ASSIGN(found, from_->call({is_list ? "LRANGE" : "GETRANGE", key_, first, last}));
  at_ += step;
  if (!is_list) {
    if (!found.text.empty()) commands.append({"APPEND", parts_, found.text});
    return static_cast<std::int64_t>(found.text.size()) < step;
  }
  if (!found.items.empty()) {
    commands.begin_command(2 + found.items.size());
    commands.add_word("RPUSH");
    commands.add_word(parts_);
    for (const RedisReply& item : found.items)
      commands.add_word(item.text);
  }
  return static_cast<std::int64_t>(found.items.size()) < step;
}

Result<Written> LargeKeyCopy::finish(RedisEffect& effect, const std::string& renamed,
                                     WriteRule rule) {
  assert((rule == WriteRule::Keep || rule == WriteRule::Replace) && "others compare values");
  MIG_TRY(effect.watch({renamed, parts_}));
  MIG_ASSIGN(expiry, from_->call({"PEXPIRETIME", key_}));
  MIG_ASSIGN(there, to_->call({"EXISTS", renamed}));
  MIG_ASSIGN(parts, to_->call({"EXISTS", parts_}));
  const bool is_gone = expiry.integer == -2 || parts.integer == 0;
  if (is_gone || (rule == WriteRule::Keep && there.integer == 1)) {
    effect.writes().append({"UNLINK", parts_});
    return Written::Kept;
  }
  effect.writes().append({"RENAME", parts_, renamed});
  if (expiry.integer >= 0) {
    effect.writes().append({"PEXPIREAT", renamed, std::to_string(expiry.integer)});
  }
  return Written::Changed;
}

}  // namespace mig::runtime
