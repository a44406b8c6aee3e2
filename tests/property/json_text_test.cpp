// The scan that every json cell goes through, beside a library that builds the whole tree.
#include "runtime/data/json_text.hpp"

#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace {

using mig::runtime::is_json;

// Pieces that stand together as JSON now and then, and just not on many other occasions.
const std::vector<std::string> kPieces = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    " ",
    "\n",
    "\t",
    "0",
    "-",
    "1.5",
    "12",
    "e3",
    "E-2",
    "+",
    ".",
    "true",
    "false",
    "null",
    "nul",
    "\"a\"",
    "\"\"",
    "\\u00e9",
    "\\ud83d",
    "\\ude00",
    "\\n",
    "\\x",
    "\x01",
    "\x7f",
    "\xc3\xa9",
    "\xc3",
    "\xf0\x9f\x98\x80",
    "\xed\xa0\x80",
    "/",
    "\"k\":",
    "[]",
    "{}",
    "\"\\u12G4",
};

std::string random_value(std::mt19937_64& random, int depth) {
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  const std::string space = below(4) == 0 ? " \r\n\t" : "";
  switch (below(depth > 4 ? 5 : 7)) {
    case 0:
      return space + std::to_string(static_cast<std::int64_t>(random()));
    case 1:
      return space + "-0." + std::to_string(below(1000)) + (below(2) == 0 ? "e+10" : "");
    case 2:
      return below(3) == 0 ? "true" : below(2) == 0 ? "false" : "null";
    case 3:
      return "\"" + std::string(below(20), 'x') + (below(2) == 0 ? "\\u20ac\\ud83d\\ude00" : "é") +
             "\"" + space;
    case 4:
      return below(2) == 0 ? "[]" : "{" + space + "}";
    case 5: {
      std::string list = "[" + random_value(random, depth + 1);
      for (std::uint64_t i = below(4); i > 0; --i)
        list += space + "," + random_value(random, depth + 1);
      return list + "]";
    }
    default: {
      std::string object = "{\"\":" + random_value(random, depth + 1);
      for (std::uint64_t i = below(4); i > 0; --i)
        object += "," + space + "\"k\\\"\"" + space + ":" + random_value(random, depth + 1);
      return object + "}";
    }
  }
}

// The library skips a byte order mark and ends at a NUL; the scan does not, and the generator makes
// neither. At a number beyond a double it gives up, and says nothing about the rest.
void agree(const std::string& text) {
  INFO(text);
  bool has_tree = true;
  try {
    const auto tree = nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error&) {
    has_tree = false;
  } catch (const nlohmann::json::out_of_range&) {
    return;
  }
  REQUIRE(is_json(text) == has_tree);
}

}  // namespace

TEST_CASE("a text is JSON exactly when a library can build its tree") {
  const char* chosen = std::getenv("MIG_SEED");
  std::mt19937_64 random(chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10));
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = random_value(random, 0);
    REQUIRE(is_json(text));
    agree(text);
    for (int damage = 0; damage < 3 && !text.empty(); ++damage) {
      const auto at = random() % text.size();
      const auto& piece = kPieces[random() % kPieces.size()];
      if (random() % 2 == 0) {
        text.erase(at, 1 + random() % 3);
      } else {
        text.insert(at, piece);
      }
      agree(text);
      accepted += is_json(text) ? 1 : 0;
    }
    std::string pieces;
    for (auto count = random() % 6; count > 0; --count)
      pieces += kPieces[random() % kPieces.size()];
    agree(pieces);
  }
  CHECK(accepted > 1'000);
}

TEST_CASE("JSON may nest as deep as it is long, and its numbers may be of any size") {
  constexpr std::size_t kDeep = 1'000'000;
  CHECK(is_json(std::string(kDeep, '[') + std::string(kDeep, ']')));
  CHECK_FALSE(is_json(std::string(kDeep, '[') + std::string(kDeep - 1, ']')));
  CHECK(is_json("1e999"));
  CHECK(is_json("-" + std::string(400, '9')));
  CHECK_FALSE(is_json("\xef\xbb\xbf{}"));
  CHECK_FALSE(is_json(std::string_view("{}\0", 3)));
  CHECK_FALSE(is_json(""));
}
