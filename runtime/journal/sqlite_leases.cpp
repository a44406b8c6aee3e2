// The leases of a SQLite journal: the rest of sqlite_journal.hpp.
#include <cassert>
#include <unistd.h>

#include <fmt/format.h>

#include "runtime/data/iso_time.hpp"
#include "runtime/journal/sqlite_file.hpp"
#include "runtime/journal/sqlite_journal.hpp"
#include "runtime/stores/lock_holders.hpp"

namespace mig::runtime {
namespace {

std::string host_name() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0) return "unknown";
  return name;
}

Instant later(Instant at, Duration by) {
  return at + std::chrono::duration_cast<std::chrono::microseconds>(by);
}

// Times of a lease are for display and for its end; an unreadable one counts as long past.
Instant instant_or_past(std::string_view text) {
  return Instant(std::chrono::microseconds(parse_timestamp(text).value_or(0)));
}

Lease lease_of(const Statement& row) {
  return {.resource = std::string(row.text(0)),
          .epoch = row.integer(1),
          .holder = std::string(row.text(2)),
          .pid = static_cast<pid_t>(row.integer(3)),
          .host = std::string(row.text(4)),
          .granted_at = instant_or_past(row.text(5)),
          .beat_at = instant_or_past(row.text(6)),
          .expires_at = instant_or_past(row.text(7))};
}

std::string describe_holder(const Lease& lease) {
  const bool is_here = lease.host == host_name();
  return fmt::format("{} on `{}`",
                     is_here ? describe_process(lease.pid) : fmt::format("process {}", lease.pid),
                     lease.host);
}

std::unexpected<Error> lease_lost(const Lease& ours, const Lease& now) {
  return fail(ErrorKind::Conflict,
              fmt::format("lease lost: epoch {} of `{}` was succeeded by epoch {}, held by {}",
                          ours.epoch, ours.resource, now.epoch, describe_holder(now)),
              "nothing of this was written; the run goes on there");
}

std::unexpected<Error> lease_held(const Lease& lease) {
  return fail(ErrorKind::Conflict,
              fmt::format("`{}` is locked by {} since {}", lease.resource, describe_holder(lease),
                          print(lease.granted_at)),
              fmt::format("wait for it or end it; without a beat its lease ends at {}",
                          print(lease.expires_at)));
}

}  // namespace

Result<std::optional<Lease>> SqliteJournal::find_lease(const std::string& resource) {
  assert(select_lease_.has_value());
  select_lease_->reset();
  select_lease_->bind_text(1, resource);
  MIG_ASSIGN(has_row, select_lease_->step());
  std::optional<Lease> found;
  if (has_row) found = lease_of(*select_lease_);
  select_lease_->reset();
  return found;
}

Result<void> SqliteJournal::check_held(const Lease& held) {
  MIG_ASSIGN(now, find_lease(held.resource));
  if (!now) {
    return fail(ErrorKind::Conflict, fmt::format("lease lost: `{}` was never held", held.resource),
                "this is another journal than the one that granted it");
  }
  if (now->epoch == held.epoch) return {};
  assert(lock_file_.has_value());
  lock_file_->unlock(held.resource, held.epoch);
  return lease_lost(held, *now);
}

Result<void> SqliteJournal::store_lease(const Lease& lease) {
  MIG_ASSIGN(upsert,
             database_.prepare(
                 "INSERT INTO lease VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(resource) DO"
                 " UPDATE SET epoch = ?2, holder = ?3, pid = ?4, host = ?5, granted_at = ?6,"
                 " beat_at = ?7, expires_at = ?8"));
  upsert.bind_text(1, lease.resource);
  upsert.bind(2, lease.epoch);
  upsert.bind_text(3, lease.holder);
  upsert.bind(4, std::int64_t{lease.pid});
  upsert.bind_text(5, lease.host);
  upsert.bind_text(6, print(lease.granted_at));
  upsert.bind_text(7, print(lease.beat_at));
  upsert.bind_text(8, print(lease.expires_at));
  return upsert.run();
}

Result<Lease> SqliteJournal::grant(const std::string& resource, const std::string& holder) {
  MIG_ASSIGN(last, find_lease(resource));
  assert(lock_file_.has_value());
  const Instant now = clock_.now();
  if (last && last->expires_at > now && lock_file_->is_held_elsewhere(resource, last->epoch)) {
    return lease_held(*last);
  }
  Lease lease{.resource = resource,
              .epoch = last ? last->epoch + 1 : 1,
              .holder = holder,
              .pid = getpid(),
              .host = host_name(),
              .granted_at = now,
              .beat_at = now,
              .expires_at = later(now, options_.lease_time),
              .stop_at = clock_.elapsed() + options_.lease_time * 2 / 3};
  if (!lock_file_->lock(resource, lease.epoch)) {
    return fail(ErrorKind::Conflict,
                fmt::format("`{}` is being taken by another process", resource), "try again");
  }
  MIG_TRY(store_lease(lease));
  return lease;
}

Result<Lease> SqliteJournal::take(const std::string& resource, const std::string& holder) {
  assert(options_.mode != Mode::ReadOnly);
  std::optional<Lease> lease;
  const auto written = write([&]() -> Result<void> {
    MIG_ASSIGN(granted, grant(resource, holder));
    lease = granted;
    return {};
  });
  if (!written) {
    // If the commit did happen after all, its epoch is nobody's, and the next one is higher.
    if (lease) lock_file_->unlock(resource, lease->epoch);
    return std::unexpected(explain_journal_error(written.error(), path_of(database_)));
  }
  lock_file_->write_holder(
      lease->pid, fmt::format("{} {} since {}", lease->host, resource, print(lease->granted_at)));
  return *lease;
}

Result<void> SqliteJournal::beat(Lease& held) {
  Lease next = held;
  next.beat_at = clock_.now();
  next.expires_at = later(next.beat_at, options_.lease_time);
  next.stop_at = clock_.elapsed() + options_.lease_time * 2 / 3;
  auto written = write([&]() -> Result<void> {
    MIG_TRY(check_held(held));
    return store_lease(next);
  });
  if (written) held = next;
  return written;
}

Result<void> SqliteJournal::release(const Lease& held) {
  Lease ended = held;
  ended.expires_at = clock_.now();
  auto written = write([&]() -> Result<void> {
    MIG_TRY(check_held(held));
    return store_lease(ended);
  });
  if (!written) return written;
  assert(lock_file_.has_value());
  lock_file_->unlock(held.resource, held.epoch);
  return written;
}

Result<std::vector<Lease>> SqliteJournal::leases() {
  std::vector<Lease> found;
  MIG_ASSIGN(select, database_.prepare("SELECT resource, epoch, holder, pid, host, granted_at,"
                                       " beat_at, expires_at FROM lease ORDER BY resource"));
  while (true) {
    MIG_ASSIGN(has_row, select.step());
    if (!has_row) return found;
    found.push_back(lease_of(select));
  }
}

}  // namespace mig::runtime
