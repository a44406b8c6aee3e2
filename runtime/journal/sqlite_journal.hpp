// A journal in one SQLite file: `journal.db`, with `journal.db.lock` and `journal.db.reserve`
// beside it. Durable against power loss: rollback journal, truncated and synced at every commit.
//
// One thread. Every process has its own; each holds SQLite's lock only inside a call.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "runtime/data/sha256.hpp"
#include "runtime/journal/journal.hpp"
#include "runtime/journal/lock_file.hpp"
#include "runtime/journal/reserve_file.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

struct JournalOptions {
  Mode mode = Mode::ReadWrite;
  std::string created_by = "mig";  // goes into `meta` when the file is created
  Duration lease_time = std::chrono::seconds(30);
  std::chrono::milliseconds busy_wait{5000};  // the longest wait for another process
  std::int64_t reserve_bytes = 4 << 20;
};

class SqliteJournal final : public Journal {
 public:
  // The clock outlives the journal.
  static Result<std::unique_ptr<SqliteJournal>> open(const std::filesystem::path& path,
                                                     const Clock& clock,
                                                     const JournalOptions& options);

  Result<std::int64_t> append(const Lease& held, std::span<const NewRecord> records) override;
  Result<std::vector<JournalRecord>> read(std::int64_t after_seq, std::size_t limit) override;
  Result<std::int64_t> verify() override;
  Result<std::int64_t> add_request(const NewRequest& request) override;
  Result<std::vector<Request>> requests_after(std::int64_t id) override;
  Result<Lease> take(const std::string& resource, const std::string& holder) override;
  Result<void> beat(Lease& held) override;
  Result<void> release(const Lease& held) override;

  // Never changes; the targets' fences carry it.
  const std::string& uuid() const { return uuid_; }
  // Every lease ever granted, as last written, by resource.
  Result<std::vector<Lease>> leases();

 private:
  struct Head {
    std::int64_t seq = 0;
    Sha256 hash{};
    bool operator==(const Head&) const = default;
  };
  // Where an append started and where it leads, for deciding after a failed commit.
  struct Move {
    Head from;
    Head to;
  };

  SqliteJournal(Database database, std::string uuid, const Clock& clock,
                const JournalOptions& options);
  Result<void> prepare_statements();

  Result<void> write(const std::function<Result<void>()>& work);
  Result<Move> append_inside(const Lease& held, std::span<const NewRecord> records);
  Result<std::int64_t> settle(const Move& move, const Error& error);
  Result<void> check_held(const Lease& held);
  Result<std::optional<Lease>> find_lease(const std::string& resource);
  Result<void> store_lease(const Lease& lease);
  Result<Lease> grant(const std::string& resource, const std::string& holder);
  Result<Head> head();
  Result<Sha256> hash_of(std::int64_t seq);
  Result<void> check_tail(std::int64_t last_found, const Sha256& hash);
  std::unexpected<Error> corrupt(std::int64_t seq, std::string_view why) const;
  std::string name() const;

  Database database_;
  std::string uuid_;
  const Clock& clock_;
  JournalOptions options_;
  ReserveFile reserve_;
  std::optional<LockFile> lock_file_;  // none in a journal opened for reading
  Head last_seen_;                     // of our own commits: a head behind it lost records
  bool is_outcome_unknown_ = false;

  std::optional<Statement> select_head_, update_head_, insert_record_, select_lease_;
};

}  // namespace mig::runtime
