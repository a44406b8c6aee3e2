// A plan's stores for tests whose plans name no secret.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "runtime/stores/stores.hpp"

namespace mig::tests {

inline runtime::Stores stores_of(const plan::Plan& plan, const std::filesystem::path& folder) {
  auto found = runtime::Stores::find(
      plan, folder, [](const std::string&) -> std::optional<std::string> { return {}; });
  REQUIRE(found);
  return std::move(*found);
}

}  // namespace mig::tests
