// A ChangeFeed of a dataset in Redis, out of the server's replication stream.
//
// A stream that breaks off is taken up where it ended; where the server does not have that part any
// more, or is another one by now, there is a gap. FLUSHALL is no change that is followed: it stops
// the follower. Entries that were read and not yet passed are kept in memory, as many as `read` was
// asked for. One thread, like the connection, which outlives it.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/stores/change_feed.hpp"
#include "runtime/stores/redis_command_keys.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_pattern.hpp"
#include "runtime/stores/redis_replication.hpp"

namespace mig::runtime {

class RedisFeed final : public ChangeFeed {
 public:
  using Connect = std::function<Result<RedisConnection>()>;  // another one to the same server

  // `cursor`: what its follower keeps of its place.
  RedisFeed(RedisConnection& asks, Connect connect, KeyPattern pattern, const std::string& cursor);

  void stand_at(const std::string& cursor) override;
  Result<Touched> read(std::int64_t after, std::size_t limit, Horizon horizon) override;
  Result<bool> is_touched(const std::string& place, std::int64_t after) override;
  Result<bool> has_only_entries(std::int64_t after) override;
  Result<std::optional<std::unordered_set<std::string>>> touched_among(
      const std::vector<std::string>& places, std::int64_t after) override;
  std::string cursor(std::int64_t position) const override;
  Result<std::optional<Transaction>> hold() override { return std::optional<Transaction>(); }
  Result<std::int64_t> go_on() override;

 private:
  struct Entry {
    std::int64_t at = 0;  // the offset behind its transaction
    std::string key;
  };
  // False: there is a gap behind that place.
  Result<bool> stand_behind(std::int64_t after);
  Result<bool> pump(std::size_t limit);
  Result<bool> read_on(std::int64_t until, std::size_t limit);
  Result<void> take(const std::vector<std::string>& words);
  void settle();

  RedisConnection* asks_;
  Connect connect_;
  KeyPattern pattern_;
  RedisCommandKeys keys_of_;
  std::string history_;
  std::optional<RedisReplication> link_;
  std::int64_t from_ = 0;     // everything behind it is in `entries_`, up to `settled_`
  std::int64_t settled_ = 0;  // behind the newest whole transaction
  std::deque<Entry> entries_;
  std::vector<std::string> open_;  // keys of a transaction that is still being sent
  std::vector<std::string> found_;
  bool is_in_transaction_ = false;
  bool is_drained_ = false;              // `pump` has read all that the server had done
  std::optional<std::string> database_;  // that the commands are about, once the stream said so
};

}  // namespace mig::runtime
