#include "runtime/stores/redis_feed.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "runtime/stores/places.hpp"

namespace mig::runtime {
namespace {

// A follower notes its place behind so many bytes though none was about its rows, or the server
// would forget that part of its stream while nobody asks for it.
constexpr std::int64_t kNotedEvery = std::int64_t{64} * 1024;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

RedisFeed::RedisFeed(RedisConnection& asks, Connect connect, KeyPattern pattern,
                     const std::string& cursor)
    : asks_(&asks),
      connect_(std::move(connect)),
      pattern_(std::move(pattern)),
      keys_of_(asks),
      from_(-1) {
  stand_at(cursor);
}

void RedisFeed::stand_at(const std::string& cursor) {
  const auto place = ReplicationPlace::parse(cursor);
  const std::string history = place ? place->history : std::string();
  if (history == history_) return;
  history_ = history;
  link_.reset();
}

std::string RedisFeed::cursor(std::int64_t position) const {
  return ReplicationPlace{history_, position}.print();
}

Result<bool> RedisFeed::stand_behind(std::int64_t after) {
  if (link_ && from_ >= 0 && after >= from_) {
    while (!entries_.empty() && entries_.front().at <= after)
      entries_.pop_front();
    from_ = std::max(from_, std::min(after, settled_));
    return true;
  }
  link_.reset();
  entries_.clear();
  open_.clear();
  is_in_transaction_ = false;
  database_.reset();
  if (history_.empty() || after < 0) return false;
  MIG_ASSIGN(link, connect_());
  MIG_ASSIGN(resumed, RedisReplication::resume(*asks_, std::move(link), {history_, after}));
  if (!resumed) return false;
  link_.emplace(std::move(*resumed));
  from_ = settled_ = after;
  return true;
}

// Up to all that the server had done when it was asked, or to `limit` entries.
Result<bool> RedisFeed::pump(std::size_t limit) {
  MIG_ASSIGN(now, replication_now(*asks_));
  if (!now || now->history != history_) return false;
  auto is_read = read_on(now->offset, limit);
  if (!is_read) link_.reset();  // the next look takes it up again
  return is_read;
}

Result<bool> RedisFeed::read_on(std::int64_t until, std::size_t limit) {
  while (link_->offset() < until && entries_.size() < limit) {
    MIG_ASSIGN(words, link_->next());
    MIG_TRY(take(words));
    if (!is_in_transaction_) settle();
  }
  is_drained_ = link_->offset() >= until;
  return true;
}

void RedisFeed::settle() {
  settled_ = link_->offset();
  for (std::string& key : open_)
    entries_.push_back({settled_, std::move(key)});
  open_.clear();
}

Result<void> RedisFeed::take(const std::vector<std::string>& words) {
  const std::string name = lower(words.front());
  if (name == "select" && words.size() > 1) {
    database_ = words[1];
    return {};
  }
  if (name == "multi" || name == "exec") {
    is_in_transaction_ = name == "multi";
    return {};
  }
  if (name == "ping" || name == "replconf") return {};
  const bool is_ours = !database_ || *database_ == std::to_string(asks_->address().database);
  if (name == "flushall" || name == "swapdb" || (name == "flushdb" && is_ours)) {
    return fail(ErrorKind::Permanent,
                fmt::format("somebody sent {} to `{}`, which takes all rows at once", words.front(),
                            asks_->shown()),
                "where that was meant, roll back and begin again; where not, bring the data back "
                "first");
  }
  if (!is_ours) return {};
  found_.clear();
  MIG_TRY(keys_of_.append_keys(words, found_));
  for (std::string& key : found_) {
    if (!key.starts_with(kRedisControlPrefix)) open_.push_back(std::move(key));
  }
  return {};
}

Result<Touched> RedisFeed::read(std::int64_t after, std::size_t limit, Horizon) {
  Touched touched{.until = after};
  MIG_ASSIGN(stands, stand_behind(after));
  bool is_whole = stands;
  if (stands) {
    MIG_ASSIGN(is_read, pump(limit));
    is_whole = is_read;
  }
  if (!is_whole) {
    touched.is_gap = true;
    touched.entries = 1;
    return touched;
  }
  std::set<std::string> seen;
  std::size_t taken = 0;
  // Whole transactions only.
  while (taken < entries_.size() &&
         (taken < limit || entries_[taken].at == entries_[taken - 1].at)) {
    const Entry& entry = entries_[taken++];
    std::string place = pattern_.place_of(entry.key);
    if (raw_key_of(place)) continue;
    ++touched.entries;
    if (seen.insert(place).second) touched.keys.push_back(std::move(place));
  }
  const bool are_all = taken == entries_.size();
  touched.is_last = are_all && is_drained_;
  touched.until = are_all ? settled_ : entries_[taken - 1].at;
  if (touched.entries == 0 && touched.until - after >= kNotedEvery) touched.entries = 1;
  return touched;
}

Result<bool> RedisFeed::is_touched(const std::string& place, std::int64_t after) {
  const auto key = pattern_.key_at(place);
  if (!key) return false;
  MIG_ASSIGN(stands, stand_behind(after));
  if (!stands) return true;  // nobody knows
  MIG_ASSIGN(is_read, pump(std::numeric_limits<std::size_t>::max()));
  if (!is_read) return true;
  return std::ranges::any_of(
      entries_, [&](const Entry& entry) { return entry.at > after && entry.key == *key; });
}

Result<bool> RedisFeed::has_only_entries(std::int64_t after) {
  MIG_ASSIGN(stands, stand_behind(after));
  if (!stands) return false;
  return pump(std::numeric_limits<std::size_t>::max());
}

Result<std::optional<std::unordered_set<std::string>>> RedisFeed::touched_among(
    const std::vector<std::string>& places, std::int64_t after) {
  MIG_ASSIGN(is_whole, has_only_entries(after));
  if (!is_whole) return std::nullopt;
  std::unordered_set<std::string> keys;
  for (const Entry& entry : entries_) {
    if (entry.at > after) keys.insert(entry.key);
  }
  std::unordered_set<std::string> touched;
  for (const std::string& place : places) {
    const auto key = pattern_.key_at(place);
    if (key && keys.contains(*key)) touched.insert(place);
  }
  return std::optional(std::move(touched));
}

Result<std::int64_t> RedisFeed::go_on() {
  MIG_ASSIGN(link, connect_());
  MIG_ASSIGN(place, begin_replication(*asks_, std::move(link)));
  history_ = place.history;
  link_.reset();
  from_ = -1;
  return place.offset;
}

}  // namespace mig::runtime
