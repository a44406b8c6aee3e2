// Some rows of a dataset in Redis, and how many there may be: what a preview asks without keeping
// the server from others. Reads only; one thread, like the connection.
#pragma once

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_rows.hpp"
#include "runtime/stores/row_count.hpp"

namespace mig::runtime {

// From a first look at some of the keys, and how many the server has; exact where those are all.
Result<RowsCounted> guess_keys(RedisConnection& redis, const plan::Plan& plan,
                               plan::DatasetId dataset);

// One page of rows, those that the server names first and that are not large.
class RedisSample final : public RowSource {
 public:
  static Result<RedisSample> open(RedisConnection& redis, const plan::Plan& plan,
                                  plan::DatasetId dataset);

  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page) override;
  Result<void> read_each(const std::vector<std::string>& places, Page& page,
                         std::vector<std::string>& gone) override;
  // Of the sample.
  Result<std::int64_t> count() const override;
  Result<std::string> last_key() const override;
  Result<std::int64_t> count_without_key() const override { return 0; }

 private:
  RedisSample(RedisRows rows, std::vector<std::string> places)
      : rows_(std::move(rows)), places_(std::move(places)) {}

  RedisRows rows_;
  std::vector<std::string> places_;
};

}  // namespace mig::runtime
