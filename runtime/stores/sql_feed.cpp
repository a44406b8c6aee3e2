#include "runtime/stores/sql_feed.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace mig::runtime {

std::int64_t position_of(const std::string& cursor) {
  std::int64_t position = 0;
  std::from_chars(cursor.data(), cursor.data() + cursor.size(), position);
  return position;
}

Result<Touched> SqlFeed::read(std::int64_t after, std::size_t limit, Horizon horizon) {
  return log_.read(*database_, std::max<std::int64_t>(after, 0), limit, horizon);
}

Result<bool> SqlFeed::is_touched(const std::string& place, std::int64_t after) {
  return log_.is_touched(*database_, place, after);
}

Result<std::optional<std::unordered_set<std::string>>> SqlFeed::touched_among(
    const std::vector<std::string>& places, std::int64_t after) {
  std::unordered_set<std::string> touched;
  for (const std::string& place : places) {
    MIG_ASSIGN(is_one, is_touched(place, after));
    if (is_one) touched.insert(place);
  }
  return std::optional(std::move(touched));
}

Result<std::optional<Transaction>> SqlFeed::hold() {
  MIG_ASSIGN(snapshot, Transaction::begin_read(*database_));
  return std::optional<Transaction>(std::move(snapshot));
}

Result<std::int64_t> SqlFeed::go_on() {
  assert(false && "a changelog has no gaps");
  return 0;
}

}  // namespace mig::runtime
