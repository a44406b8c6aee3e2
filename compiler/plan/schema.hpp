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
#define STORE(enumerator, language_name, capabilities) enumerator,
#include "compiler/plan/stores.def"
#undef STORE
};
enum class RouterKind : std::uint8_t {
#define ROUTER(enumerator, language_name, capabilities) enumerator,
#include "compiler/plan/routers.def"
#undef ROUTER
};
std::string_view name(StoreKind kind);
std::string_view name(RouterKind kind);

// Where something is: a path or URL as written, or the reference of a secret that only the runtime
// resolves (`env:APP_DSN`, `file:/run/secrets/x`).
struct Location {
  std::string text;
  bool secret = false;
  bool operator==(const Location&) const = default;
};

struct Store {
  std::string name;
  StoreKind kind = StoreKind::Sqlite;
  Location location;                                // sqlite: a path, relative to the plan file
  Duration busy_timeout = std::chrono::seconds(5);  // longest wait for another writer
  bool operator==(const Store&) const = default;
};

struct Router {
  std::string name;
  RouterKind kind = RouterKind::File;
  std::string path;                     // file: relative to the plan file
  std::optional<StoreId> store;         // table: where it is
  std::string table;                    // table: its name there
  std::vector<std::string> attributes;  // what a request can say about itself
  bool operator==(const Router&) const = default;
};

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

struct Dataset {
  std::string name;
  EntityId entity;
  StoreId store;
  std::string table;
  std::vector<Canonical> canonical;
  bool operator==(const Dataset&) const = default;
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
