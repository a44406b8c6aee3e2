// A ChangeFeed of a changelog in a database. One thread, like the database, which outlives it.
#pragma once

#include <string>
#include <utility>

#include "runtime/stores/change_feed.hpp"
#include "runtime/stores/changelog.hpp"

namespace mig::runtime {

class SqlFeed final : public ChangeFeed {
 public:
  SqlFeed(Changelog log, const Database& database) : log_(std::move(log)), database_(&database) {}

  void stand_at(const std::string&) override {}
  Result<Touched> read(std::int64_t after, std::size_t limit, Horizon horizon) override;
  Result<bool> is_touched(const std::string& place, std::int64_t after) override;
  // A trigger refuses what takes all rows at once.
  Result<bool> has_only_entries(std::int64_t /*after*/) override { return true; }
  Result<std::optional<std::unordered_set<std::string>>> touched_among(
      const std::vector<std::string>& places, std::int64_t after) override;
  std::string cursor(std::int64_t position) const override { return std::to_string(position); }
  Result<std::optional<Transaction>> hold() override;
  Result<std::int64_t> go_on() override;

 private:
  Changelog log_;
  const Database* database_;
};

}  // namespace mig::runtime
