#include "runtime/stores/redis_passage.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "runtime/stores/redis_control.hpp"
#include "runtime/stores/redis_rows.hpp"

namespace mig::runtime {
namespace {

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

RedisPassage::RedisPassage(RedisConnection& source, RedisScan scan, plan::Entity entity,
                           KeyPattern from, KeyPattern to, RowCodec codec, std::uint16_t format)
    : source_(&source),
      scan_(std::move(scan)),
      entity_(std::move(entity)),
      from_(std::move(from)),
      to_(std::move(to)),
      codec_(std::move(codec)),
      format_(format),
      values_(codec_.names().size()),
      row_(Batch::of(types_of(entity_))) {}

Result<std::optional<RedisPassage>> RedisPassage::open(const OpenStore& source,
                                                       const OpenStore& target,
                                                       const plan::Plan& plan) {
  if (source.redis() == nullptr || target.redis() == nullptr || !is_unchanged(plan)) {
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
  return std::optional(RedisPassage(*source.redis(), std::move(scan), entity, std::move(from),
                                    std::move(to), std::move(codec), *format));
}

void RedisPassage::ask(const std::string& key) {
  source_->append({"DUMP", key});
  source_->append({"PEXPIRETIME", key});
}

// Whether the typed path would take it.
bool RedisPassage::is_row(const std::string& key, std::string_view payload) {
  const auto format = payload_format(payload);
  if (!format || *format > format_) return false;
  const auto kind = payload_.read(payload);
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

Result<void> RedisPassage::take(const std::string& key, Page& page) {
  MIG_TRY(source_->value(dumped_));
  MIG_TRY(source_->value(expiry_));
  if (dumped_.is_nil() || expiry_.integer == kGoneBefore || !page.is_plain) return {};
  page.is_plain = is_row(key, dumped_.text);
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

Result<void> RedisPassage::read(const std::string& after, const std::string& until,
                                std::size_t limit, Page& page) {
  page.read = 0;
  page.is_plain = true;
  page.keys.clear();
  page.restores.clear();
  MIG_TRY(scan_.begin(after, limit_.rows(limit)));
  while (page.is_plain && scan_.has_next(static_cast<std::size_t>(page.read)) &&
         scan_.place() != until) {
    MIG_TRY(scan_.next([&](const std::string& key) { ask(key); },
                       [&](const std::string& key) { return take(key, page); }));
  }
  page.last = scan_.place();
  page.is_last = scan_.is_last();
  const std::size_t bytes = page.restores.bytes().size();
  page.bytes = static_cast<std::int64_t>(bytes);
  limit_.note(page.read, bytes);
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
