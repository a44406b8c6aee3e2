#include "runtime/stores/redis_sample.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mig::runtime {
namespace {

// What one look may cost the server: a few milliseconds.
constexpr std::string_view kLookedAt = "1000";
constexpr std::string_view kFirst = "0";
// What the rows of a sample take at most.
constexpr std::int64_t kMostBytes = std::int64_t{4} << 20;

// The keys that the server names first, and whether those are all.
struct FirstKeys {
  std::vector<std::string> keys;
  bool are_all = false;
};

Result<FirstKeys> first_keys(RedisConnection& redis) {
  MIG_ASSIGN(found, redis.call({"SCAN", kFirst, "COUNT", kLookedAt}));
  if (found.items.size() != 2) return std::unexpected(redis_error(found, redis.shown()));
  FirstKeys first{.keys = {}, .are_all = found.items[0].text == kFirst};
  std::set<std::string> keys;  // a key may be named twice
  for (const RedisReply& key : found.items[1].items)
    keys.insert(key.text);
  first.keys.assign(keys.begin(), keys.end());
  return first;
}

// Without those that are too large to be only looked at. Who may not ask how large they are takes
// them for small.
Result<void> leave_out_large(RedisConnection& redis, std::size_t fields, FirstKeys& first) {
  const std::string samples = std::to_string(fields);
  for (const std::string& key : first.keys)
    redis.append({"MEMORY", "USAGE", key, "SAMPLES", samples});
  std::vector<std::string> small;
  std::int64_t bytes = 0;
  for (std::string& key : first.keys) {
    MIG_ASSIGN(size, redis.reply());
    if (bytes + size.integer > kMostBytes) continue;
    bytes += size.integer;
    small.push_back(std::move(key));
  }
  first.keys = std::move(small);
  return {};
}

std::vector<std::string> places_among(const KeyPattern& pattern, const FirstKeys& first) {
  std::vector<std::string> places;
  for (const std::string& key : first.keys) {
    if (key.starts_with(kRedisControlPrefix)) continue;
    std::string place = pattern.place_of(key);
    if (!raw_key_of(place)) places.push_back(std::move(place));
  }
  return places;
}

}  // namespace

Result<RowsCounted> guess_keys(RedisConnection& redis, const plan::Plan& plan,
                               plan::DatasetId dataset) {
  MIG_ASSIGN(pattern, KeyPattern::parse(plan.entity_of(dataset), plan.at(dataset).place()));
  MIG_ASSIGN(first, first_keys(redis));
  const auto mine = static_cast<std::int64_t>(places_among(pattern, first).size());
  if (first.are_all) return RowsCounted{.rows = mine};
  MIG_ASSIGN(size, redis.call({"DBSIZE"}));
  const auto seen = static_cast<std::int64_t>(first.keys.size());
  const __int128 share = static_cast<__int128>(size.integer) * mine;
  return RowsCounted{.rows = static_cast<std::int64_t>(share / std::max<std::int64_t>(seen, 1)),
                     .is_exact = false,
                     .is_guessed = true};
}

Result<RedisSample> RedisSample::open(RedisConnection& redis, const plan::Plan& plan,
                                      plan::DatasetId dataset) {
  MIG_ASSIGN(rows, RedisRows::open(redis, plan, dataset, {}));
  MIG_ASSIGN(first, first_keys(redis));
  MIG_TRY(leave_out_large(redis, rows.codec().names().size(), first));
  auto places = places_among(rows.pattern(), first);
  return RedisSample(std::move(rows), std::move(places));
}

Result<void> RedisSample::read(const std::string&, const std::string&, std::size_t limit,
                               Page& page) {
  std::vector<std::string> gone;
  std::vector<std::string> wanted = places_;
  wanted.resize(std::min(wanted.size(), limit));
  MIG_TRY(rows_.read_each(wanted, page, gone));
  page.is_last = true;
  return {};
}

Result<void> RedisSample::read_each(const std::vector<std::string>& places, Page& page,
                                    std::vector<std::string>& gone) {
  return rows_.read_each(places, page, gone);
}

Result<std::int64_t> RedisSample::count() const {
  return static_cast<std::int64_t>(places_.size());
}

Result<std::string> RedisSample::last_key() const {
  return places_.empty() ? std::string() : places_.back();
}

}  // namespace mig::runtime
