#include "runtime/stores/redis_passage.hpp"

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
constexpr std::string_view kLineEnd = "\r\n";  // behind a word
constexpr std::size_t kPassedBytes = kPageBytes / 2;

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
      renaming_(entity_, from_, codec_, format_, kLarge) {}

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

Result<void> RedisPassage::take(RedisConnection& source, const std::string& key, Page& page) {
  const bool is_full = page.restores.bytes().size() >= kPassedBytes;
  MIG_ASSIGN(is_whole, source.value_within(dumped_, is_full ? kLargeForFull : kLarge));
  MIG_TRY(source.value(expiry_));
  if (!page.is_plain) return {};
  if (!is_whole) {
    page.large.push_back(from_.place_of(key));
    return {};
  }
  if (dumped_.is_nil() || expiry_.integer == kGoneBefore) return {};
  std::string& name = page.keys.emplace_back(key);
  if (from_.text() != to_.text()) {
    auto renamed = renaming_.renamed(key, to_);
    page.is_plain = renamed.has_value();
    if (!renamed) return {};
    name = std::move(*renamed);
  }
  add_row(key, name, page);
  return {};
}

void RedisPassage::add_row(const std::string& key, const std::string& name, Page& page) const {
  Row row{.from = key, .begin = page.restores.bytes().size()};
  page.restores.begin_command(5);
  page.restores.add_word("RESTORE");
  page.restores.add_word(name);
  page.restores.add_word(expiry_.integer < 0 ? "0" : std::to_string(expiry_.integer));
  page.restores.add_word(dumped_.text);
  row.payload_end = page.restores.bytes().size() - kLineEnd.size();
  row.payload = row.payload_end - dumped_.text.size();
  page.restores.add_word("ABSTTL");
  row.end = page.restores.bytes().size();
  page.rows.push_back(std::move(row));
  ++page.read;
}

void RedisPassage::finish(Page& page) const {
  if (!page.is_plain) return;
  if (!page.check)
    page.check = std::make_unique<RedisRowCheck>(entity_, from_, codec_, format_, kLarge);
  std::vector<std::size_t> too_large;
  const std::string_view bytes = page.restores.bytes();
  for (std::size_t i = 0; i < page.rows.size() && page.is_plain; ++i) {
    const Row& row = page.rows[i];
    if (page.check->is_row(row.from, bytes.substr(row.payload, row.payload_end - row.payload)))
      continue;
    page.is_plain = page.check->is_too_large();
    too_large.push_back(i);
  }
  if (page.is_plain && !too_large.empty()) part_with(too_large, page);
  page.rows.clear();
  page.bytes = static_cast<std::int64_t>(page.restores.bytes().size());
}

// Those rows of the page are to be moved each by itself.
void RedisPassage::part_with(const std::vector<std::size_t>& rows, Page& page) const {
  RedisCommands others;
  std::vector<std::string> keys;
  std::size_t next = 0;
  for (std::size_t i = 0; i < page.rows.size(); ++i) {
    const Row& row = page.rows[i];
    if (next < rows.size() && rows[next] == i) {
      page.large.push_back(from_.place_of(row.from));
      ++next;
      continue;
    }
    others.append_formatted(
        std::string_view(page.restores.bytes()).substr(row.begin, row.end - row.begin));
    keys.push_back(std::move(page.keys[i]));
  }
  page.restores = std::move(others);
  page.keys = std::move(keys);
  page.read = static_cast<std::int64_t>(page.keys.size());
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
  page.rows.clear();
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
