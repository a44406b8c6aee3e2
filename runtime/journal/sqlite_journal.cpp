#include "runtime/journal/sqlite_journal.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "runtime/data/iso_time.hpp"
#include "runtime/journal/chain.hpp"
#include "runtime/journal/sqlite_file.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kPage = 1000;

std::optional<Sha256> digest_of(std::string_view bytes) {
  Sha256 digest;
  if (bytes.size() != digest.size()) return std::nullopt;
  std::ranges::copy(bytes, digest.begin());
  return digest;
}

std::optional<Instant> instant_of(std::string_view text) {
  const auto micros = parse_timestamp(text);
  if (!micros) return std::nullopt;
  return Instant(std::chrono::microseconds(*micros));
}

}  // namespace

SqliteJournal::SqliteJournal(Database database, std::string uuid, const Clock& clock,
                             const JournalOptions& options)
    : database_(std::move(database)),
      uuid_(std::move(uuid)),
      clock_(clock),
      options_(options),
      reserve_(path_of(database_).string() + ".reserve", options.reserve_bytes) {}

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(const std::filesystem::path& path,
                                                           const Clock& clock,
                                                           const JournalOptions& options) {
  MIG_ASSIGN(file, open_journal_file(path, options.mode, options.busy_wait, options.created_by));
  std::unique_ptr<SqliteJournal> journal(
      new SqliteJournal(std::move(file.database), std::move(file.uuid), clock, options));
  if (options.mode != Mode::ReadOnly) {
    MIG_ASSIGN(lock_file, LockFile::open(path.string() + ".lock"));
    journal->lock_file_.emplace(std::move(lock_file));
    journal->reserve_.set_aside();
  }
  MIG_TRY(journal->prepare_statements());
  MIG_ASSIGN(head, journal->head());
  journal->last_seen_ = head;
  return journal;
}

Result<void> SqliteJournal::prepare_statements() {
  const auto prepare = [&](std::optional<Statement>& into, std::string_view sql) -> Result<void> {
    MIG_ASSIGN(statement, database_.prepare(sql));
    into.emplace(std::move(statement));
    return {};
  };
  MIG_TRY(prepare(select_head_,
                  "SELECT (SELECT v FROM meta WHERE k = 'head_seq'),"
                  " (SELECT v FROM meta WHERE k = 'head_hash')"));
  MIG_TRY(prepare(select_lease_,
                  "SELECT resource, epoch, holder, pid, host, granted_at, beat_at, expires_at"
                  " FROM lease WHERE resource = ?1"));
  if (options_.mode == Mode::ReadOnly) return {};
  MIG_TRY(prepare(update_head_,
                  "UPDATE meta SET v = CASE k WHEN 'head_seq' THEN ?1 ELSE ?2 END"
                  " WHERE k IN ('head_seq', 'head_hash')"));
  return prepare(insert_record_, "INSERT INTO record VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
}

// Runs `work` in a transaction of its own.
Result<void> SqliteJournal::write(const std::function<Result<void>()>& work) {
  const auto run = [&]() -> Result<void> {
    MIG_ASSIGN(transaction, Transaction::begin_write(database_));
    MIG_TRY(work());
    return transaction.commit();
  };
  auto written = run();
  if (written) return written;
  // Whatever is refused for want of space now, the next, short record has room.
  const bool is_full = database_.last_failure() == SqlFailure::Full;
  const bool is_of_sqlite = written.error().kind == ErrorKind::Permanent;
  if (is_full && is_of_sqlite) reserve_.give_back();
  return written;
}

Result<std::int64_t> SqliteJournal::append(const Lease& held, std::span<const NewRecord> records) {
  assert(!records.empty());
  assert(held.epoch > 0 && "records are written under a lease");
  if (is_outcome_unknown_) {
    return fail(ErrorKind::Permanent,
                fmt::format("whether the last record reached {} is not known", name()),
                "end this process and start again: the file decides");
  }
  std::optional<Move> move;
  const auto written = write([&]() -> Result<void> {
    MIG_ASSIGN(done, append_inside(held, records));
    move = done;
    return {};
  });
  if (!written && !move) return std::unexpected(written.error());  // nothing was written
  assert(move.has_value());
  if (!written) return settle(*move, written.error());
  last_seen_ = move->to;
  return last_seen_.seq;
}

Result<SqliteJournal::Move> SqliteJournal::append_inside(const Lease& held,
                                                         std::span<const NewRecord> records) {
  MIG_TRY(check_held(held));
  MIG_ASSIGN(from, head());
  if (from.seq < last_seen_.seq) {
    return fail(ErrorKind::Permanent,
                fmt::format("{} went back from record {} to {}", name(), last_seen_.seq, from.seq),
                "an older copy was put in its place; restore the newest one");
  }
  assert(insert_record_.has_value());
  assert(update_head_.has_value());
  Head to = from;
  const Instant now = clock_.now();
  for (const NewRecord& next : records) {
    const JournalRecord record{.seq = to.seq + 1,
                               .kind = next.kind,
                               .body = next.body,
                               .at = now,
                               .actor = next.actor,
                               .epoch = held.epoch};
    const Sha256 hash = chain_next(to.hash, record);
    insert_record_->bind(1, record.seq);
    insert_record_->bind_bytes(2, as_bytes(to.hash));
    insert_record_->bind_bytes(3, as_bytes(hash));
    insert_record_->bind_text(4, print(now));
    insert_record_->bind_text(5, record.actor);
    insert_record_->bind(6, record.epoch);
    insert_record_->bind_text(7, record.kind);
    insert_record_->bind_text(8, record.body);
    MIG_TRY(insert_record_->run());
    to = {record.seq, hash};
  }
  update_head_->bind(1, to.seq);
  update_head_->bind_bytes(2, as_bytes(to.hash));
  MIG_TRY(update_head_->run());
  return Move{from, to};
}

// After a commit that failed: the file knows whether it happened, the error does not.
Result<std::int64_t> SqliteJournal::settle(const Move& move, const Error& error) {
  const auto found = head();
  if (found && *found == move.to) {
    last_seen_ = move.to;
    return last_seen_.seq;
  }
  if (!found || *found != move.from) is_outcome_unknown_ = true;
  return std::unexpected(error);
}

Result<SqliteJournal::Head> SqliteJournal::head() {
  assert(select_head_.has_value());
  select_head_->reset();
  MIG_ASSIGN(has_row, select_head_->step());
  assert(has_row && "a SELECT without FROM has a row");
  const auto hash = digest_of(select_head_->bytes(1));
  const Head found{select_head_->integer(0), hash.value_or(Sha256{})};
  select_head_->reset();
  if (!hash) {
    return fail(ErrorKind::Permanent, fmt::format("{} is damaged: it has no head", name()),
                "do not write to it; restore a copy", Cause::Damaged);
  }
  return found;
}

Result<std::vector<JournalRecord>> SqliteJournal::read(std::int64_t after_seq, std::size_t limit) {
  assert(after_seq >= 0);
  MIG_ASSIGN(transaction, Transaction::begin_read(database_));
  MIG_ASSIGN(last_hash, hash_of(after_seq));
  std::vector<JournalRecord> records;
  // Ends before the transaction does, so that no way out of here leaves a lock behind.
  MIG_ASSIGN(select,
             database_.prepare("SELECT seq, prev, hash, at, actor, epoch, kind, body FROM record"
                               " WHERE seq > ?1 ORDER BY seq LIMIT ?2"));
  select.bind(1, after_seq);
  select.bind(2, static_cast<std::int64_t>(
                     std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max())));
  while (true) {
    MIG_ASSIGN(has_row, select.step());
    if (!has_row) break;
    const std::int64_t expected = after_seq + static_cast<std::int64_t>(records.size()) + 1;
    if (select.integer(0) != expected) return corrupt(expected, "it is missing");
    const auto previous = digest_of(select.bytes(1));
    const auto hash = digest_of(select.bytes(2));
    const auto at = instant_of(select.text(3));
    if (!at || !previous || !hash) return corrupt(expected, "it cannot be read");
    JournalRecord record{.seq = expected,
                         .kind = std::string(select.text(6)),
                         .body = std::string(select.text(7)),
                         .at = *at,
                         .actor = std::string(select.text(4)),
                         .epoch = select.integer(5)};
    if (*previous != last_hash) return corrupt(expected, "it does not follow from the one before");
    if (chain_next(last_hash, record) != *hash) return corrupt(expected, "it was changed");
    last_hash = *hash;
    records.push_back(std::move(record));
  }
  select.reset();
  if (records.size() < limit) {
    MIG_TRY(check_tail(after_seq + static_cast<std::int64_t>(records.size()), last_hash));
  }
  MIG_TRY(transaction.commit());
  return records;
}

// What the record behind `seq` is chained to.
Result<Sha256> SqliteJournal::hash_of(std::int64_t seq) {
  if (seq == 0) return chain_start(uuid_);
  MIG_ASSIGN(select, database_.prepare("SELECT hash FROM record WHERE seq = ?1"));
  select.bind(1, seq);
  MIG_ASSIGN(has_row, select.step());
  const auto hash = has_row ? digest_of(select.bytes(0)) : std::nullopt;
  if (!hash) return corrupt(seq, has_row ? "it cannot be read" : "it is missing");
  return *hash;
}

Result<void> SqliteJournal::check_tail(std::int64_t last_found, const Sha256& hash) {
  MIG_ASSIGN(end, head());
  if (end.seq > last_found) {
    return fail(ErrorKind::Permanent,
                fmt::format("{} is cut short: its head says record {}, the last one is {}", name(),
                            end.seq, last_found),
                "do not write to it; restore a copy", Cause::Damaged);
  }
  if (end.seq < last_found) return corrupt(end.seq + 1, "it lies behind the head");
  if (end.hash != hash) return corrupt(last_found, "the head has another hash");
  return {};
}

Result<std::int64_t> SqliteJournal::verify() {
  std::int64_t last = 0;
  while (true) {
    MIG_ASSIGN(page, read(last, kPage));
    last += static_cast<std::int64_t>(page.size());
    if (page.size() < kPage) return last;  // this page was compared with the head
  }
}

std::unexpected<Error> SqliteJournal::corrupt(std::int64_t seq, std::string_view why) const {
  return fail(ErrorKind::Permanent, fmt::format("record {} of {} is corrupt: {}", seq, name(), why),
              "do not write to it; restore a copy", Cause::Damaged);
}

std::string SqliteJournal::name() const {
  return fmt::format("the journal `{}`", path_of(database_).string());
}

Result<std::int64_t> SqliteJournal::add_request(const NewRequest& request) {
  std::int64_t id = 0;
  const auto written = write([&]() -> Result<void> {
    MIG_ASSIGN(insert, database_.prepare("INSERT INTO request(run, want, who, why, at)"
                                         " VALUES(?1, ?2, ?3, ?4, ?5)"));
    insert.bind_text(1, request.run);
    insert.bind_text(2, request.want);
    insert.bind_text(3, request.who);
    insert.bind_text(4, request.why);
    insert.bind_text(5, print(clock_.now()));
    MIG_TRY(insert.run());
    id = last_insert_row_id(database_);
    return {};
  });
  if (!written) return std::unexpected(explain_journal_error(written.error(), path_of(database_)));
  return id;
}

Result<std::vector<Request>> SqliteJournal::requests_after(std::int64_t id) {
  std::vector<Request> requests;
  MIG_ASSIGN(select, database_.prepare("SELECT id, run, want, who, why, at FROM request"
                                       " WHERE id > ?1 ORDER BY id"));
  select.bind(1, id);
  while (true) {
    MIG_ASSIGN(has_row, select.step());
    if (!has_row) return requests;
    const auto at = instant_of(select.text(5));
    if (!at) {
      return fail(ErrorKind::Permanent,
                  fmt::format("request {} of {} is corrupt", select.integer(0), name()),
                  "do not write to it; restore a copy", Cause::Damaged);
    }
    requests.push_back({.id = select.integer(0),
                        .run = std::string(select.text(1)),
                        .want = std::string(select.text(2)),
                        .who = std::string(select.text(3)),
                        .why = std::string(select.text(4)),
                        .at = *at});
  }
}

}  // namespace mig::runtime
