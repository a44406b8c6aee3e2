#include "runtime/stores/redis_rows.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

// Keys that one SCAN looks at: enough that its round trip does not count, few enough that nobody
// waits for the server meanwhile.
constexpr std::string_view kScanCount = "1000";
// Where SCAN begins and ends.
constexpr std::string_view kFirstCursor = "0";

Result<std::string> read_place(const std::string& place) {
  const bool is_ours = place.size() % 2 == 1 && place.front() == 't' &&
                       place.find_first_not_of("0123456789abcdef", 1) == std::string::npos;
  if (is_ours) return key_of_place(place);
  return fail(ErrorKind::Permanent, "a place in the old side's keys is none of a Redis key",
              "the journal belongs to another plan; compare it with `mig log`");
}

}  // namespace

Result<RedisRows> RedisRows::open(RedisConnection& connection, const plan::Plan& plan,
                                  plan::DatasetId dataset, std::filesystem::path scratch) {
  const plan::Entity& entity = plan.entity_of(dataset);
  const auto& keys = plan.at(dataset).keys;
  assert(keys && "a dataset in Redis has keys");
  MIG_ASSIGN(pattern, KeyPattern::parse(entity, keys->pattern));
  MIG_ASSIGN(codec, RowCodec::of(entity, keys->codec));
  return RedisRows(connection, entity, std::move(pattern), std::move(codec), std::move(scratch));
}

RedisRows::RedisRows(RedisConnection& connection, plan::Entity entity, KeyPattern pattern,
                     RowCodec codec, std::filesystem::path scratch)
    : connection_(&connection),
      entity_(std::move(entity)),
      pattern_(std::move(pattern)),
      codec_(std::move(codec)),
      scratch_(std::move(scratch)) {
  for (const plan::Field& field : entity_.fields)
    types_.push_back(field.type);
}

void RedisRows::forget() {
  is_gathered_ = false;
  keys_.clear();
}

Result<bool> RedisRows::gather(std::size_t scans) {
  if (is_gathered_) return true;
  if (keys_.empty()) {
    MIG_ASSIGN(opened, RedisKeySet::open(scratch_));
    keys_.push_back(std::move(opened));
    cursor_ = std::string(kFirstCursor);
  }
  for (std::size_t i = 0; i < scans; ++i) {
    auto found =
        connection_->call({"SCAN", cursor_, "MATCH", pattern_.glob(), "COUNT", kScanCount});
    if (!found || found->items.size() != 2) {
      forget();  // a cursor is worth nothing to another server
      return std::unexpected(found ? redis_error(*found, connection_->shown()) : found.error());
    }
    for (const RedisReply& key : found->items[1].items) {
      if (key.text.starts_with(kRedisControlPrefix)) continue;
      MIG_TRY(keys_.front().add(key.text));
    }
    cursor_ = found->items[0].text;
    if (cursor_ != kFirstCursor) continue;
    MIG_TRY(keys_.front().finish());
    is_gathered_ = true;
    return true;
  }
  return false;
}

Result<void> RedisRows::gather_all() {
  MIG_ASSIGN(is_done, gather(std::numeric_limits<std::size_t>::max()));
  assert(is_done && "there is no limit");
  return {};
}

Result<std::int64_t> RedisRows::count() const {
  assert(is_gathered_);
  return keys_.front().count();
}

Result<std::string> RedisRows::last_key() const {
  assert(is_gathered_);
  MIG_ASSIGN(key, keys_.front().last());
  return key.empty() ? key : place_of_key(key);
}

void RedisRows::clear(Page& page) const {
  const bool is_mine = std::ranges::equal(page.rows.columns, types_, {}, &Column::type);
  if (!is_mine) page.rows = Batch::of(types_);
  page.rows.clear();
  page.keys.clear();
  page.bad.clear();
  page.read = 0;
}

Result<void> RedisRows::read(const std::string& after, const std::string& until, std::size_t limit,
                             Page& page) {
  assert(is_gathered_);
  std::string first;
  std::string last;
  if (!after.empty()) {
    MIG_ASSIGN(key, read_place(after));
    first = key;
  }
  if (!until.empty()) {
    MIG_ASSIGN(key, read_place(until));
    last = key;
  }
  std::vector<std::string> keys;
  MIG_TRY(keys_.front().range(first, last, limit, keys));
  MIG_TRY(read_keys(keys, page));
  if (!keys.empty()) page.last = place_of_key(keys.back());
  page.is_last = keys.size() < limit;
  return {};
}

Result<void> RedisRows::read_each(const std::vector<std::string>& places, Page& page,
                                  std::vector<std::string>& gone) {
  std::vector<std::string> keys;
  for (const std::string& place : places) {
    MIG_ASSIGN(key, read_place(place));
    keys.push_back(std::move(key));
  }
  MIG_TRY(read_keys(keys, page));
  if (!places.empty()) page.last = places.back();
  gone = gone_;
  return {};
}

Result<void> RedisRows::read_at(const std::string& key, Page& page) {
  std::vector<std::string> gone;
  MIG_TRY(read_each({key}, page, gone));
  page.is_last = page.read < 1;
  return {};
}

Result<void> RedisRows::read_keys(const std::vector<std::string>& keys, Page& page) {
  clear(page);
  gone_.clear();
  expiries_.clear();
  MIG_TRY(connection_->drop_pending());
  for (const std::string& key : keys)
    ask(key);
  for (const std::string& key : keys)
    MIG_TRY(take(key, page));
  return {};
}

// Asking for the declared fields bounds the answer, however many the hash has; how many those are
// tells whether there are others.
void RedisRows::ask(const std::string& key) {
  if (codec_.kind() == plan::Codec::Hash) {
    connection_->begin_command(2 + codec_.names().size());
    connection_->add_word("HMGET");
    connection_->add_word(key);
    for (const std::string& name : codec_.names())
      connection_->add_word(name);
    connection_->append({"HLEN", key});
  } else {
    connection_->append({"GET", key});
  }
  connection_->append({"PEXPIRETIME", key});
}

Result<void> RedisRows::take(const std::string& key, Page& page) {
  const bool is_hash = codec_.kind() == plan::Codec::Hash;
  MIG_ASSIGN(value, connection_->reply());
  RedisReply size;
  if (is_hash) {
    MIG_ASSIGN(answer, connection_->reply());
    size = std::move(answer);
  }
  MIG_ASSIGN(expiry, connection_->reply());
  const std::string place = place_of_key(key);
  if (value.is_error() && value.code() == "WRONGTYPE") {
    ++page.read;
    page.bad.push_back({place, entity_.name,
                        fmt::format("a value of another kind where {} is expected",
                                    is_hash ? "a hash" : "a string")});
    return {};
  }
  if (value.is_error()) return std::unexpected(redis_error(value, connection_->shown()));
  if (expiry.is_error()) return std::unexpected(redis_error(expiry, connection_->shown()));
  if (is_hash ? size.integer == 0 : value.is_nil()) {
    gone_.push_back(place);
    return {};
  }
  ++page.read;
  std::optional<FieldReject> reject;
  if (auto misfit = pattern_.read(key, page.rows)) {
    const std::uint32_t field = entity_.key().front();
    reject = FieldReject{entity_.fields[field].name, std::move(misfit->reason)};
  } else {
    reject = is_hash ? codec_.read_hash(value.items, size.integer, page.rows)
                     : codec_.read_string(value.text, page.rows);
  }
  if (reject) {
    page.rows.drop_unfinished();
    page.bad.push_back({place, std::move(reject->field), std::move(reject->reason)});
    return {};
  }
  ++page.rows.rows;
  page.keys.append(place);
  // Between the two commands it may have gone (-2); then the row that was read had no end yet.
  expiries_.push_back(expiry.integer < 0 ? kNoExpiry : expiry.integer);
  return {};
}

}  // namespace mig::runtime
