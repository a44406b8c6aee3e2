#include "runtime/stores/postgres_moment.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "runtime/stores/instance.hpp"
#include "runtime/stores/postgres_copy.hpp"

namespace mig::runtime {
namespace {

// Numbers of transactions in a row's header are 32 bits wide and wrap around: further apart than
// this they are not compared.
constexpr std::int64_t kMostTransactions = 1'000'000'000;

struct Now {
  std::int64_t oldest = 0;  // transaction that runs
  std::int64_t next = 0;
  std::string place;  // the server, its timeline and the table; empty where nothing can be told
};

Result<Now> look(const Database& database, const std::string& table) {
  MIG_ASSIGN(name, quote_literal(database, table));
  MIG_ASSIGN(rows,
             database.prepare(fmt::format(
                 "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint, "
                 "c.oid::text, CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE "
                 "left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END "
                 "FROM pg_current_snapshot() s, pg_class c WHERE c.oid = to_regclass({}) "
                 "AND c.relkind = 'r' AND NOT c.relhassubclass AND NOT c.relrowsecurity",
                 name)));
  MIG_ASSIGN(is_plain_table, rows.step());
  if (!is_plain_table) return Now();
  Now now{rows.integer(0), rows.integer(1), {}};
  const std::string table_and_line = fmt::format("{}:{}", rows.text(2), rows.text(3));
  MIG_ASSIGN(instance, instance_of(database));
  now.place = fmt::format("{}:{}", instance.place, table_and_line);
  std::ranges::replace(now.place, ' ', '_');
  return now;
}

struct Parts {
  std::int64_t oldest = 0;
  std::string_view place;  // empty: it is no moment
};

Parts parts_of(std::string_view moment) {
  Parts parts;
  const auto [end, error] =
      std::from_chars(moment.data(), moment.data() + moment.size(), parts.oldest);
  const auto digits = static_cast<std::size_t>(end - moment.data());
  if (error == std::errc() && digits < moment.size()) parts.place = moment.substr(digits + 1);
  return parts;
}

}  // namespace

Result<std::string> postgres_moment(const Database& database, const std::string& table) {
  MIG_ASSIGN(now, look(database, table));
  if (now.place.empty()) return std::string();
  return fmt::format("{} {}", now.oldest, now.place);
}

std::string earliest_moment(const std::vector<std::string>& moments) {
  std::string earliest;
  for (const std::string& moment : moments) {
    const Parts parts = parts_of(moment);
    if (earliest.empty()) {
      earliest = moment;
      continue;
    }
    if (parts.place != parts_of(earliest).place) return {};
    if (parts.oldest < parts_of(earliest).oldest) earliest = moment;
  }
  return earliest;
}

Result<bool> is_as_at(const Database& database, const std::string& table, const std::string& moment,
                      std::int64_t rows) {
  const Parts then = parts_of(moment);
  MIG_ASSIGN(now, look(database, table));
  const bool is_comparable =
      !then.place.empty() && now.place == then.place && now.next - then.oldest < kMostTransactions;
  if (!is_comparable) return false;
  MIG_ASSIGN(name, quote_literal(database, table));
  MIG_ASSIGN(found, database.prepare(fmt::format(
                        "SELECT count(*), "
                        "count(*) FILTER (WHERE age(t.xmin) <= age('{0}'::xid8::xid)), "
                        "(SELECT count(*) FROM pg_attribute a WHERE a.attrelid = to_regclass({1}) "
                        "AND age(a.xmin) <= age('{0}'::xid8::xid)) FROM {2} AS t",
                        then.oldest, name, table)));
  MIG_TRY(found.step());
  return found.integer(0) == rows && found.integer(1) == 0 && found.integer(2) == 0;
}

}  // namespace mig::runtime
