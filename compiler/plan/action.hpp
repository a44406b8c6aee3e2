// The closed set of verbs: everything that a step of a plan can do.
//
// A new verb is a new struct here; every visit that has to know it then stops compiling. Plain
// data, immutable once the plan is built, safe to share between threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/plan/ids.hpp"
#include "compiler/plan/units.hpp"
#include "compiler/plan/value.hpp"

namespace mig::plan {

// ---- structure

struct Create {
  static constexpr std::string_view kName = "create";
  std::vector<DatasetId> datasets;
  bool operator==(const Create&) const = default;
};

struct AddField {
  static constexpr std::string_view kName = "add field";
  DatasetId dataset;
  std::uint32_t field = 0;
  std::optional<Value> fill;  // what the rows that exist get; absent = NULL
  bool operator==(const AddField&) const = default;
};

struct AddIndex {
  static constexpr std::string_view kName = "add index";
  DatasetId dataset;
  std::vector<std::uint32_t> fields;
  bool unique = false;
  bool concurrently = false;  // while clients go on to write the table
  bool operator==(const AddIndex&) const = default;
};

struct DropField {
  static constexpr std::string_view kName = "drop field";
  DatasetId dataset;
  std::uint32_t field = 0;
  bool operator==(const DropField&) const = default;
};

struct Drop {
  static constexpr std::string_view kName = "drop";
  std::vector<DatasetId> datasets;
  std::optional<Duration> after_idle;  // once nobody has used them for so long
  std::string without_backup;          // why no copy of them is kept; empty: one is
  bool operator==(const Drop&) const = default;
};

// Empties datasets that nothing uses yet.
struct Purge {
  static constexpr std::string_view kName = "purge";
  std::vector<DatasetId> datasets;
  bool operator==(const Purge&) const = default;
};

// Copies datasets to a file of their own and proves that the copy can be read back.
struct Backup {
  static constexpr std::string_view kName = "backup";
  std::vector<DatasetId> datasets;
  std::string to;  // relative to the plan file
  std::optional<Duration> keep;
  bool operator==(const Backup&) const = default;
};

struct Sql {
  static constexpr std::string_view kName = "sql";
  StoreId store;
  std::string text;
  std::string undo;         // empty: nothing undoes it
  bool idempotent = false;  // the author says that running it twice does what running it once does
  bool operator==(const Sql&) const = default;
};

// ---- data

enum class CopyKind : std::uint8_t { Snapshot, Scan };
enum class OnConflict : std::uint8_t { Keep, Replace, Newer, Merge };
// Whether what stands there may become older than it was.
constexpr bool overwrites(OnConflict rule) {
  return rule == OnConflict::Replace || rule == OnConflict::Merge;
}
// What rows that are there take over, with Merge.
struct MergedField {
  DatasetId dataset;
  std::uint32_t field = 0;
  bool operator==(const MergedField&) const = default;
};
enum class PaceKind : std::uint8_t {
  Polite,   // short writes, each followed by a pause at least as long
  Full,     // as fast as the stores take it
  Limited,  // at most `rate`, and at most `bytes`
};
struct Pace {
  PaceKind kind = PaceKind::Polite;
  RowRate rate;                   // of no rows: rows have no limit
  std::optional<ByteRate> bytes;  // of the rows as they are read
  bool operator==(const Pace&) const = default;
};

// What happens to a row that cannot be moved. `most` is a share of the rows read in this copy.
struct Rejects {
  bool quarantine = false;
  Ratio most;
  std::string owner;
  bool operator==(const Rejects&) const = default;
};

// From the plan's old side to its new one, through its transform.
struct Copy {
  static constexpr std::string_view kName = "copy";
  CopyKind kind = CopyKind::Snapshot;
  RowCount chunk{2000};
  Pace pace;
  OnConflict on_conflict = OnConflict::Keep;
  Rejects rejects;
  std::optional<Duration> max_lag;  // it waits while a replica of the target is further back
  std::optional<std::uint32_t> max_active;  // … or more sessions work in a PostgreSQL of its sides
  std::vector<MergedField> merged;          // with Merge, and never empty there
  bool operator==(const Copy&) const = default;
};
// Of that dataset. Empty: rows that are there stay as they are.
std::vector<std::uint32_t> merged_in(const std::vector<MergedField>& merged, DatasetId dataset);

// Compares both sides. `sample` absent means every row.
struct Verify {
  static constexpr std::string_view kName = "verify";
  std::optional<Ratio> sample;
  bool repair = false;                     // from the authority
  Ratio most_deletes = Ratio::percent(1);  // repair stops rather than delete a larger share
  bool operator==(const Verify&) const = default;
};

// ---- traffic

enum class Side : std::uint8_t { Old, New, None };

// How the side that is not the authority gets its writes.
enum class WriteMode : std::uint8_t {
  Sync,         // the router writes both
  Follow,       // mig carries over what the authority's changelog says
  Transaction,  // triggers in the one store that holds both
  App,          // the application writes both
};

// What becomes of a key that the router could not write on the side that follows, with Sync.
enum class MirrorError : std::uint8_t { DeleteKey, Repair };

// When the client is told that a write is safe.
enum class Ack : std::uint8_t {
  Authority,  // once the authority has it
  Both,       // once both sides have it
  Applied,    // once mig has carried it over, with Follow
};

// Who takes writes: the authority, whose acknowledgement counts. None: nobody, while the
// application stands still. With `share` only so many keys have the new side as their authority.
struct RouteWrites {
  static constexpr std::string_view kName = "writes";
  Side to = Side::Old;
  std::optional<Duration> max_downtime;  // with None: longest time until writes go on
  std::optional<WriteMode> mirror;       // the other side gets the writes as well
  std::optional<Duration> max_lag;       // with Follow: how far behind the other side may be
  std::optional<Duration> max_pause;     // where the authority moves: how long nobody may write
  std::optional<MirrorError> on_mirror_error;
  std::optional<Ack> ack;
  std::optional<Ratio> share;           // with New: of the keys; absent: all of them
  std::vector<std::uint32_t> by;        // fields of the old side's entity; empty: its key
  std::vector<std::string> by_request;  // of a service: what a request says
  bool operator==(const RouteWrites&) const = default;
};

// Takes the authority back to the old side and moves it over again, while nothing is wrong yet.
struct Rehearse {
  static constexpr std::string_view kName = "rehearse";
  bool operator==(const Rehearse&) const = default;
};

// What a request says about itself: an attribute of the router, and the values that it may have.
struct AttributeIn {
  std::string attribute;
  std::vector<std::string> values;
  bool operator==(const AttributeIn&) const = default;
};
// Why a read of the new side is asked again of the old one.
enum class ReadFailure : std::uint8_t {
  Error,
  Timeout,
  Miss,  // it is not there, and the copy has not been where it would be
};

// Who answers reads. The old side answers whatever `share` and `where` leave.
struct RouteReads {
  static constexpr std::string_view kName = "reads";
  Side to = Side::Old;
  std::optional<Ratio> share;            // with New: of the keys; absent: all of them
  std::vector<std::uint32_t> by;         // fields of the old side's entity; empty: its key
  std::vector<AttributeIn> where;        // with New: a request has to fit all of them
  Duration stale_ok = Duration::zero();  // how far behind the authority an answer may be
  std::vector<ReadFailure> fallback;
  std::vector<std::string> by_request;  // of a service: what a request says
  bool through = false;  // with New: what it misses is read from old and copied forward
  bool operator==(const RouteReads&) const = default;
};

// `shadow reads 100% { ignore "$.meta.ts" }`: both sides answer, the side that answered before is
// served, and the answers are compared. Nothing of the requests: `shadow off`.
struct Shadow {
  static constexpr std::string_view kName = "shadow";
  Ratio share;
  std::vector<std::string> ignore;     // paths whose values may differ
  std::vector<std::string> unordered;  // paths of lists whose order says nothing
  bool operator==(const Shadow&) const = default;
};

// Sends recorded requests to both sides and compares the answers.
struct Parity {
  static constexpr std::string_view kName = "parity";
  std::string suite;  // relative to the plan file
  bool operator==(const Parity&) const = default;
};

// Until the plan ends no name and no field of the contract may change.
struct Freeze {
  static constexpr std::string_view kName = "freeze";
  std::string contract;  // relative to the plan file
  bool operator==(const Freeze&) const = default;
};

// Keeps what the old side measures now, for gates to compare with later.
struct Capture {
  static constexpr std::string_view kName = "capture";
  std::string baseline;
  bool operator==(const Capture&) const = default;
};

// ---- waiting

// Holds for `length` while every gate is judged each time its `every` has passed. A `require` is a
// hold as long as its gate's window.
struct Hold {
  static constexpr std::string_view kName = "hold";
  Duration length = Duration::zero();
  std::vector<GateId> gates;
  bool required = false;  // written as `require`: the gate alone is the point
  std::string because;    // why it is as long as it is
  bool operator==(const Hold&) const = default;
};

struct Approve {
  static constexpr std::string_view kName = "approve";
  std::string who;
  std::optional<Duration> within;
  bool by_author = false;  // whoever started the run may approve it, too
  bool operator==(const Approve&) const = default;
};

// ---- what a reviewer must see

// What a plan may take upon itself.
enum class AcceptedRisk : std::uint8_t {
  AllAtOnce,     // everything moves in one step
  UnlimitedWal,  // a server keeps its write-ahead log for a slot without a limit
};

// `accept all_at_once "why" { max_downtime }`
struct Accept {
  static constexpr std::string_view kName = "accept";
  std::string reason;
  std::optional<Duration> max_downtime;  // of AllAtOnce
  AcceptedRisk risk = AcceptedRisk::AllAtOnce;
  bool operator==(const Accept&) const = default;
};

struct PointOfNoReturn {
  static constexpr std::string_view kName = "point_of_no_return";
  std::string reason;
  bool operator==(const PointOfNoReturn&) const = default;
};

// `leave writes new, old { because = "…" }`: what the plan leaves as it is when it ends, though
// both sides have a part in it: the writes or the reads of the steps above.
enum class Left : std::uint8_t { Writes, Reads };
struct Leave {
  static constexpr std::string_view kName = "leave";
  Left what = Left::Writes;
  std::string reason;
  bool operator==(const Leave&) const = default;
};

using Action = std::variant<Create, AddField, AddIndex, DropField, Drop, Purge, Backup, Sql, Copy,
                            Verify, RouteWrites, RouteReads, Hold, Approve, Accept, PointOfNoReturn,
                            Rehearse, Leave, Shadow, Parity, Freeze, Capture>;

std::string_view name(const Action& action);

// The datasets that a step names.
std::vector<DatasetId> datasets_of(const Action& action);

}  // namespace mig::plan
