#include "runtime/stores/redis_passage.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "runtime/stores/redis_control.hpp"
#include "runtime/stores/redis_rows.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kLarge = std::size_t{1} << 20;  // of a row that does not go with its page
constexpr std::size_t kLargeForFull = std::size_t{64} << 10;  // the same where that is full
// To ask how large a row is costs the server a third of what it costs to dump one that is short.
constexpr std::size_t kShort = 2048;
constexpr std::size_t kPassedBytes = kPageBytes / 2;

std::vector<plan::Type> types_of(const plan::Entity& entity) {
  std::vector<plan::Type> types;
  for (const plan::Field& field : entity.fields)
    types.push_back(field.type);
  return types;
}

bool is_unchanged(const plan::Plan& plan) {
  if (plan.via || plan.to.size() != 1 || !plan.entity_of(plan.from).rules.empty()) return false;
  const plan::Dataset& from = plan.at(plan.from);
  const plan::Dataset& to = plan.at(plan.to.front());
  return from.entity == to.entity && from.keys && to.keys && from.keys->codec == to.keys->codec;
}

}  // namespace

RedisPassage::RedisPassage(RedisConnection& source, RedisConnection beside, RedisScan scan,
                           plan::Entity entity, KeyPattern from, KeyPattern to, RowCodec codec,
                           std::uint16_t format)
    : source_(&source),
      scan_(std::move(scan)),
      entity_(std::move(entity)),
      from_(std::move(from)),
      to_(std::move(to)),
      codec_(std::move(codec)),
      format_(format),
      limit_(kPassedBytes),
      weighed_source_(std::move(beside)),
      payload_(kLarge),
      values_(codec_.names().size()),
      row_(Batch::of(types_of(entity_))) {}

Result<std::optional<RedisPassage>> RedisPassage::open(const OpenStore& source,
                                                       const OpenStore& target,
                                                       const plan::Plan& plan,
                                                       RedisConnection beside) {
  assert(source.redis() != nullptr && target.redis() != nullptr);
  if (!is_unchanged(plan)) {
    return std::optional<RedisPassage>();
  }
  const plan::Keyspace& keys = *plan.at(plan.from).keys;
  const plan::Entity& entity = plan.entity_of(plan.from);
  MIG_ASSIGN(from, KeyPattern::parse(entity, keys.pattern));
  MIG_ASSIGN(to, KeyPattern::parse(entity, plan.at(plan.to.front()).keys->pattern));
  MIG_ASSIGN(codec, RowCodec::of(entity, keys.codec));
  MIG_ASSIGN(scan, RedisScan::open(*source.redis(), from.glob()));
  MIG_ASSIGN(own, target.redis()->call({"DUMP", control_key("fence")}));
  const auto format = payload_format(own.text);
  if (!format) return std::optional<RedisPassage>();
  return std::optional(RedisPassage(*source.redis(), std::move(beside), std::move(scan), entity,
                                    std::move(from), std::move(to), std::move(codec), *format));
}

void RedisPassage::ask(RedisConnection& source, const std::string& key) {
  source.append({"DUMP", key});
  source.append({"PEXPIRETIME", key});
}

// Whether the typed path would take it.
bool RedisPassage::is_row(const std::string& key, std::string_view payload) {
  const auto kind = payload_.read(payload);
  const auto format = payload_format(payload);
  if (!format || *format > format_) return false;
  const bool is_hash = codec_.kind() == plan::Codec::Hash;
  if (kind != (is_hash ? PayloadReader::Kind::Hash : PayloadReader::Kind::String)) return false;
  row_.clear();
  if (from_.read(key, row_)) return false;
  if (!is_hash) return !codec_.read_string(payload_.text(), row_);
  for (RedisReply& value : values_)
    value.kind = RedisReply::Kind::Nil;
  const std::vector<std::string>& names = codec_.names();
  std::size_t guess = 0;  // fields mostly stand in the order in which they are declared
  for (const auto& [name, text] : payload_.fields()) {
    while (guess < names.size() && names[guess] != name && entity_.fields[guess].key)
      ++guess;
    std::size_t at = guess < names.size() && names[guess] == name
                         ? guess
                         : static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    if (at == names.size()) return false;
    values_[at].kind = RedisReply::Kind::Text;
    values_[at].text.assign(text);
    guess = at + 1;
  }
  return !codec_.read_hash(values_, static_cast<std::int64_t>(payload_.fields().size()), row_);
}

Result<void> RedisPassage::take(RedisConnection& source, const std::string& key, Page& page) {
  const bool is_full = page.restores.bytes().size() >= kPassedBytes;
  MIG_ASSIGN(is_whole, source.value_within(dumped_, is_full ? kLargeForFull : kLarge));
  MIG_TRY(source.value(expiry_));
  if (!page.is_plain) return {};
  if (is_whole && (dumped_.is_nil() || expiry_.integer == kGoneBefore)) return {};
  page.is_plain = !is_whole || is_row(key, dumped_.text);
  if (!is_whole || payload_.is_too_large()) {
    page.large.push_back(from_.place_of(key));
    page.is_plain = true;
    return {};
  }
  if (!page.is_plain) return {};
  row_.rows = 1;
  std::string& renamed = page.keys.emplace_back(key);
  if (from_.text() != to_.text() && to_.print(row_, 0, renamed)) {
    page.is_plain = false;
    return {};
  }
  const std::string at = expiry_.integer < 0 ? "0" : std::to_string(expiry_.integer);
  page.restores.append({"RESTORE", renamed, at, dumped_.text, "ABSTTL"});
  ++page.read;
  return {};
}

// Who may not ask how large a row is takes it for small.
Result<void> RedisPassage::weigh(const std::string& key, Page& page) {
  MIG_TRY(source_->reply(size_));
  if (size_.is_nil()) return {};
  const bool is_known = size_.kind == RedisReply::Kind::Integer;
  const auto size = static_cast<std::size_t>(is_known ? size_.integer : 0);
  if (size > (weighed_ >= kPassedBytes ? kLargeForFull : kLarge)) {
    page.large.push_back(from_.place_of(key));
    return {};
  }
  weighed_ += size;
  small_.push_back(key);
  return {};
}

Result<void> RedisPassage::read_weighed(Page& page) {
  MIG_TRY(weighed_source_.drop_pending());
  const std::string samples = std::to_string(codec_.names().size());  // all that a row can have
  small_.clear();
  MIG_TRY(scan_.next(
      [&](const std::string& key) {
        source_->append({"MEMORY", "USAGE", key, "SAMPLES", samples});
      },
      [&](const std::string& key) { return weigh(key, page); }));
  for (const std::string& key : small_)
    ask(weighed_source_, key);
  for (const std::string& key : small_)
    MIG_TRY(take(weighed_source_, key, page));
  return {};
}

Result<void> RedisPassage::read(const std::string& after, const std::string& until,
                                std::size_t limit, Page& page) {
  page.read = 0;
  page.is_plain = true;
  page.large.clear();
  page.keys.clear();
  page.restores.clear();
  weighed_ = 0;
  // What is on its way was asked in the other way.
  if (weighs_ != has_weighed_) MIG_TRY(source_->drop_pending());
  has_weighed_ = weighs_;
  MIG_TRY(scan_.begin(after, limit_.rows(limit)));
  while (page.is_plain && page.large.empty() &&
         scan_.has_next(static_cast<std::size_t>(page.read)) && scan_.place() != until) {
    if (weighs_) {
      MIG_TRY(read_weighed(page));
      continue;
    }
    MIG_TRY(scan_.next([&](const std::string& key) { ask(*source_, key); },
                       [&](const std::string& key) { return take(*source_, key, page); }));
  }
  page.last = scan_.place();
  page.is_last = scan_.is_last();
  const std::size_t bytes = page.restores.bytes().size();
  page.bytes = static_cast<std::int64_t>(bytes);
  has_large_ = has_large_ || !page.large.empty();
  weighs_ = has_large_ || bytes > static_cast<std::size_t>(page.read) * kShort;
  limit_.note(page.read + static_cast<std::int64_t>(page.large.size()),
              bytes + page.large.size() * kLarge);
  return {};
}

Result<bool> RedisPassage::write(Effect& effect, const Page& page, bool looks_first) {
  assert(page.is_plain);
  RedisEffect* const redis = effect.redis();
  assert(redis != nullptr && "a passage leads to where its effect is");
  if (looks_first) {
    MIG_ASSIGN(is_free, redis->is_free(page.keys));
    if (!is_free) return false;
  }
  redis->writes().append(page.restores);
  return true;
}

}  // namespace mig::runtime
