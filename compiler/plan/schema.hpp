// What a plan knows about the two sides: stores, the shape of their rows, and how rows are carried
// over.
//
// Plain data, immutable once the plan is built, safe to share between threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/expr.hpp"
#include "compiler/plan/ids.hpp"
#include "compiler/plan/types.hpp"
#include "compiler/plan/units.hpp"
#include "compiler/plan/value.hpp"

namespace mig::plan {

enum class StoreKind : std::uint8_t {
#define STORE(enumerator, language_name, abilities, is_opened) enumerator,
#include "compiler/plan/stores.def"
#undef STORE
};
enum class RouterKind : std::uint8_t {
#define ROUTER(enumerator, language_name, abilities, is_opened) enumerator,
#include "compiler/plan/routers.def"
#undef ROUTER
};
std::string_view name(StoreKind kind);
std::string_view name(RouterKind kind);
std::optional<StoreKind> store_kind_named(std::string_view name);
std::optional<RouterKind> router_kind_named(std::string_view name);

// What a plan may ask of a kind of store.
enum class StoreAbility : std::uint8_t {
  Rows,        // rows of an entity are read and written by their key
  Schema,      // they stand in tables, which can be made and changed
  Guard,       // triggers refuse, log and carry over what is written
  Statements,  // the author's own
  Locks,       // a change of a table waits for those who use it, and lets nobody pass meanwhile
  Concurrent,  // an index is built while others write
  Keys,        // they stand under keys of a pattern, and may expire
};
bool can(StoreKind kind, StoreAbility ability);

// What a plan may ask of a kind of router.
enum class RouterAbility : std::uint8_t {
  Reads,     // tells where to read
  Writes,    // tells where to write
  Requests,  // every request passes through it: it writes both sides, compares and measures
};
bool can(RouterKind kind, RouterAbility ability);

// Whether this version has an adapter for it.
bool is_opened(StoreKind kind);
bool is_opened(RouterKind kind);

// Where something is: a path or URL as written, or the reference of a secret that only the runtime
// resolves (`env:APP_DSN`, `file:/run/secrets/x`).
struct Location {
  std::string text;
  bool secret = false;
  bool operator==(const Location&) const = default;
};

// How a store tells who follows it which of its rows changed.
enum class ChangeSource : std::uint8_t {
  Triggers,  // its tables note it themselves
  Slot,      // postgres: its write-ahead log is decoded, and kept for as long as nobody reads it
};

struct Store {
  std::string name;
  StoreKind kind = StoreKind::Sqlite;
  Location location;  // sqlite: a path, relative to the plan file; else a URL
  Duration busy_timeout = std::chrono::seconds(5);  // sqlite: longest wait for another writer
  std::optional<Duration> lock_timeout;             // postgres: longest wait of a change of tables
  std::optional<StoreId> caches;                    // what a row that is not here is refilled from
  std::optional<std::int64_t> max_memory;           // redis: in bytes
  std::optional<RowCount> max_changelog;            // what may wait there to be carried over
  std::optional<std::int64_t> expect;               // rows that clients write a second, times 10^9
  ChangeSource changes = ChangeSource::Triggers;    // where it is followed
  bool operator==(const Store&) const = default;
};

struct Router {
  std::string name;
  RouterKind kind = RouterKind::File;
  std::string path;                     // file: relative to the plan file
  std::optional<StoreId> store;         // table: where it is
  std::string table;                    // table, channel: its name there
  std::vector<std::string> attributes;  // what a request can say about itself
  std::string listen;                   // of one that requests pass through: where clients connect
  Location location;                    // hook: whom it tells
  std::optional<std::int64_t> expect;   // requests per second, times 10^9
  bool operator==(const Router&) const = default;
};

// A side that is reached by HTTP.
struct Service {
  std::string name;
  Location location;
  bool operator==(const Service&) const = default;
};

// `GET /auth/{id}`: requests that belong together.
struct RequestRoute {
  std::string method;
  std::string path;
  bool idempotent = false;      // the author says that asking twice does what asking once does
  std::string idempotency_key;  // the header by which the service knows a request again
  bool operator==(const RequestRoute&) const = default;
};
std::string print(const RequestRoute& route);
// Whether the request may be sent to both sides, or again, and does nothing more by that.
bool is_repeatable(const RequestRoute& route);

// `-> Other.field`
struct Reference {
  EntityId entity;
  std::uint32_t field = 0;
  bool operator==(const Reference&) const = default;
};

struct Field {
  std::string name;
  std::string column;  // what the store calls it
  Type type;
  bool key = false;
  bool generated = false;         // the store hands out the key
  bool version = false;           // serves `on_conflict = newer`
  std::optional<Value> fallback;  // what rows written before the field existed get
  std::optional<Reference> references;
  bool operator==(const Field&) const = default;
};

// `where … else "message"`: a row that breaks it is rejected.
struct Rule {
  Expr condition;
  std::string message;
  bool operator==(const Rule&) const = default;
};

struct Entity {
  std::string name;
  std::vector<Field> fields;
  std::vector<Rule> rules;
  bool operator==(const Entity&) const = default;

  // Positions of the key's fields, in the order of declaration. Never empty.
  std::vector<std::uint32_t> key() const;
  std::optional<std::uint32_t> version_field() const;
};

// How a field is compared: the expression sees the row of its entity.
struct Canonical {
  std::uint32_t field = 0;
  Expr form;
  bool operator==(const Canonical&) const = default;
};

// How a row is written under its key.
enum class Codec : std::uint8_t { Json, Hash, String };

// The keys of a dataset whose store keeps no tables: `sess:{id}`.
struct Keyspace {
  std::string pattern;
  Codec codec = Codec::Json;
  std::optional<Duration> ttl;  // absent: a key stays until it is deleted
  bool operator==(const Keyspace&) const = default;
};

struct Dataset {
  std::string name;
  EntityId entity;
  StoreId store;
  std::string table;  // empty with `keys`
  std::vector<Canonical> canonical;
  std::optional<Keyspace> keys;
  bool operator==(const Dataset&) const = default;

  // What tells it from the other datasets of its store.
  const std::string& place() const { return keys ? keys->pattern : table; }
};

// One kind of row that a transform makes out of a source row.
struct Emit {
  EntityId entity;
  std::optional<Expr> when;  // emits only where it holds
  std::optional<Expr> each;  // a list: emits once an element
  bool shared = false;  // several source rows may make this row; they must agree in every field
  std::vector<Expr> values;  // one a field of the entity, in order
  bool operator==(const Emit&) const = default;
};

// Rows that go into a transform beside the one that drives it: those whose key refers to its key.
struct Companion {
  EntityId entity;
  bool is_list = false;           // any number of them, in the order of their key; else at most one
  std::vector<std::uint32_t> by;  // the fields that refer, in the order of the driving row's key
  bool operator==(const Companion&) const = default;
};

struct Transform {
  std::string name;
  EntityId input;  // of the row that drives it
  std::vector<Expr> lets;
  std::vector<Emit> emits;
  std::vector<Companion> companions;
  bool operator==(const Transform&) const = default;
};

}  // namespace mig::plan
