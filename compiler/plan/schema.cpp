#include "compiler/plan/schema.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace mig::plan {

namespace {

template <class Ability>
constexpr unsigned bit(Ability ability) {
  return 1U << static_cast<unsigned>(ability);
}

// What the tables below say of one kind.
struct KindRow {
  std::string_view name;
  unsigned abilities;
  bool is_opened;
};

constexpr auto kStores = [] {
  constexpr unsigned Rows = bit(StoreAbility::Rows);
  constexpr unsigned Schema = bit(StoreAbility::Schema);
  constexpr unsigned Guard = bit(StoreAbility::Guard);
  constexpr unsigned Statements = bit(StoreAbility::Statements);
  constexpr unsigned Locks = bit(StoreAbility::Locks);
  constexpr unsigned Concurrent = bit(StoreAbility::Concurrent);
  constexpr unsigned Keys = bit(StoreAbility::Keys);
  return std::array{
#define STORE(enumerator, language_name, abilities, is_opened) \
  KindRow{language_name, abilities, is_opened},
#include "compiler/plan/stores.def"
#undef STORE
  };
}();

constexpr auto kRouters = [] {
  constexpr unsigned Reads = bit(RouterAbility::Reads);
  constexpr unsigned Writes = bit(RouterAbility::Writes);
  constexpr unsigned Requests = bit(RouterAbility::Requests);
  return std::array{
#define ROUTER(enumerator, language_name, abilities, is_opened) \
  KindRow{language_name, abilities, is_opened},
#include "compiler/plan/routers.def"
#undef ROUTER
  };
}();

const KindRow& row_of(StoreKind kind) {
  return kStores.at(static_cast<std::size_t>(kind));
}
const KindRow& row_of(RouterKind kind) {
  return kRouters.at(static_cast<std::size_t>(kind));
}

template <class Kind, class Rows>
std::optional<Kind> kind_named(const Rows& rows, std::string_view name) {
  const auto found = std::ranges::find(rows, name, &KindRow::name);
  if (found == rows.end()) return std::nullopt;
  return static_cast<Kind>(found - rows.begin());
}

}  // namespace

std::string_view name(StoreKind kind) {
  return row_of(kind).name;
}
std::string_view name(RouterKind kind) {
  return row_of(kind).name;
}
std::optional<StoreKind> store_kind_named(std::string_view name) {
  return kind_named<StoreKind>(kStores, name);
}
std::optional<RouterKind> router_kind_named(std::string_view name) {
  return kind_named<RouterKind>(kRouters, name);
}
bool can(StoreKind kind, StoreAbility ability) {
  return (row_of(kind).abilities & bit(ability)) != 0;
}
bool can(RouterKind kind, RouterAbility ability) {
  return (row_of(kind).abilities & bit(ability)) != 0;
}
bool is_opened(StoreKind kind) {
  return row_of(kind).is_opened;
}
bool is_opened(RouterKind kind) {
  return row_of(kind).is_opened;
}

std::string print(const RequestRoute& route) {
  return route.method + " " + route.path;
}

bool is_repeatable(const RequestRoute& route) {
  // Of the other methods HTTP itself promises it.
  const bool may_differ = route.method == "POST" || route.method == "PATCH";
  return !may_differ || route.idempotent || !route.idempotency_key.empty();
}

std::vector<std::uint32_t> Entity::key() const {
  std::vector<std::uint32_t> positions;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (fields[i].key) positions.push_back(i);
  }
  assert(!positions.empty());
  return positions;
}

std::optional<std::uint32_t> Entity::version_field() const {
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (fields[i].version) return i;
  }
  return std::nullopt;
}

}  // namespace mig::plan
