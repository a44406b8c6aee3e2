// A dataset's keys in the order in which SCAN gives them: nothing is gathered and nothing sorted.
//
// For copies that nobody writes beside. What SCAN promises is enough for those: every key that is
// there from its beginning to its end is given, also when somebody else goes on from a cursor that
// was written down. A place is such a cursor and the server's run, as a server that was started
// again knows nothing of it (`knows`). A key may be given twice where the server's table shrinks
// meanwhile; in one page it is given once.
//
// The server is never idle while answers are read: when those of some keys are, the next keys were
// asked for before, and the SCAN behind them, from one page to the next as well. So a page may hold
// what was read just before it was begun. Where somebody else used the connection in between, the
// page begins with a SCAN of its own.
//
// Here too: the rows under those keys, as a KeysetReader's (RedisRows says which are bad). One
// thread, like the connection, which outlives both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/page_limit.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_rows.hpp"

namespace mig::runtime {

inline constexpr std::string_view kFirstCursor = "0";  // also behind the last key

class RedisScan {
 public:
  static Result<RedisScan> open(RedisConnection& connection, std::string glob);

  // Begins a page behind that place (empty: at the start). Transient where the place is of another
  // run of the server.
  Result<void> begin(const std::string& after, std::size_t limit);
  // Whether the page is to have more keys.
  bool has_next(std::size_t read) const {
    return !is_last_ && read < limit_ && scans_ < kMostScans;
  }
  // The next keys of a page: `ask` appends commands for each, and `take` reads their answers. It is
  // asked for keys of later calls as well.
  template <class Ask, class Take>
  Result<void> next(const Ask& ask, const Take& take);

  // Behind the keys that were given last.
  std::string place() const;
  bool is_last() const { return is_last_; }

 private:
  // A page without rows ends, too: nobody waits for a whole database in which there are few.
  static constexpr std::size_t kMostScans = 100;

  // What one SCAN found.
  struct Found {
    std::vector<std::string> keys;
    std::string cursor;  // behind them
  };

  RedisScan(RedisConnection& connection, std::string glob, std::string server_run)
      : connection_(&connection), glob_(std::move(glob)), server_run_(std::move(server_run)) {}
  void scan(const std::string& cursor);
  Result<Found> receive();
  template <class Ask>
  Result<void> look_ahead(const Ask& ask);

  RedisConnection* connection_;
  std::string glob_;
  std::string server_run_;
  std::string cursor_;  // where the page stands
  std::size_t limit_ = 0;
  std::size_t scans_ = 0;
  bool is_last_ = false;
  // On their way. First the answer of a SCAN, then those of the keys that were found before it.
  bool is_scanning_ = false;
  std::deque<Found> asked_;
  // The connection's, when they were asked for; nothing where a failure left them half read.
  std::optional<std::uint64_t> drops_;
};

// Receives the keys that were scanned for, asks for them, and scans on in front of that: that
// answer comes first then, and the keys behind it can be asked for before these are taken.
template <class Ask>
Result<void> RedisScan::look_ahead(const Ask& ask) {
  is_scanning_ = false;
  MIG_ASSIGN(found, receive());
  if (found.cursor != kFirstCursor) {
    scan(found.cursor);
    is_scanning_ = true;
  }
  for (const std::string& key : found.keys)
    ask(key);
  asked_.push_back(std::move(found));
  return {};
}

template <class Ask, class Take>
Result<void> RedisScan::next(const Ask& ask, const Take& take) {
  const auto drops = std::exchange(drops_, std::nullopt);
  if (asked_.empty()) {
    scan(cursor_);
    MIG_TRY(look_ahead(ask));
  }
  if (is_scanning_) MIG_TRY(look_ahead(ask));
  const Found found = std::move(asked_.front());
  asked_.pop_front();
  ++scans_;
  for (const std::string& key : found.keys)
    MIG_TRY(take(key));
  cursor_ = found.cursor;
  is_last_ = cursor_ == kFirstCursor;
  drops_ = drops;
  return {};
}

// Where a server's run and a cursor stand, in a place. Nothing where it is no such place.
std::optional<std::pair<std::string, std::string>> scan_place_of(std::string_view place);
// Whether a copy that stands at that place can go on.
Result<bool> knows_place(RedisConnection& connection, std::string_view place);
// What a copy in this order calls its end.
std::string scan_end();

class RedisScannedRows final : public RowSource {
 public:
  // `with_expiries`: whether pages say when rows expire.
  static Result<RedisScannedRows> open(RedisConnection& connection, const plan::Plan& plan,
                                       plan::DatasetId dataset, bool with_expiries);

  // A page ends with an answer of SCAN, so it may have some more rows than `limit`, or none though
  // it is not the last one.
  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page) override;
  Result<void> read_each(const std::vector<std::string>& places, Page& page,
                         std::vector<std::string>& gone) override {
    return rows_.read_each(places, page, gone);
  }
  // All keys of the database: how many of them are the dataset's, nobody knows before the end.
  Result<std::int64_t> count() const override;
  Result<std::string> last_key() const override { return scan_end(); }
  Result<std::int64_t> count_without_key() const override { return 0; }

 private:
  RedisScannedRows(RedisConnection& connection, RedisRows rows, RedisScan scan)
      : connection_(&connection), rows_(std::move(rows)), scan_(std::move(scan)) {}

  RedisConnection* connection_;
  RedisRows rows_;
  RedisScan scan_;
  PageLimit limit_;
};

}  // namespace mig::runtime
