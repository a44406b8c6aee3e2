#include "runtime/stores/redis_scan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/stores/redis_pattern.hpp"
#include "runtime/stores/redis_server_facts.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kMostKeys = 1000;  // that one SCAN looks at
constexpr std::string_view kScan = "scan ";

}  // namespace

std::optional<std::pair<std::string, std::string>> scan_place_of(std::string_view place) {
  const auto text = raw_key_of(place);
  if (!text || !text->starts_with(kScan)) return std::nullopt;
  const std::string_view parts = std::string_view(*text).substr(kScan.size());
  const std::size_t space = parts.find(' ');
  if (space == parts.npos) return std::nullopt;
  return std::pair(std::string(parts.substr(0, space)), std::string(parts.substr(space + 1)));
}

Result<bool> knows_place(RedisConnection& connection, std::string_view place) {
  if (place.empty() || place == scan_end()) return true;
  const auto at = scan_place_of(place);
  if (!at) return false;
  MIG_ASSIGN(facts, read_server_facts(connection));
  return facts.server_run == at->second;
}

std::string scan_end() {
  return raw_place("end of scan");
}

Result<RedisScan> RedisScan::open(RedisConnection& connection, std::string glob) {
  MIG_ASSIGN(facts, read_server_facts(connection));
  return RedisScan(connection, std::move(glob), facts.server_run);
}

Result<void> RedisScan::begin(const std::string& after, std::size_t limit) {
  limit_ = limit;
  scans_ = 0;
  const bool is_there = !after.empty() && after == place() && !is_last_;
  if (is_there && drops_ == connection_->drops()) return {};
  MIG_TRY(connection_->drop_pending());
  drops_ = connection_->drops();
  is_scanning_ = false;
  asked_.clear();
  is_last_ = after == scan_end();
  if (is_last_) return {};
  std::string cursor(kFirstCursor);
  if (!after.empty()) {
    const auto at = scan_place_of(after);
    if (!at || at->second != server_run_) {
      return fail(
          ErrorKind::Transient,
          fmt::format("`{}` was started again in the middle of a copy", connection_->shown()),
          "the copy begins again, and keeps what it has moved");
    }
    cursor = at->first;
  }
  cursor_ = std::move(cursor);
  return {};
}

void RedisScan::scan(const std::string& cursor) {
  const std::string count = std::to_string(std::clamp<std::size_t>(limit_, 10, kMostKeys));
  connection_->append({"SCAN", cursor, "MATCH", glob_, "COUNT", count});
}

Result<RedisScan::Found> RedisScan::receive() {
  MIG_ASSIGN(answer, connection_->value());
  if (answer.items.size() != 2) return std::unexpected(redis_error(answer, connection_->shown()));
  Found found{{}, std::move(answer.items[0].text)};
  for (RedisReply& key : answer.items[1].items) {
    if (!key.text.starts_with(kRedisControlPrefix)) found.keys.push_back(std::move(key.text));
  }
  std::ranges::sort(found.keys);
  const auto repeated = std::ranges::unique(found.keys);
  found.keys.erase(repeated.begin(), repeated.end());
  return found;
}

std::string RedisScan::place() const {
  if (is_last_) return scan_end();
  return raw_place(fmt::format("{}{} {}", kScan, cursor_, server_run_));
}

Result<RedisScannedRows> RedisScannedRows::open(RedisConnection& connection, const plan::Plan& plan,
                                                plan::DatasetId dataset, bool with_expiries) {
  MIG_ASSIGN(rows, RedisRows::open(connection, plan, dataset, {}));
  if (!with_expiries) rows.leave_out_expiries();
  MIG_ASSIGN(scan, RedisScan::open(connection, rows.pattern().glob()));
  return RedisScannedRows(connection, std::move(rows), std::move(scan));
}

Result<void> RedisScannedRows::read(const std::string& after, const std::string& until,
                                    std::size_t limit, Page& page) {
  MIG_TRY(scan_.begin(after, limit_.rows(limit)));
  rows_.begin(page);
  while (scan_.has_next(static_cast<std::size_t>(page.read)) && scan_.place() != until) {
    MIG_TRY(scan_.next([&](const std::string& key) { rows_.ask(key); },
                       [&](const std::string& key) { return rows_.take(key, page); }));
  }
  page.last = scan_.place();
  page.is_last = scan_.is_last();
  limit_.note(page.read, page.rows.byte_count());
  return {};
}

Result<std::int64_t> RedisScannedRows::count() const {
  MIG_ASSIGN(size, connection_->call({"DBSIZE"}));
  return size.integer;
}

}  // namespace mig::runtime
