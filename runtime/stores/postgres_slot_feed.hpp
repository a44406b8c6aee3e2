// A ChangeFeed of a dataset in PostgreSQL, out of a slot.
//
// What is told was committed, and is seen by others a moment later: so entries count once the rows
// that are read show them, and until then they are told of and not passed. One thread, like the
// database, which outlives it.
#pragma once

#include <memory>
#include <string>

#include "runtime/stores/change_feed.hpp"
#include "runtime/stores/postgres_slot_stream.hpp"

namespace mig::runtime {

class PostgresSlotFeed final : public ChangeFeed {
 public:
  // `rows`: what the rows are read by. `cursor`: what its follower keeps of its place.
  PostgresSlotFeed(std::shared_ptr<PostgresSlotStream> stream, const Database& rows,
                   const std::string& cursor);

  void stand_at(const std::string& cursor) override;
  Result<Touched> read(std::int64_t after, std::size_t limit, Horizon horizon) override;
  Result<bool> is_touched(const std::string& place, std::int64_t after) override;
  Result<bool> has_only_entries(std::int64_t after) override;
  Result<std::optional<std::unordered_set<std::string>>> touched_among(
      const std::vector<std::string>& places, std::int64_t after) override;
  std::string cursor(std::int64_t position) const override;
  Result<std::optional<Transaction>> hold() override;
  Result<std::int64_t> go_on() override;

  // `PLACE HISTORY`: what is kept of a place.
  static std::string cursor_of(std::int64_t position, const std::string& history);
  static std::string history_of(const std::string& cursor);

 private:
  std::shared_ptr<PostgresSlotStream> stream_;
  const Database* rows_;
  std::string history_;
  bool is_follower_ = false;
};

}  // namespace mig::runtime
