#include "runtime/stores/redis_effect.hpp"

#include <cassert>

#include <fmt/format.h>

#include "runtime/stores/redis_control.hpp"
#include "runtime/stores/redis_netstring.hpp"

namespace mig::runtime {
namespace {

std::string applied_key(std::string_view run, std::string_view step) {
  return control_key(fmt::format("applied:{}:{}", run, step));
}

std::string packed(const Applied& applied) {
  const auto text = [](std::int64_t number) { return std::to_string(number); };
  const plan::Counts& counts = applied.counts;
  return pack({text(counts.read), text(counts.moved), text(counts.kept), text(counts.rejected),
               text(counts.written), applied.finished ? "1" : "0", applied.cursor});
}

}  // namespace

Result<std::optional<Applied>> read_applied(RedisConnection& redis, const std::string& run,
                                            std::string_view step) {
  const std::string key = applied_key(run, step);
  MIG_ASSIGN(found, redis.call({"GET", key}));
  if (found.is_nil()) return std::optional<Applied>();
  const auto parts = unpack(found.text, 7);
  if (!parts) {
    return fail(ErrorKind::Permanent,
                fmt::format("`{}` in `{}` is not what mig wrote", key, redis.shown()),
                "somebody changed it; roll the run back", Cause::Damaged);
  }
  const auto number = [&](std::size_t part) { return unpacked_number((*parts)[part]); };
  Applied applied;
  applied.counts = {number(0), number(1), number(2), number(3), number(4)};
  applied.finished = (*parts)[5] == "1";
  applied.cursor = (*parts)[6];
  return applied;
}

RedisEffect::RedisEffect(RedisConnection& redis, std::vector<std::string> resources,
                         Authority authority, std::string step)
    : redis_(&redis),
      transaction_(redis),
      resources_(std::move(resources)),
      authority_(std::move(authority)),
      step_(std::move(step)) {}

Result<RedisEffect> RedisEffect::begin(RedisConnection& redis,
                                       const std::vector<std::string>& resources,
                                       const Authority& authority, std::string step) {
  RedisEffect effect(redis, resources, authority, std::move(step));
  MIG_TRY(effect.watch({control_key("fence"), applied_key(authority.run, effect.step_)}));
  MIG_TRY(check_fence(redis, resources, authority));
  MIG_ASSIGN(applied, read_applied(redis, authority.run, effect.step_));
  effect.applied_ = std::move(applied);
  return effect;
}

Result<bool> RedisEffect::is_free(const std::vector<std::string>& keys) {
  if (keys.empty()) return true;
  MIG_TRY(redis_->drop_pending());
  redis_->begin_command(1 + keys.size());
  redis_->add_word("EXISTS");
  for (const std::string& key : keys)
    redis_->add_word(key);
  MIG_ASSIGN(found, redis_->value());
  return found.integer == 0;
}

Result<Committed> RedisEffect::commit(const Applied& now) {
  assert(now.counts.balance() && "every row that was read is moved, kept or rejected");
  RedisCommands note;
  note.append({"SET", applied_key(authority_.run, step_), packed(now)});
  note.append({"SADD", control_key("steps:" + authority_.run), step_});
  return finish(note);
}

Result<Committed> RedisEffect::commit_undone() {
  RedisCommands note;
  note.append({"DEL", applied_key(authority_.run, step_)});
  note.append({"UNLINK", control_key("parts:" + authority_.run + ":" + step_)});
  note.append({"SREM", control_key("steps:" + authority_.run), step_});
  return finish(note);
}

// The mark of our own writes goes first and last, so that whoever follows what happens on the
// server sees which changes lie between.
Result<Committed> RedisEffect::finish(const RedisCommands& note) {
  RedisCommands first;
  first.append({"SET", control_key("origin"), authority_.run});
  RedisCommands last = note;
  last.append({"DEL", control_key("origin")});
  refused_.clear();
  MIG_ASSIGN(is_done, transaction_.commit({&first, &writes_, &last}, refused_));
  for (std::size_t& position : refused_)
    --position;  // the mark is before them
  if (is_done) return Committed::Done;
  MIG_TRY(check_fence(*redis_, resources_, authority_));
  return Committed::Disturbed;
}

}  // namespace mig::runtime
