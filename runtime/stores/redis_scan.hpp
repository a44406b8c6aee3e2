// A dataset's keys in the order in which SCAN gives them: nothing is gathered and nothing sorted.
//
// For copies that nobody writes beside. What SCAN promises is enough for those: every key that is
// there from its beginning to its end is given, also when somebody else goes on from a cursor that
// was written down. A place is such a cursor and the server's run, as a server that was started
// again knows nothing of it (`knows`). A key may be given twice where the server's table shrinks
// meanwhile; in one page it is given once.
//
// Here too: the rows under those keys, as a KeysetReader's (RedisRows says which are bad). One
// thread, like the connection, which outlives both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/page_limit.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_rows.hpp"

namespace mig::runtime {

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
  // The next keys of a page that has `read`: `ask` appends commands for each, and `take` reads
  // their answers. The SCAN behind these travels with them.
  template <class Ask, class Take>
  Result<void> next(std::size_t read, const Ask& ask, const Take& take);

  // Behind the keys that were given last.
  std::string place() const;
  bool is_last() const { return is_last_; }

 private:
  // A page without rows ends, too: nobody waits for a whole database in which there are few.
  static constexpr std::size_t kMostScans = 100;

  RedisScan(RedisConnection& connection, std::string glob, std::string server_run)
      : connection_(&connection), glob_(std::move(glob)), server_run_(std::move(server_run)) {}
  void scan();
  Result<void> receive();

  RedisConnection* connection_;
  std::string glob_;
  std::string server_run_;
  std::string cursor_;
  std::size_t limit_ = 0;
  std::size_t scans_ = 0;
  bool is_last_ = false;
  bool is_asked_ = false;
  std::vector<std::string> keys_;
};

template <class Ask, class Take>
Result<void> RedisScan::next(std::size_t read, const Ask& ask, const Take& take) {
  if (!std::exchange(is_asked_, false)) scan();
  MIG_TRY(receive());
  const std::vector<std::string> keys = std::exchange(keys_, {});
  ++scans_;
  for (const std::string& key : keys)
    ask(key);
  // A guess: where too many of them are gone it is not asked for, which costs a wait.
  if (has_next(read + keys.size())) {
    scan();
    is_asked_ = true;
  }
  for (const std::string& key : keys)
    MIG_TRY(take(key));
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
