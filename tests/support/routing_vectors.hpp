// The published vectors of routing documents, for every client that is held against them. C++17: a
// client's test is built as an application would build it.
#pragma once

#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace mig::tests {

inline nlohmann::json vectors() {
  std::ifstream in(MIG_ROOT "/runtime/traffic/vectors.json");
  REQUIRE(in);
  return nlohmann::json::parse(in);
}

inline std::string unhex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

}  // namespace mig::tests
