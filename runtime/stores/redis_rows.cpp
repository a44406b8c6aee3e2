#include "runtime/stores/redis_rows.hpp"

#include <cassert>
#include <utility>

#include <fmt/format.h>

namespace mig::runtime {

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
      gathering_(std::make_unique<RedisGathering>(connection, pattern_.glob(), std::move(scratch))),
      names_(RedisCommands::formatted(codec_.names())) {
  for (const plan::Field& field : entity_.fields)
    types_.push_back(field.type);
}

Result<std::int64_t> RedisRows::count() const {
  MIG_ASSIGN(keys, gathering_->keys());
  return keys->count();
}

Result<std::string> RedisRows::last_key() const {
  MIG_ASSIGN(keys, gathering_->keys());
  MIG_ASSIGN(key, keys->last());
  return key ? pattern_.place_of(*key) : std::string();
}

// The key at a place that a page is to begin or to end at.
Result<std::optional<std::string>> RedisRows::bound(const std::string& place) const {
  if (place.empty()) return std::nullopt;
  if (auto key = pattern_.key_at(place)) return key;
  return fail(ErrorKind::Permanent,
              fmt::format("a place is none of a key of the form `{}`", pattern_.text()),
              "the journal belongs to another plan; compare it with `mig log`");
}

Result<void> RedisRows::read(const std::string& after, const std::string& until, std::size_t limit,
                             Page& page) {
  MIG_ASSIGN(first, bound(after));
  MIG_ASSIGN(last, bound(until));
  if (after.empty() && std::exchange(has_begun_, true)) gathering_->forget();
  MIG_ASSIGN(gathered, gathering_->keys());
  begin(page);
  std::vector<std::string> keys;
  do {  // a page without rows would look like the end
    const std::size_t asked = limit_.rows(limit);
    MIG_TRY(gathered->range(first, last, asked, keys));
    if (!keys.empty()) first = keys.back();
    page.is_last = keys.size() < asked;
    std::vector<Wanted> wanted;
    for (std::string& key : keys)
      wanted.push_back({std::move(key), {}});
    MIG_TRY(read_keys(wanted, page));
  } while (page.read == 0 && !page.is_last);
  limit_.note(page.read, page.rows.byte_count());
  // Behind keys that are gone, too, so that nobody looks for them again.
  if (page.read > 0) page.last = pattern_.place_of(*first);
  return {};
}

Result<void> RedisRows::read_each(const std::vector<std::string>& places, Page& page,
                                  std::vector<std::string>& gone) {
  begin(page);
  std::vector<Wanted> wanted;
  for (const std::string& place : places)
    wanted.push_back({pattern_.key_at(place), place});
  MIG_TRY(read_keys(wanted, page));
  gone = gone_;
  return {};
}

Result<void> RedisRows::read_keys(const std::vector<Wanted>& wanted, Page& page) {
  MIG_TRY(connection_->drop_pending());
  for (const Wanted& one : wanted) {
    if (one.key) ask(*one.key);
  }
  for (const Wanted& one : wanted) {
    if (one.key) {
      MIG_TRY(take(one, page));
    } else {
      gone_.push_back(one.place);
    }
  }
  return {};
}

void RedisRows::begin(Page& page) {
  page.begin(types_);
  gone_.clear();
}

// Asking for the declared fields bounds the answer, however many the hash has; how many those are
// tells whether there are others.
void RedisRows::ask(const std::string& key) {
  if (codec_.kind() == plan::Codec::Hash) {
    connection_->begin_command(2 + codec_.names().size());
    connection_->add_word("HMGET");
    connection_->add_word(key);
    connection_->add_formatted(names_);
    connection_->append({"HLEN", key});
  } else {
    connection_->append({"GET", key});
  }
  if (has_expiries_) connection_->append({"PEXPIRETIME", key});
}

std::optional<FieldReject> RedisRows::read_hash(Batch& rows) {
  texts_.assign(value_.items.size(), std::nullopt);
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    if (!value_.items[i].is_nil()) texts_[i] = value_.items[i].text;
  }
  return codec_.read_hash(texts_, size_.integer, rows);
}

Result<void> RedisRows::take(const Wanted& wanted, Page& page) {
  const std::string& key = *wanted.key;
  const bool is_hash = codec_.kind() == plan::Codec::Hash;
  RedisReply& value = value_;
  RedisReply& size = size_;
  RedisReply& expiry = expiry_;
  MIG_TRY(connection_->reply(value));
  if (is_hash) MIG_TRY(connection_->reply(size));
  if (has_expiries_) MIG_TRY(connection_->reply(expiry));
  if (value.is_error() && value.code() == "WRONGTYPE") {
    ++page.read;
    page.last = pattern_.place_of(key);
    FieldReject other = codec_.another_kind();
    page.bad.push_back({page.last, std::move(other.field), std::move(other.reason)});
    return {};
  }
  if (value.is_error()) return std::unexpected(redis_error(value, connection_->shown()));
  if (expiry.is_error()) return std::unexpected(redis_error(expiry, connection_->shown()));
  const bool was_there = is_hash ? size.integer > 0 : !value.is_nil();
  if (!was_there || (has_expiries_ && expiry.integer == kGoneBefore)) {
    gone_.push_back(wanted.place.empty() ? pattern_.place_of(key) : wanted.place);
    return {};
  }
  ++page.read;
  std::optional<FieldReject> reject;
  if (auto misfit = pattern_.read(key, page.rows)) {
    page.last = raw_place(key);
    const std::uint32_t field = entity_.key().front();
    reject = FieldReject{entity_.fields[field].name, std::move(misfit->reason)};
  } else {
    page.last = written_key(entity_, page.rows, page.rows.rows);
    reject = is_hash ? read_hash(page.rows) : codec_.read_string(value.text, page.rows);
  }
  if (reject) {
    page.rows.drop_unfinished();
    page.bad.push_back({page.last, std::move(reject->field), std::move(reject->reason)});
    return {};
  }
  ++page.rows.rows;
  page.keys.append(page.last);
  if (has_expiries_) page.expiries.push_back(expiry.integer);
  return {};
}

}  // namespace mig::runtime
