// A preview as plain data: what a reviewer is told of a plan before it runs.
//
// Made by make_document.hpp, drawn as text, Markdown, JSON and SARIF, kept whole in a saved plan,
// so that whoever shows it later shows what was reviewed. Every number says how it is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/plan.hpp"

namespace mig::cli {

// Of the JSON form: a minor version adds keys, a major one takes some away.
inline constexpr std::string_view kPreviewFormat = "mig.preview/1.0";

// How a number is known.
enum class Certainty : std::uint8_t {
  Fact,      // counted, read from a catalogue, or written in the plan
  Sample,    // of some rows
  Estimate,  // computed; `from` is the formula
};

struct ShownNumber {
  std::int64_t value = 0;
  Certainty kind = Certainty::Fact;
  std::string from;  // how it came to be: `count(*)`, `the file's size`
  bool operator==(const ShownNumber&) const = default;
};

// What a length of time says of how long something takes.
enum class Bound : std::uint8_t { Exactly, AtLeast, AtMost };

struct ShownTime {
  plan::Duration ns = plan::Duration::zero();
  Bound bound = Bound::Exactly;
  Certainty kind = Certainty::Estimate;
  std::string from;
  bool operator==(const ShownTime&) const = default;
};

struct ShownHashes {
  std::string plan;
  std::string source;
  std::string review;  // of the plan and the stores it was looked at with; empty offline
  std::string live;    // of the schemas that were read; empty offline
  bool operator==(const ShownHashes&) const = default;
};

struct ShownStore {
  std::string name;
  std::string kind;
  std::string location;  // a path or URL as written, or where a secret is kept: `env:APP_DSN`
  std::string identity;  // empty: not looked at, or nothing is there yet
  std::optional<ShownNumber> bytes;
  bool operator==(const ShownStore&) const = default;
};

// What moves: the plan, or one of its resources.
struct ShownMovement {
  std::string resource;  // empty: the plan itself
  std::string from;
  std::string to;
  std::string via;
  std::string back;
  bool may_go_back_alone = false;
  bool operator==(const ShownMovement&) const = default;
};

struct ShownDataset {
  std::string name;
  std::string store;
  std::string table;
  std::optional<bool> exists;  // absent: not looked at
  std::optional<ShownNumber> rows;
  std::optional<ShownNumber> greatest_key;  // of a key that is one integer
  bool operator==(const ShownDataset&) const = default;
};

struct ShownReject {
  std::string key;
  std::string field;
  std::string reason;
  bool operator==(const ShownReject&) const = default;
};

// Rows that were carried over without being written.
struct ShownSample {
  std::string resource;
  std::int64_t read = 0;
  std::int64_t rejected = 0;
  std::string which;  // `the first 10,000 in key order`
  std::vector<ShownReject> first;
  std::string limit;  // how many may be rejected; empty where nothing is copied
  std::optional<std::int64_t> rows_per_second;
  bool operator==(const ShownSample&) const = default;
};

struct ShownClause {
  std::string text;  // as written
  std::string seen;  // empty: nobody looked
  bool operator==(const ShownClause&) const = default;
};
struct ShownGate {
  std::string name;
  std::string now;  // pass, fail, no_data, source_error, not_checked
  std::vector<ShownClause> clauses;
  bool operator==(const ShownGate&) const = default;
};

enum class Sign : std::uint8_t {
  Create,
  Delete,
  Change,
  Move,     // rows
  Compare,  // sides
  Share,    // of the reads
  Turn,     // of the writes
  Wait,     // for a gate, a person, a time
  Look,     // what a reviewer must not miss
};
enum class Risk : std::uint8_t {
  None,    // nothing that anybody keeps or sees changes
  Low,     // something is added, or rows are written that nobody reads
  Medium,  // clients notice: their reads or writes move, or they wait
  High,    // nothing takes it back, or all of them move at once
};

// One line of a preview: a step, or the steps of a ramp.
struct ShownChange {
  std::vector<std::string> steps;
  std::string verb;
  std::uint32_t line = 0;  // in the plan's file
  Sign sign = Sign::Look;
  std::string what;
  // Of the reads, answered by the new side once it is done: at least, at most; parts of 10^9.
  plan::Ratio fewest_reads_new;
  plan::Ratio most_reads_new;
  Risk risk = Risk::None;
  std::optional<ShownTime> takes;  // absent: nobody can know
  std::string way_back;
  std::optional<ShownTime> back_in;  // to where all was before, once it is done; absent: never
  bool is_destructive = false;
  std::optional<ShownNumber> rows;
  bool is_point_of_no_return = false;
  std::string after;  // what holds once it is done
  bool operator==(const ShownChange&) const = default;
};

struct ShownPhase {
  std::string name;
  std::string about;
  std::string resource;
  std::vector<std::string> needs;  // the phases that come before
  std::string window;              // empty: at any time
  std::string opens;               // when; empty: now, or not looked at
  std::vector<ShownChange> changes;
  bool operator==(const ShownPhase&) const = default;
};

struct ShownProof {
  std::int64_t states = 0;
  bool is_complete = true;
  std::uint32_t failures = 0;  // in one run, at most
  std::uint32_t crashes = 0;
  std::string text;
  bool operator==(const ShownProof&) const = default;
};

// What no proof can know, and what speaks for it.
struct ShownAssumption {
  std::string text;
  std::string support;  // empty: nothing but the author's word
  bool operator==(const ShownAssumption&) const = default;
};

struct ShownPlace {
  std::string file;
  std::uint32_t line = 0;  // from 1; 0: none
  std::uint32_t column = 0;
  std::uint32_t end_line = 0;
  std::uint32_t end_column = 0;
  bool operator==(const ShownPlace&) const = default;
};
struct ShownLabel {
  ShownPlace place;
  std::string text;
  bool operator==(const ShownLabel&) const = default;
};
struct ShownTraceLine {
  std::uint32_t number = 0;  // 0: some are left out here
  std::string actor;
  std::string phase;
  std::string text;
  ShownPlace place;
  bool operator==(const ShownTraceLine&) const = default;
};
struct ShownDiagnostic {
  std::string code;
  std::string severity;  // error or warning
  std::string message;
  ShownPlace place;
  std::string label;
  std::vector<ShownLabel> labels;
  std::vector<std::string> notes;
  std::vector<std::string> helps;
  std::vector<ShownTraceLine> trace;
  std::string outcome;
  bool operator==(const ShownDiagnostic&) const = default;
};

// A reason of the stores' why a run would not begin.
struct ShownObstacle {
  std::int32_t exit = 0;
  std::string message;
  std::string help;
  bool operator==(const ShownObstacle&) const = default;
};

struct ShownFinish {
  ShownTime takes;
  std::vector<std::string> without;  // what it leaves out: approvals, what nobody has counted
  std::string point_of_no_return;    // not before; empty: there is none
  bool operator==(const ShownFinish&) const = default;
};

struct Document {
  std::string format;
  std::string mig;
  std::uint32_t edition = 1;
  std::string outcome;  // changes, none, error, refused
  std::string plan;
  std::string about;
  std::string env;
  std::string file;
  std::string made_at;
  std::string valid_until;  // of a saved plan
  std::string run;          // that goes on from its journal; empty: none has begun
  ShownHashes hash;
  bool is_live = false;
  std::string why_not_live;
  std::vector<plan::Parameter> params;
  std::vector<ShownMovement> movements;
  std::vector<ShownStore> stores;
  std::vector<ShownDataset> datasets;
  std::vector<ShownSample> samples;
  std::vector<ShownGate> gates;
  std::vector<ShownPhase> phases;
  ShownProof proof;
  std::vector<std::string> beyond;     // what this version cannot carry out
  std::vector<std::string> residents;  // for how long somebody has to stay
  std::vector<std::string> limits;     // how long a step may take
  std::vector<std::string> locks;
  std::vector<ShownAssumption> assumptions;
  std::int64_t tables_created = 0;
  std::optional<ShownNumber> rows_deleted;
  ShownFinish finish;
  std::vector<std::string> warnings;  // of the look at the stores
  std::vector<ShownObstacle> obstacles;
  std::vector<ShownDiagnostic> diagnostics;
  std::vector<std::string> since;  // what is different from the preview it was compared with
  bool operator==(const Document&) const = default;
};

}  // namespace mig::cli
