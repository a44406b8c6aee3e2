// A dataset's rows in the order of their keys' bytes, page by page, typed: what copies and
// comparisons read.
//
// The keys are gathered once, by SCAN; every key that is there from the start of the gathering to
// its end is among them, others may be. Then pages are read by key, many commands at a time. A key
// that is gone by then is no row and is told as gone. A key that matches the pattern without being
// one of it, a value of another type, a field that does not fit: each is a bad row, by its place.
// mig's own keys are nobody's rows.
//
// A value and its expiry are read by two commands; who writes between them touched the key, which
// the follower sees. One thread, like the connection, which outlives the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/redis_codec.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_key_set.hpp"
#include "runtime/stores/redis_pattern.hpp"

namespace mig::runtime {

// Of a key that stays until it is deleted.
inline constexpr std::int64_t kNoExpiry = -1;

class RedisRows {
 public:
  // `scratch`: a folder for the keys.
  static Result<RedisRows> open(RedisConnection& connection, const plan::Plan& plan,
                                plan::DatasetId dataset, std::filesystem::path scratch);

  // Does up to `scans` calls of SCAN; true when all keys are gathered. After an error, or a
  // `forget`, it begins again.
  Result<bool> gather(std::size_t scans);
  Result<void> gather_all();
  bool is_gathered() const { return is_gathered_; }
  void forget();

  // Up to `limit` keys behind `after` (empty: from the start) up to and with `until` (empty: to the
  // end). REQUIRES of this and of what counts: the keys are gathered.
  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page);
  Result<std::int64_t> count() const;
  Result<std::string> last_key() const;  // empty where there is no row

  // The rows at those places. `gone` gets the places where none is.
  Result<void> read_each(const std::vector<std::string>& places, Page& page,
                         std::vector<std::string>& gone);
  // The one row at that place, if it is still there.
  Result<void> read_at(const std::string& key, Page& page);

  // Of the last read: when each row of the page expires, in Unix milliseconds, or kNoExpiry.
  const std::vector<std::int64_t>& expiries() const { return expiries_; }
  // Of the last read: the places whose key was gathered and is gone.
  const std::vector<std::string>& gone() const { return gone_; }

  const KeyPattern& pattern() const { return pattern_; }
  const RowCodec& codec() const { return codec_; }

 private:
  RedisRows(RedisConnection& connection, plan::Entity entity, KeyPattern pattern, RowCodec codec,
            std::filesystem::path scratch);
  void clear(Page& page) const;
  Result<void> read_keys(const std::vector<std::string>& keys, Page& page);
  void ask(const std::string& key);
  Result<void> take(const std::string& key, Page& page);

  RedisConnection* connection_;
  plan::Entity entity_;
  std::vector<plan::Type> types_;
  KeyPattern pattern_;
  RowCodec codec_;
  std::filesystem::path scratch_;
  std::vector<RedisKeySet> keys_;  // one, once the gathering began
  std::string cursor_;
  bool is_gathered_ = false;
  std::vector<std::int64_t> expiries_;
  std::vector<std::string> gone_;
};

}  // namespace mig::runtime
