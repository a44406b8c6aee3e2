#include "runtime/traffic/sticky_hash.hpp"

#include <array>
#include <cmath>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "runtime/data/iso_time.hpp"
#include "tests/support/routing_vectors.hpp"

using namespace mig;
using namespace mig::runtime;
using mig::tests::unhex;
using mig::tests::vectors;

namespace {

KeyPart part_of(const std::string& type, const std::string& spelled) {
  using plan::Base;
  if (type == "i64") return {Base::I64, std::int64_t{std::stoll(spelled)}};
  if (type == "text") return {Base::Text, spelled};
  if (type == "one_of") return {Base::OneOf, spelled};
  if (type == "bool") return {Base::Bool, spelled == "true"};
  if (type == "decimal") return {Base::Decimal, plan::parse_decimal(spelled).value()};
  if (type == "date") return {Base::Date, parse_date(spelled).value()};
  if (type == "time") return {Base::Time, parse_time(spelled).value()};
  if (type == "timestamp") return {Base::Timestamp, parse_timestamp(spelled).value()};
  if (type == "bytes") return {Base::Bytes, unhex(spelled)};
  REQUIRE(type == "uuid");
  std::string lower = spelled;
  for (char& c : lower)
    c = static_cast<char>(std::tolower(c));
  return {Base::Uuid, lower};
}

constexpr std::int64_t kKeys = 1'000'000;

}  // namespace

TEST_CASE("typed keys become the published bytes") {
  const auto published = vectors();
  REQUIRE(published["keys"].size() > 15);
  for (const auto& key : published["keys"]) {
    INFO(key.dump());
    std::vector<KeyPart> parts;
    for (const auto& part : key["parts"])
      parts.push_back(part_of(part["type"], part["value"]));
    CHECK(key_bytes(parts) == unhex(key["bytes"]));
  }
}

TEST_CASE("keys fall into the published buckets") {
  const auto published = vectors();
  REQUIRE(published["buckets"].size() > 50);
  for (const auto& one : published["buckets"]) {
    INFO(one.dump());
    CHECK(bucket_of(one["salt"].get<std::string>(), unhex(one["key"])) == one["bucket"]);
  }
}

TEST_CASE("buckets belong to the published cohorts") {
  const auto published = vectors();
  REQUIRE(published["cohorts"].size() > 15);
  static constexpr std::array<std::string_view, 3> kNames = {"old", "new", "control"};
  for (const auto& one : published["cohorts"]) {
    INFO(one.dump());
    const auto share = plan::Ratio::from_parts(one["share"]);
    REQUIRE(share);
    const Cohort cohort = cohort_of(one["bucket"], *share);
    CHECK(kNames.at(static_cast<std::size_t>(cohort)) == one["cohort"]);
  }
}

TEST_CASE("of a million keys each share gets what it says, and a larger share holds the smaller") {
  const std::string salt = salt_of("split_users", "glue");
  static constexpr std::array<std::int64_t, 4> kShares = {1'000'000, 10'000'000, 50'000'000,
                                                          500'000'000};
  std::array<std::int64_t, kShares.size()> in_new{};
  std::array<std::int64_t, kShares.size()> in_control{};
  std::int64_t left_a_larger_share = 0;
  for (std::int64_t key = 0; key < kKeys; ++key) {
    const std::int64_t bucket = bucket_of(salt, std::to_string(key));
    bool was_new = false;
    for (std::size_t i = 0; i < kShares.size(); ++i) {
      const Cohort cohort = cohort_of(bucket, plan::Ratio::from_parts(kShares[i]).value());
      in_new[i] += cohort == Cohort::New;
      in_control[i] += cohort == Cohort::Control;
      left_a_larger_share += was_new && cohort != Cohort::New;
      was_new = cohort == Cohort::New;
    }
  }
  CHECK(left_a_larger_share == 0);
  for (std::size_t i = 0; i < kShares.size(); ++i) {
    const double share = static_cast<double>(kShares[i]) / 1e9;
    const double expected = share * kKeys;
    const double bound = 3.5 * std::sqrt(expected * (1 - share));
    INFO("share " << share << ": " << in_new[i] << " new, " << in_control[i] << " control");
    CHECK(std::abs(static_cast<double>(in_new[i]) - expected) <= bound);
    CHECK(std::abs(static_cast<double>(in_control[i]) - expected) <= bound);
  }
}

TEST_CASE("two routers split their keys independently of each other") {
  const std::string left = salt_of("split_users", "glue");
  const std::string right = salt_of("split_orders", "glue");
  std::int64_t both = 0;
  for (std::int64_t key = 0; key < kKeys; ++key) {
    const std::string text = std::to_string(key);
    both += bucket_of(left, text) < 500'000'000 && bucket_of(right, text) < 500'000'000;
  }
  CHECK(std::abs(static_cast<double>(both) - kKeys / 4.0) <= 3.5 * std::sqrt(kKeys * 0.1875));
}
