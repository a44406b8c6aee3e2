// The journal: what a run did, in order, for ever. Whoever continues a run reads it from here.
//
// Records are appended and never changed; each is chained to the one before it by a hash. A record
// is written only by whoever holds the lease, so two runners never write one history. FORMAT.md
// has the bytes. One Journal belongs to one thread; many processes may open the same file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

struct NewRecord {
  std::string kind;
  std::string body;  // JSON
  std::string actor;
};

struct JournalRecord {
  std::int64_t seq = 0;  // 1, 2, 3, ... without gaps
  std::string kind;
  std::string body;
  Instant at;  // for people; order is `seq`
  std::string actor;
  std::int64_t epoch = 0;  // of the lease it was written under
};

// What somebody wants of a run. It is a wish, not state: the runner answers it with a record.
struct NewRequest {
  std::string run;
  std::string want;
  std::string who;
  std::string why;
};

struct Request {
  std::int64_t id = 0;  // 1, 2, 3, ...
  std::string run;
  std::string want;
  std::string who;
  std::string why;
  Instant at;
};

// The right to write about one resource, as last granted. A later grant has a higher epoch.
struct Lease {
  std::string resource;
  std::int64_t epoch = 0;
  std::string holder;
  pid_t pid = 0;
  std::string host;
  Instant granted_at;
  Instant beat_at;
  Instant expires_at;
  // By Clock::elapsed: without a beat before then, the holder stops by itself. Meaningful only in
  // the process that took the lease.
  Duration stop_at{};
};

class Journal {
 public:
  virtual ~Journal() = default;

  // Writes all of them durably in one transaction, or none. Conflict when another epoch holds the
  // lease, and only then; Transient when somebody else kept the journal locked for too long.
  // Returns the last one's seq. When the outcome stays unknown even after looking again,
  // every later append is refused: the process ends, and the file decides at the next start.
  virtual Result<std::int64_t> append(const Lease& held, std::span<const NewRecord> records) = 0;

  // Up to `limit` records behind `after_seq`, each checked against the chain; empty at the end.
  // No lock is held once it returns.
  virtual Result<std::vector<JournalRecord>> read(std::int64_t after_seq, std::size_t limit) = 0;

  // Walks the whole chain and compares its end with the head. Returns the number of records.
  virtual Result<std::int64_t> verify() = 0;

  // Anybody may wish, with or without a lease. Returns the request's id.
  virtual Result<std::int64_t> add_request(const NewRequest& request) = 0;
  virtual Result<std::vector<Request>> requests_after(std::int64_t id) = 0;

  // A holder whose process is gone is succeeded at once, a silent one when its time is over. Until
  // then: Conflict, with who and since when. From the moment this returns, no older epoch writes.
  virtual Result<Lease> take(const std::string& resource, const std::string& holder) = 0;
  // Renews `held` and its times. Conflict when it was lost, and only then.
  virtual Result<void> beat(Lease& held) = 0;
  virtual Result<void> release(const Lease& held) = 0;
};

inline Result<std::int64_t> append(Journal& journal, const Lease& held, const NewRecord& record) {
  return journal.append(held, {&record, 1});
}

}  // namespace mig::runtime
