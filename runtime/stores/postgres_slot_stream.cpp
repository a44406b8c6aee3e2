#include "runtime/stores/postgres_slot_stream.hpp"

#include <algorithm>
#include <array>
#include <libpq-fe.h>
#include <poll.h>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/postgres_database.hpp"

namespace mig::runtime {
namespace {

using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

// Entries that are kept for whoever is behind the follower: some tens of megabytes.
constexpr std::size_t kKept = 200'000;
// One call reads so many messages at most, and waits so often for one.
constexpr int kMessagesAtOnce = 100'000;
constexpr int kWaits = 25;
constexpr int kWaitMilliseconds = 20;

void append_number(std::string& out, std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  for (int shift = 56; shift >= 0; shift -= 8)
    out += static_cast<char>(bits >> shift & 0xff);
}

std::int64_t number_at(std::string_view bytes, std::size_t at) {
  std::uint64_t number = 0;
  for (const char byte : bytes.substr(at, 8))
    number = number << 8 | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(number);
}

// Inside single quotes.
std::string doubled(std::string_view text) {
  std::string twice;
  for (const char letter : text)
    twice.append(letter == '\'' ? 2 : 1, letter);
  return twice;
}

std::string lsn(std::int64_t place) {
  const auto bits = static_cast<std::uint64_t>(place);
  return fmt::format("{:X}/{:X}", bits >> 32, bits & 0xffffffff);
}

}  // namespace

Result<std::shared_ptr<PostgresSlotStream>> PostgresSlotStream::open(const Changelog& log,
                                                                     Connect asks,
                                                                     Connect streams) {
  MIG_ASSIGN(database, asks());
  MIG_ASSIGN(slot, PostgresSlot::of(database, log));
  std::shared_ptr<PostgresSlotStream> stream(
      new PostgresSlotStream(std::move(slot), std::move(asks), std::move(streams)));
  stream->asks_.emplace(std::move(database));
  return stream;
}

PostgresSlotStream::PostgresSlotStream(PostgresSlot slot, Connect asks, Connect streams)
    : slot_(std::move(slot)),
      connect_asks_(std::move(asks)),
      connect_link_(std::move(streams)),
      reader_(slot_) {}

Result<const Database*> PostgresSlotStream::asks() {
  if (asks_ && asks_->is_lost()) asks_.reset();
  if (!asks_) {
    MIG_ASSIGN(opened, connect_asks_());
    asks_.emplace(std::move(opened));
  }
  return &*asks_;
}

void PostgresSlotStream::close() {
  link_.reset();
  reader_.forget();
}

bool PostgresSlotStream::stand_behind(std::int64_t after, const std::string& history, bool begins) {
  if (history.empty() || after < 0) return false;
  if (history == history_ && from_ >= 0 && after >= from_) return true;
  if (!begins) return false;
  close();
  entries_.clear();
  history_ = history;
  from_ = settled_ = after;
  confirmed_ = reported_ = 0;
  return true;
}

std::size_t PostgresSlotStream::behind(std::int64_t after) const {
  const auto first = std::ranges::upper_bound(entries_, after, {}, &Entry::at);
  return static_cast<std::size_t>(first - entries_.begin());
}

void PostgresSlotStream::confirm(std::int64_t position) {
  if (position <= settled_) confirmed_ = std::max(confirmed_, position);
}

// A slot that begins behind what was read tells nothing of what lies between.
bool PostgresSlotStream::has_gap(const SlotState& now) const {
  return !now.exists || now.is_lost || now.is_foreign || now.history != history_ ||
         now.confirmed > settled_;
}

Result<bool> PostgresSlotStream::is_whole() {
  MIG_ASSIGN(database, asks());
  MIG_ASSIGN(now, slot_.state(*database));
  return !has_gap(now);
}

Result<bool> PostgresSlotStream::read_on(std::int64_t after, std::size_t limit) {
  is_drained_ = false;
  MIG_ASSIGN(database, asks());
  MIG_ASSIGN(now, slot_.state(*database));
  auto read = Result<void>();
  if (!has_gap(now)) {
    if (!link_) read = connect(now);
    if (read) read = pump(after, limit, now);
    if (read) return true;
    close();
    // Whoever lost its part of the log is sent away first, and told so second.
    MIG_ASSIGN(again, asks());
    MIG_ASSIGN(then, slot_.state(*again));
    if (!has_gap(then)) return std::unexpected(std::move(read).error());
  }
  close();
  from_ = -1;
  return false;
}

Result<void> PostgresSlotStream::connect(const SlotState& now) {
  MIG_ASSIGN(database, asks());
  // A runner that we took over from may still hang on it; the fence keeps it from writing.
  if (now.reader != 0) MIG_TRY(slot_.end_reader(*database));
  MIG_ASSIGN(opened, connect_link_());
  MIG_ASSIGN(handle, postgres_handle(opened));
  MIG_ASSIGN(publication, quote_identifier(slot_.publication()));
  const std::string sql = fmt::format(
      "START_REPLICATION SLOT \"{}\" LOGICAL {} (proto_version '1', publication_names '{}', "
      "messages 'true')",
      slot_.name(), lsn(settled_), doubled(publication));
  const Answer answer(PQexec(handle, sql.c_str()), PQclear);
  if (PQresultStatus(answer.get()) != PGRES_COPY_BOTH) return postgres_failure(opened, sql);
  link_.emplace(std::move(opened));
  reader_.forget();
  must_report_ = true;
  return {};
}

// Up to all that was committed when the server was asked, or to `limit` entries.
Result<void> PostgresSlotStream::pump(std::int64_t after, std::size_t limit, const SlotState& now) {
  int waits = 0;
  bool is_nudged = false;
  for (int i = 0; i < kMessagesAtOnce && settled_ < now.written; ++i) {
    if (entries_.size() - behind(after) >= limit) break;
    MIG_ASSIGN(copied, receive());
    if (copied) {
      waits = 0;
      MIG_TRY(take(*copied));
    } else {
      if (++waits == kWaits) break;
      // Only what is on the server's disk is sent.
      if (!is_nudged && now.flushed < now.written) MIG_TRY(nudge());
      is_nudged = true;
    }
  }
  is_drained_ = settled_ >= now.written;
  trim();
  return report();
}

Result<std::optional<std::string>> PostgresSlotStream::receive() {
  MIG_ASSIGN(handle, postgres_handle(*link_));
  for (bool has_waited = false;; has_waited = true) {
    char* bytes = nullptr;
    const int size = PQgetCopyData(handle, &bytes, 1);
    if (size > 0) {
      std::string copied(bytes, static_cast<std::size_t>(size));
      PQfreemem(bytes);
      return std::optional(std::move(copied));
    }
    if (size < 0) {
      const Answer answer(PQgetResult(handle), PQclear);
      return postgres_failure(*link_, "START_REPLICATION");
    }
    if (has_waited) return std::optional<std::string>();
    pollfd socket{.fd = PQsocket(handle), .events = POLLIN, .revents = 0};
    MIG_TRY(report());
    poll(&socket, 1, kWaitMilliseconds);
    if (PQconsumeInput(handle) == 0) return postgres_failure(*link_, "START_REPLICATION");
  }
}

Result<void> PostgresSlotStream::take(std::string_view copied) {
  constexpr std::size_t kDataHead = 25;   // where it stands, where the log ends, when
  constexpr std::size_t kAliveSize = 18;  // where the sender is, when, whether it wants an answer
  if (copied.front() == 'k' && copied.size() == kAliveSize) {
    // All that was committed in front of it has been sent, but what is being sent now.
    if (!reader_.is_in_transaction()) settled_ = std::max(settled_, number_at(copied, 1));
    must_report_ = must_report_ || copied.back() != 0;
    return {};
  }
  if (copied.front() != 'w' || copied.size() <= kDataHead) return {};
  MIG_ASSIGN(database, asks());
  MIG_ASSIGN(told, reader_.take(copied.substr(kDataHead), *database));
  if (!told || told->behind <= settled_) return {};
  settled_ = told->behind;
  for (std::string& place : told->places)
    entries_.push_back({told->behind, told->xid, std::move(place)});
  return {};
}

// Only what the follower's target holds may be forgotten; that more was read keeps the server from
// asking for it.
Result<void> PostgresSlotStream::report() {
  if (!must_report_ && reported_ == confirmed_) return {};
  std::string message = "r";
  append_number(message, settled_);
  append_number(message, confirmed_);
  append_number(message, confirmed_);
  append_number(message, 0);  // its time is for people who look at the server
  message += '\0';
  MIG_ASSIGN(handle, postgres_handle(*link_));
  const bool is_sent =
      PQputCopyData(handle, message.data(), static_cast<int>(message.size())) == 1 &&
      PQflush(handle) == 0;
  if (!is_sent) return postgres_failure(*link_, "START_REPLICATION");
  must_report_ = false;
  reported_ = confirmed_;
  return {};
}

// A commit of ours, behind all that was written: it takes the log to the disk, and past the head of
// a page, on which a log ends that nobody writes to.
Result<void> PostgresSlotStream::nudge() {
  MIG_ASSIGN(database, asks());
  return database->execute(fmt::format(
      "BEGIN; SET LOCAL synchronous_commit = local; SELECT {}; COMMIT", own_writes_sql()));
}

void PostgresSlotStream::trim() {
  while (entries_.size() > kKept && entries_.front().at <= confirmed_) {
    from_ = entries_.front().at;
    while (!entries_.empty() && entries_.front().at == from_)
      entries_.pop_front();
  }
}

Result<PostgresSlotStream::Beginning> PostgresSlotStream::begin_anew() {
  close();
  from_ = -1;
  history_.clear();
  entries_.clear();
  MIG_ASSIGN(database, asks());
  MIG_ASSIGN(before, slot_.state(*database));
  if (before.exists && !before.is_foreign) MIG_TRY(slot_.drop(*database));
  {
    MIG_ASSIGN(transaction, Transaction::begin_write(*database));
    MIG_TRY(slot_.publish(*database));
    MIG_TRY(transaction.commit());
  }
  MIG_ASSIGN(place, slot_.create(*database));
  {
    MIG_ASSIGN(transaction, Transaction::begin_write(*database));
    MIG_TRY(slot_.wait_for_writers(*database));
    MIG_TRY(transaction.commit());
  }
  MIG_ASSIGN(now, slot_.state(*database));
  return Beginning{place, now.history};
}

}  // namespace mig::runtime
