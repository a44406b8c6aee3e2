// A KeysetReader over Redis: rows in the order of their keys' bytes, page by page, typed.
//
// Keys are gathered once for a pass (redis_gathering.hpp), then pages are read by key, many
// commands at a time. A pass begins with a read from the start; what the gathering did not find
// comes with the next one. A key that is gone by then is no row and is told as gone. A key that
// matches the pattern without being one of it, a value of another type, a field that does not fit:
// each is a bad row, by its place. mig's own keys are nobody's rows.
//
// A value and its expiry are read by two commands; who writes between them touched the key, which
// the follower sees. One thread, like the connection, which outlives the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/page_limit.hpp"
#include "runtime/stores/redis_codec.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_gathering.hpp"
#include "runtime/stores/redis_pattern.hpp"

namespace mig::runtime {

// What PEXPIRETIME says of a key that is not there; of one that stays it says kNoExpiry. Of a value
// that was read just before it may mean that it has expired, so it must not be kept without an end.
inline constexpr std::int64_t kGoneBefore = -2;

class RedisRows final : public RowSource {
 public:
  // `scratch`: a folder for the keys.
  static Result<RedisRows> open(RedisConnection& connection, const plan::Plan& plan,
                                plan::DatasetId dataset, std::filesystem::path scratch);

  // A share of the gathering, for who must not wait for all of it: up to `scans` calls of SCAN;
  // true when it is complete. What needs the keys gathers them otherwise.
  Result<bool> gather(std::size_t scans) { return gathering_->gather(scans); }

  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page) override;
  Result<void> read_each(const std::vector<std::string>& places, Page& page,
                         std::vector<std::string>& gone) override;
  // Both of the present gathering, and as old as it.
  Result<std::int64_t> count() const override;
  Result<std::string> last_key() const override;
  Result<std::int64_t> count_without_key() const override {
    return 0;
  }  // a row is found by its key

  // Of the last read: the places asked for, or gathered, where no row is now.
  const std::vector<std::string>& gone() const { return gone_; }

  // For who finds the keys in another way: begins a page, asks for a row, and takes its answer onto
  // the page, in the order of the asking.
  void begin(Page& page);
  void ask(const std::string& key);
  Result<void> take(const std::string& key, Page& page) { return take(Wanted{key, {}}, page); }
  // For who has no use for them; then pages have none.
  void leave_out_expiries() { has_expiries_ = false; }

  const KeyPattern& pattern() const { return pattern_; }
  const RowCodec& codec() const { return codec_; }

 private:
  RedisRows(RedisConnection& connection, plan::Entity entity, KeyPattern pattern, RowCodec codec,
            std::filesystem::path scratch);
  // A key to look under. Without one, no key can stand at the place.
  struct Wanted {
    std::optional<std::string> key;
    std::string place;  // as the caller named it, if it did
  };
  Result<std::optional<std::string>> bound(const std::string& place) const;
  Result<void> read_keys(const std::vector<Wanted>& wanted, Page& page);
  Result<void> take(const Wanted& wanted, Page& page);
  std::optional<FieldReject> read_hash(Batch& rows);  // that was taken

  RedisConnection* connection_;
  plan::Entity entity_;
  std::vector<plan::Type> types_;
  KeyPattern pattern_;
  RowCodec codec_;
  std::unique_ptr<RedisGathering> gathering_;
  PageLimit limit_;
  bool has_expiries_ = true;
  bool has_begun_ = false;  // a pass over what is gathered
  std::string names_;       // of a hash's fields, as words of a command
  // Of the row that is taken.
  RedisReply value_;
  RedisReply size_;
  RedisReply expiry_;
  std::vector<std::optional<std::string_view>> texts_;
  std::vector<std::string> gone_;
};

}  // namespace mig::runtime
