#include "runtime/stores/replicas.hpp"

#include <cassert>
#include <charconv>

#include <fmt/format.h>

#include "runtime/stores/redis_info.hpp"

namespace mig::runtime {
namespace {

// Without it a server shows that there are others, and nothing of what they do.
Result<void> must_see_others(const Database& database) {
  MIG_ASSIGN(rows, database.prepare("SELECT pg_has_role(current_user, 'pg_read_all_stats', "
                                    "'USAGE')::int::bigint, quote_ident(current_user)"));
  MIG_ASSIGN(has_row, rows.step());
  assert(has_row);
  if (rows.integer(0) == 1) return {};
  const std::string role(rows.text(1));
  return fail(ErrorKind::Permanent,
              fmt::format("the role {} may not see what others do at {}, so nobody can tell how "
                          "strained that server is",
                          role, database.shown_place()),
              fmt::format("run `GRANT pg_monitor TO {}` there, or leave `max_lag` and `max_active` "
                          "out",
                          role));
}

bool is_null(const Statement& row, int column) {
  return row.storage_class(column) == StorageClass::Null;
}

Result<Replication> read_standbys(const Database& database) {
  MIG_TRY(must_see_others(database));
  Replication found;
  // The position first: who has reached it by then has all of it.
  MIG_ASSIGN(now, database.prepare("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"));
  MIG_ASSIGN(has_position, now.step());
  assert(has_position);
  found.position = now.integer(0);
  // A logical slot is read by a follower; a base backup is no replica yet.
  MIG_ASSIGN(rows, database.prepare(R"sql(
SELECT r.application_name, coalesce(host(r.client_addr), 'socket'), r.state = 'streaming',
  pg_wal_lsn_diff(coalesce(r.replay_lsn, r.flush_lsn, r.write_lsn), '0/0')::bigint,
  (extract(epoch FROM r.replay_lag) * 1000000)::bigint
FROM pg_stat_replication r
WHERE r.state IS DISTINCT FROM 'backup' AND NOT EXISTS (SELECT 1 FROM pg_replication_slots s
  WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
ORDER BY 1, 2)sql"));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return found;
    Replica replica{.name = fmt::format("{} ({})", rows.text(0), rows.text(1))};
    replica.is_following = !is_null(rows, 2) && rows.integer(2) == 1 && !is_null(rows, 3);
    if (replica.is_following) replica.position = rows.integer(3);
    if (!is_null(rows, 4)) replica.lag = std::chrono::microseconds(rows.integer(4));
    found.replicas.push_back(std::move(replica));
  }
}

// One of `ip=10.0.0.7,port=6379,state=online,offset=1234,lag=0`; empty where there is none.
std::string_view part(std::string_view line, std::string_view name) {
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(','), line.size());
    const std::string_view one = line.substr(0, end);
    if (one.starts_with(name) && one.substr(name.size()).starts_with('='))
      return one.substr(name.size() + 1);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return {};
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return is_whole ? std::optional(value) : std::nullopt;
}

}  // namespace

Result<Replication> replication_in(std::string_view info) {
  const auto unreadable = [] {
    return fail(ErrorKind::Permanent, "the server does not say how far its replicas are",
                "look at `INFO replication` there, or leave `max_lag` out");
  };
  Replication found;
  const auto position = number(info_value(info, "master_repl_offset"));
  const auto count = number(info_value(info, "connected_slaves"));
  if (!position || !count) return unreadable();
  found.position = *position;
  for (std::int64_t i = 0; i < *count; ++i) {
    const std::string_view line = info_value(info, fmt::format("slave{}", i));
    const auto port = number(part(line, "port"));
    const auto offset = number(part(line, "offset"));
    const auto lag = number(part(line, "lag"));
    if (!port || !offset) return unreadable();
    if (*port == 0) continue;  // nobody could ask it anything: it follows for itself, as mig does
    found.replicas.push_back(
        {.name = fmt::format("{}:{}", part(line, "ip"), *port),
         .is_following = part(line, "state") == "online",
         .position = *offset,
         .lag = lag ? std::optional<Duration>(std::chrono::seconds(*lag)) : std::nullopt});
  }
  return found;
}

Result<Replication> read_replication(const OpenStore& store) {
  if (store.sql() != nullptr) return read_standbys(*store.sql());
  MIG_ASSIGN(info, store.redis()->call({"INFO", "replication"}));
  return replication_in(info.text);
}

Result<std::int64_t> count_active_sessions(const Database& database) {
  MIG_TRY(must_see_others(database));
  MIG_ASSIGN(rows, database.prepare("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
                                    "AND backend_type = 'client backend' "
                                    "AND application_name <> 'mig'"));
  MIG_ASSIGN(has_row, rows.step());
  assert(has_row);
  return rows.integer(0);
}

}  // namespace mig::runtime
