#include "compiler/plan/schema.hpp"

#include <array>
#include <cassert>

namespace mig::plan {

std::string_view name(StoreKind kind) {
  static constexpr std::array kNames = {
#define STORE(enumerator, language_name, capabilities) std::string_view(language_name),
#include "compiler/plan/stores.def"
#undef STORE
  };
  return kNames.at(static_cast<std::size_t>(kind));
}

std::string_view name(RouterKind kind) {
  static constexpr std::array kNames = {
#define ROUTER(enumerator, language_name, capabilities) std::string_view(language_name),
#include "compiler/plan/routers.def"
#undef ROUTER
  };
  return kNames.at(static_cast<std::size_t>(kind));
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
