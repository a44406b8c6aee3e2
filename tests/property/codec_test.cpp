// Laws of the encodings: nothing is lost, nothing damaged is taken, and the hash sees what counts.
#include "compiler/plan/codec.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "compiler/plan/hash.hpp"
#include "compiler/plan/json_archive.hpp"
#include "compiler/plan/machine/record_codec.hpp"
#include "compiler/plan/machine/spellings.hpp"
#include "compiler/plan/verify.hpp"
#include "tests/support/random_plan.hpp"

namespace {

using namespace mig;
using nlohmann::json;

constexpr int kPlans = 300;

std::uint64_t first_seed() {
  const char* chosen = std::getenv("MIG_SEED");
  return chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
}

// Every place in a document that holds no further places.
void collect_leaves(const json& document, const json::json_pointer& at,
                    std::vector<json::json_pointer>& leaves) {
  if (document.is_object()) {
    for (const auto& [key, value] : document.items())
      collect_leaves(value, at / key, leaves);
  } else if (document.is_array()) {
    for (std::size_t i = 0; i < document.size(); ++i)
      collect_leaves(document[i], at / i, leaves);
  } else {
    leaves.push_back(at);
  }
}

bool ends_like(const std::string& path, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return path.ends_with(end); });
}

bool leaves_meaning(const json::json_pointer& at) {
  const std::string path = at.to_string();
  if (path == "/about" || path.find("/place/") != std::string::npos) return true;
  if (path.starts_with("/parameters/")) return ends_like(path, {"/from"});
  if (path.starts_with("/phases/") || path.starts_with("/resources/"))
    return ends_like(path, {"/about"});
  return path.starts_with("/gates/") && ends_like(path, {"/text"}) &&
         path.find("/clauses/") != std::string::npos;
}

// The texts hold every enumerator of an enumeration.
template <class Enum>
void check_spellings(const std::string& texts) {
  for (const std::string_view spelling : plan::kSpellings<Enum>) {
    INFO(spelling);
    CHECK(texts.find('"' + std::string(spelling) + '"') != std::string::npos);
  }
}

}  // namespace

// What older journals hold has no such members, and an approval is bound to the plan's hash.
TEST_CASE("members that came later are written only where they say something") {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + kPlans; ++seed) {
    INFO("seed " << seed);
    plan::Plan plan = tests::random_plan(seed);
    for (plan::Step& step : plan.steps) {
      step.limit.reset();
      if (auto* approve = std::get_if<plan::Approve>(&step.action)) approve->by_author = false;
    }
    const std::string text = encode(plan);
    const json document = json::parse(text);
    for (const json& step : document["steps"]) {
      CHECK_FALSE(step.contains("limit"));
      CHECK_FALSE(step["action"].contains("by_author"));
    }
    const auto decoded = plan::decode(text);
    REQUIRE(decoded);
    CHECK(*decoded == plan);
    CHECK(encode(*decoded) == text);
  }
}

TEST_CASE("decode(encode(p)) == p, and random plans reach every kind") {
  std::set<std::string> kinds;
  std::string all;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + kPlans; ++seed) {
    INFO("MIG_SEED=" << seed);
    const plan::Plan plan = tests::random_plan(seed);
    REQUIRE(plan::flaw_of(plan).value_or("whole") == "whole");
    const std::string text = plan::encode(plan);
    const auto decoded = plan::decode(text);
    REQUIRE(decoded.has_value());
    REQUIRE(*decoded == plan);
    REQUIRE(plan::encode(*decoded) == text);
    for (const plan::Step& step : plan.steps)
      kinds.emplace(plan::name(step.action));
    all += text;
  }
  CHECK(kinds.size() == std::variant_size_v<plan::Action>);
  check_spellings<plan::Function>(all);
  check_spellings<plan::Base>(all);
  check_spellings<plan::Unit>(all);
  check_spellings<plan::MetricKind>(all);
  check_spellings<plan::Arm>(all);
  check_spellings<plan::Compare>(all);
  check_spellings<plan::OnConflict>(all);
  check_spellings<plan::PaceKind>(all);
  check_spellings<plan::CopyKind>(all);
  check_spellings<plan::Finally>(all);
  check_spellings<plan::Then>(all);
  check_spellings<plan::Side>(all);
}

TEST_CASE("an encoding that is cut off or altered is refused with a sentence or is another plan") {
  std::mt19937_64 random(first_seed());
  const plan::Plan plan = tests::random_plan(first_seed());
  const std::string text = plan::encode(plan);
  for (int i = 0; i < 300; ++i) {
    const auto cut = plan::decode(std::string_view(text).substr(0, random() % text.size()));
    REQUIRE_FALSE(cut.has_value());
    CHECK_FALSE(cut.error().empty());
  }
  for (int i = 0; i < 1000; ++i) {
    std::string altered = text;
    const std::size_t at = random() % altered.size();
    altered[at] = static_cast<char>(random());
    const auto decoded = plan::decode(altered);
    INFO("MIG_SEED=" << first_seed() << ", byte " << at);
    if (!decoded) {
      CHECK_FALSE(decoded.error().empty());
    } else {
      CHECK((*decoded == plan) == (plan::encode(*decoded) == text));
    }
  }
}

TEST_CASE("no leaf of an encoding can be taken away or be of another kind") {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 3; ++seed) {
    const plan::Plan plan = tests::random_plan(seed);
    const json document = json::parse(plan::encode(plan));
    std::vector<json::json_pointer> leaves;
    collect_leaves(document, json::json_pointer(), leaves);
    for (std::size_t i = 0; i < leaves.size(); i += 7) {
      json altered = document;
      altered[leaves[i]] = json::array({json::object()});
      const auto decoded = plan::decode(altered.dump());
      INFO("MIG_SEED=" << seed << ", " << leaves[i].to_string());
      REQUIRE_FALSE(decoded.has_value());
      CHECK_FALSE(decoded.error().empty());
    }
  }
}

TEST_CASE("the hash of a plan changes with every field that counts and with no other") {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 3; ++seed) {
    const plan::Plan plan = tests::random_plan(seed);
    const plan::Hash hash = plan::plan_hash(plan);
    const json document = json::parse(plan::encode(plan));
    std::vector<json::json_pointer> leaves;
    collect_leaves(document, json::json_pointer(), leaves);
    std::size_t counted = 0;
    for (std::size_t i = seed % 5; i < leaves.size(); i += 5) {
      json altered = document;
      json& leaf = altered[leaves[i]];
      if (leaf.is_string()) {
        leaf = leaf.get<std::string>() + "x";
      } else if (leaf.is_boolean()) {
        leaf = !leaf.get<bool>();
      } else if (leaf.is_number()) {
        const auto number = leaf.get<std::int64_t>();
        leaf = number <= 0 ? number + 1 : number - 1;
      } else {
        continue;
      }
      const auto decoded = plan::decode(altered.dump());
      if (!decoded) continue;  // the change made it no plan
      ++counted;
      INFO("MIG_SEED=" << seed << ", " << leaves[i].to_string());
      CHECK((plan::plan_hash(*decoded) == hash) == leaves_meaning(leaves[i]));
    }
    CHECK(counted > 100);
  }
}

TEST_CASE("a record is what its encoding gives back, for every kind") {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 200; ++seed) {
    INFO("MIG_SEED=" << seed);
    for (const plan::Record& record : tests::random_records(seed)) {
      const std::string kind(plan::name(record));
      const std::string body = plan::encode_body(record);
      const auto decoded = plan::decode_record(kind, body);
      INFO(kind);
      REQUIRE(decoded.has_value());
      REQUIRE(*decoded == record);
      CHECK_FALSE(plan::decode_record(kind, body.substr(0, body.size() - 1)).has_value());
      CHECK_FALSE(plan::decode_record(kind + "x", body).has_value());
    }
  }
  const auto records = tests::random_records(1);
  std::set<std::string_view> kinds;
  for (const plan::Record& record : records)
    kinds.insert(plan::name(record));
  CHECK(kinds.size() == std::variant_size_v<plan::Record>);
}
