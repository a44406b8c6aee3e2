#include "runtime/stores/redis_large_row.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "runtime/data/utf8.hpp"
#include "runtime/stores/redis_control.hpp"
#include "runtime/stores/redis_rows.hpp"
#include "runtime/stores/redis_text.hpp"

namespace mig::runtime {
namespace {

constexpr std::int64_t kPart = std::int64_t{1} << 20;  // bytes
constexpr int kMostChanges = 16;                       // before somebody else is asked to stop

using Fate = LargeRowEnd::Fate;

// Without the character at the end, which may go on behind it.
std::string_view without_last(std::string_view text) {
  const auto is_inside = [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
  };
  std::size_t end = text.size();
  while (end > 0 && is_inside(text[end - 1]))
    --end;
  return text.substr(0, end > 0 ? end - 1 : 0);
}

}  // namespace

std::string parts_key(const std::string& run, const std::string& step) {
  return control_key("parts:" + run + ":" + step);
}

RedisLargeRow::RedisLargeRow(RedisConnection source, plan::Entity entity, KeyPattern from,
                             KeyPattern to, RowCodec codec)
    : source_(std::move(source)),
      entity_(std::move(entity)),
      from_(std::move(from)),
      to_(std::move(to)),
      codec_(std::move(codec)) {
  std::vector<plan::Type> types;
  for (const plan::Field& field : entity_.fields)
    types.push_back(field.type);
  row_ = Batch::of(types);
}

Result<RedisLargeRow> RedisLargeRow::open(RedisConnection source, const plan::Plan& plan) {
  const plan::Keyspace& keys = *plan.at(plan.from).keys;
  const plan::Entity& entity = plan.entity_of(plan.from);
  MIG_ASSIGN(from, KeyPattern::parse(entity, keys.pattern));
  MIG_ASSIGN(to, KeyPattern::parse(entity, plan.at(plan.to.front()).keys->pattern));
  MIG_ASSIGN(codec, RowCodec::of(entity, keys.codec));
  return RedisLargeRow(std::move(source), entity, std::move(from), std::move(to), std::move(codec));
}

LargeRowEnd RedisLargeRow::rejected(FieldReject reject) const {
  return {Fate::Rejected, {place_, std::move(reject.field), std::move(reject.reason)}};
}

const plan::Type& RedisLargeRow::value_type() const {
  return std::ranges::find(entity_.fields, false, &plan::Field::key)->type;
}

// Where a stretch says by itself whether it is part of such a value.
bool RedisLargeRow::has_stretches() const {
  return codec_.kind() == plan::Codec::String && length_ > kPart &&
         (is_text() || value_type().base == plan::Base::Bytes);
}

Result<std::optional<LargeRowEnd>> RedisLargeRow::advance(RedisEffect& effect,
                                                          const std::string& place) {
  if (place_ != place) changes_ = 0;
  Result<End> end = place_ != place ? begin(effect, place)
                    : is_read_      ? finish(effect)
                                    : add_part(effect);
  // What a part says of the row holds only where the parts before are of the same value.
  const bool is_refused = end && *end && (*end)->fate == Fate::Rejected;
  if (is_refused || (!end && !source_.is_lost())) {
    MIG_ASSIGN(expiry, expiry_if_unchanged());
    if (!expiry) end = begin_again(effect);
  }
  if (!end || !*end) return end;
  if ((*end)->fate != Fate::Moved) effect.writes().append({"UNLINK", parts_});
  forget();
  return end;
}

Result<std::optional<LargeRowEnd>> RedisLargeRow::begin_again(RedisEffect& effect) {
  if (++changes_ < kMostChanges) return begin(effect, place_);
  return fail(
      ErrorKind::Transient,
      fmt::format("others keep changing a large row of `{}` while it is read", source_.shown()),
      "keep them from writing to it, or let the plan follow changes");
}

// A watched key is one whose changes refuse the EXEC at the end.
Result<std::optional<LargeRowEnd>> RedisLargeRow::begin(RedisEffect& effect, std::string place) {
  const auto key = from_.key_at(place);
  if (!key) {
    return fail(ErrorKind::Permanent,
                fmt::format("a place is none of a key of the form `{}`", from_.text()),
                "the journal belongs to another plan; compare it with `mig log`");
  }
  place_ = std::move(place);
  key_ = *key;
  parts_ = parts_key(effect.run(), effect.step());
  is_read_ = false;
  effect.writes().append({"UNLINK", parts_});
  MIG_TRY(source_.call({"UNWATCH"}));
  MIG_TRY(source_.call({"WATCH", key_}));
  return look();
}

// What can be told without reading it.
Result<std::optional<LargeRowEnd>> RedisLargeRow::look() {
  const auto misfit = [&](Reject reject) {
    return rejected({entity_.fields[entity_.key().front()].name, std::move(reject.reason)});
  };
  row_.clear();
  if (auto reject = from_.read(key_, row_)) return End(misfit(std::move(*reject)));
  if (auto reject = to_.print(row_, 0, renamed_)) return End(misfit(std::move(*reject)));
  MIG_ASSIGN(type, source_.call({"TYPE", key_}));
  if (type.text == "none") return End({Fate::Gone, {}});
  const bool is_hash = codec_.kind() == plan::Codec::Hash;
  if (type.text != (is_hash ? "hash" : "string")) return End(rejected(codec_.another_kind()));
  at_ = 0;
  code_points_ = 0;
  next_field_ = 0;
  present_ = 0;
  MIG_ASSIGN(size, source_.call({is_hash ? "HLEN" : "STRLEN", key_}));
  length_ = size.integer;
  fields_ = size.integer;
  if (!is_hash) return End();
  const std::vector<std::string>& names = codec_.names();
  if (fields_ > static_cast<std::int64_t>(names.size())) {
    return End(rejected(codec_.undeclared_field()));
  }
  for (const std::string& name : names)
    source_.append({"HSTRLEN", key_, name});
  lengths_.clear();
  for (std::size_t i = 0; i < names.size(); ++i) {
    MIG_ASSIGN(length, source_.value());
    lengths_.push_back(length.integer);
  }
  return End();
}

Result<std::optional<LargeRowEnd>> RedisLargeRow::add_part(RedisEffect& effect) {
  if (codec_.kind() == plan::Codec::Hash) return add_fields(effect);
  return has_stretches() ? add_stretch(effect) : add_whole(effect);
}

Result<std::optional<LargeRowEnd>> RedisLargeRow::add_fields(RedisEffect& effect) {
  const std::vector<std::string>& names = codec_.names();
  const std::size_t first = next_field_;
  std::int64_t bytes = 0;
  do {
    bytes += lengths_[next_field_++];
  } while (next_field_ < names.size() && bytes + lengths_[next_field_] <= kPart);
  MIG_TRY(source_.drop_pending());
  source_.begin_command(2 + next_field_ - first);
  source_.add_word("HMGET");
  source_.add_word(key_);
  for (std::size_t i = first; i < next_field_; ++i)
    source_.add_word(names[i]);
  MIG_ASSIGN(values, source_.value());
  if (values.items.size() != next_field_ - first) {
    return std::unexpected(redis_error(values, source_.shown()));
  }
  std::size_t found = 0;
  for (std::size_t i = first; i < next_field_; ++i) {
    const RedisReply& value = values.items[i - first];
    const auto text = value.is_nil() ? std::nullopt : std::optional<std::string_view>(value.text);
    if (auto reject = codec_.check_field(i, text, row_)) return End(rejected(std::move(*reject)));
    if (text) ++found;
  }
  present_ += static_cast<std::int64_t>(found);
  is_read_ = next_field_ == names.size();
  if (is_read_ && present_ != fields_) return End(rejected(codec_.undeclared_field()));
  if (found == 0) return End();
  effect.writes().begin_command(2 + 2 * found);
  effect.writes().add_word("HSET");
  effect.writes().add_word(parts_);
  for (std::size_t i = first; i < next_field_; ++i) {
    const RedisReply& value = values.items[i - first];
    if (value.is_nil()) continue;
    effect.writes().add_word(names[i]);
    effect.writes().add_word(value.text);
  }
  return End();
}

Result<std::optional<LargeRowEnd>> RedisLargeRow::add_stretch(RedisEffect& effect) {
  MIG_ASSIGN(found, source_.call(
                        {"GETRANGE", key_, std::to_string(at_), std::to_string(at_ + kPart - 1)}));
  std::string_view stretch = found.text;
  const auto size = static_cast<std::int64_t>(stretch.size());
  is_read_ = size < kPart || at_ + size >= length_;
  if (is_text()) {
    if (!is_read_) stretch = without_last(stretch);
    const auto count = stretch.empty() ? std::nullopt : count_code_points(stretch);
    code_points_ += count.value_or(0);
    const bool is_judged = !count || is_read_;
    auto reject = is_judged
                      ? judge_length(count ? std::optional(code_points_) : count, value_type())
                      : std::nullopt;
    if (reject) {
      const auto field = std::ranges::find(entity_.fields, false, &plan::Field::key);
      return End(rejected({field->name, std::move(reject->reason)}));
    }
  }
  at_ += static_cast<std::int64_t>(stretch.size());
  effect.writes().append({"APPEND", parts_, stretch});
  return End();
}

Result<std::optional<LargeRowEnd>> RedisLargeRow::add_whole(RedisEffect& effect) {
  MIG_ASSIGN(found, source_.call({"GET", key_}));
  auto reject = codec_.read_string(found.text, row_);
  row_.clear();
  if (reject) return End(rejected(std::move(*reject)));
  is_read_ = true;
  effect.writes().append({"SET", parts_, found.text});
  return End();
}

// Nothing where somebody changed the key since it is watched.
Result<std::optional<std::int64_t>> RedisLargeRow::expiry_if_unchanged() {
  MIG_TRY(source_.drop_pending());
  source_.append({"MULTI"});
  source_.append({"PEXPIRETIME", key_});
  source_.append({"EXEC"});
  MIG_TRY(source_.value());
  MIG_TRY(source_.value());
  MIG_ASSIGN(done, source_.value());
  if (done.is_nil()) return std::optional<std::int64_t>();
  if (done.items.size() != 1) return std::unexpected(redis_error(done, source_.shown()));
  return std::optional(done.items[0].integer);
}

Result<std::optional<LargeRowEnd>> RedisLargeRow::finish(RedisEffect& effect) {
  MIG_TRY(effect.watch({renamed_, parts_}));
  RedisConnection& target = effect.connection();
  MIG_ASSIGN(there, target.call({"EXISTS", renamed_}));
  MIG_ASSIGN(parts, target.call({"EXISTS", parts_}));
  MIG_ASSIGN(expiry, expiry_if_unchanged());
  if (!expiry || parts.integer == 0) return begin_again(effect);
  if (*expiry == kGoneBefore) return End({Fate::Gone, {}});
  if (there.integer == 1) return End({Fate::Kept, {}});
  effect.writes().append({"RENAME", parts_, renamed_});
  if (*expiry >= 0) effect.writes().append({"PEXPIREAT", renamed_, std::to_string(*expiry)});
  return End({Fate::Moved, {}});
}

}  // namespace mig::runtime
