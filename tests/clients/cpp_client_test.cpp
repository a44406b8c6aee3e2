// The C++ client against the published vectors, built as C++17 and without anything of mig.
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "runtime/traffic/clients/cpp/mig_router.hpp"
#include "tests/support/routing_vectors.hpp"

using mig::tests::unhex;
using mig::tests::vectors;

namespace {

std::string name(mig_router::Side side) {
  return side == mig_router::Side::New ? "new" : side == mig_router::Side::Old ? "old" : "none";
}

std::string name(mig_router::Cohort cohort) {
  using mig_router::Cohort;
  return cohort == Cohort::New ? "new" : cohort == Cohort::Old ? "old" : "control";
}

nlohmann::json seen(const mig_router::Read& read) {
  auto fallback = nlohmann::json::array();
  if (read.falls_back_on_error) fallback.push_back("error");
  if (read.falls_back_on_timeout) fallback.push_back("timeout");
  return {{"side", name(read.side)}, {"cohort", name(read.cohort)}, {"fallback", fallback}};
}

nlohmann::json seen(const mig_router::Write& write) {
  return {{"authority", name(write.authority)},
          {"mirror", write.mirror ? nlohmann::json(name(*write.mirror)) : nlohmann::json()}};
}

std::string damaged(const char* pointer, nlohmann::json value) {
  auto document = vectors()["decisions"][0]["document"];
  document[nlohmann::json::json_pointer(pointer)] = std::move(value);
  return document.dump();
}

}  // namespace

TEST_CASE("the client spells keys as published") {
  for (const auto& key : vectors()["keys"]) {
    INFO(key.dump());
    mig_router::Key built;
    for (const auto& part : key["parts"]) {
      const std::string value = part["value"];
      if (part["type"] == "i64") {
        built.add(std::int64_t{std::stoll(value)});
      } else if (part["type"] == "uuid") {
        built.add_uuid(value);
      } else if (part["type"] == "bool") {
        built.add_bool(value == "true");
      } else if (part["type"] == "bytes") {
        built.add_bytes(unhex(value));
      } else if (part["type"] == "text" || part["type"] == "one_of") {
        built.add_text(value);
      } else {
        built.add_spelled(value);
      }
    }
    CHECK(built.bytes() == unhex(key["bytes"]));
  }
}

TEST_CASE("the client's own hash gives the published hashes, buckets and cohorts") {
  const auto published = vectors();
  for (const auto& one : published["buckets"]) {
    INFO(one.dump());
    const std::string salt = one["salt"];
    const std::string key = unhex(one["key"]);
    std::string text = salt;
    text.push_back('\0');
    const std::uint64_t hash = mig_router::xxh64(text.append(key));
    CHECK(hash == std::stoull(one["hash"].get<std::string>(), nullptr, 16));
    CHECK(mig_router::bucket_of(salt, key) == one["bucket"]);
  }
  for (const auto& one : published["cohorts"]) {
    INFO(one.dump());
    CHECK(name(mig_router::cohort_of(one["bucket"], one["share"])) == one["cohort"]);
  }
}

TEST_CASE("the client decides as published") {
  const auto published = vectors();
  std::size_t decided = 0;
  for (const auto& decision : published["decisions"]) {
    INFO(decision["about"]);
    const auto document = mig_router::parse(decision["document"].dump());
    REQUIRE(document);
    for (const auto& request : decision["requests"]) {
      INFO(request.dump());
      const auto key = mig_router::Key().add_text(request["key"].get<std::string>()).bytes();
      const auto at = mig_router::parse_instant(request["now"]);
      REQUIRE(at);
      CHECK(mig_router::print(*at) == request["now"]);
      CHECK(seen(document->read(key, request["attributes"], *at)) == request["read"]);
      CHECK(seen(document->write(key)) == request["write"]);
      ++decided;
    }
  }
  CHECK(decided > 25);
}

TEST_CASE("the client takes no text for a document that is none") {
  const std::string good = vectors()["decisions"][0]["document"].dump();
  CHECK(mig_router::parse(good));
  CHECK(mig_router::parse(damaged("/plan", "tab \t quote \" \xc3\xab \xf0\x9f\x90\x98")));
  CHECK_FALSE(mig_router::parse(damaged("/format", "mig.routes/3")));
  CHECK_FALSE(mig_router::parse(damaged("/reads", nullptr)));
  CHECK_FALSE(mig_router::parse(damaged("/reads/share", mig_router::kWhole + 1)));
  CHECK_FALSE(mig_router::parse(damaged("/reads/share", 0.5)));
  CHECK_FALSE(mig_router::parse(damaged("/writes/authority", "both")));
  CHECK_FALSE(mig_router::parse(damaged("/writes/share", 5)));
  CHECK_FALSE(mig_router::parse(damaged("/fresh_until", "tomorrow")));
  // A document that is being written, cut anywhere.
  std::size_t taken = 0;
  for (std::size_t size = 0; size < good.size(); ++size)
    taken += mig_router::parse(std::string_view(good).substr(0, size)).has_value();
  CHECK(taken == 0);
}

TEST_CASE("the client's strings are those of JSON") {
  const auto text = [](std::string_view quoted) {
    const auto value = mig_router::json::Parser(quoted).parse();
    return value ? value->text : "none";
  };
  CHECK(text(R"("a\u00eb\ud83d\udc18\n\/")") == "a\xc3\xab\xf0\x9f\x90\x98\n/");
  CHECK(text(R"("\ud83d")") == "none");
  CHECK(text(R"("\x")") == "none");
  CHECK(text("\"a\nb\"") == "none");
  CHECK(text(R"("a" 1)") == "none");
}

TEST_CASE("without a file nothing has moved") {
  const auto document = mig_router::load("no/such/file.json", "split_users", "glue");
  REQUIRE(document);
  CHECK(document->version == 0);
  CHECK(document->salt == "split_users/glue");
  CHECK(document->read("127").side == mig_router::Side::Old);
  CHECK(document->write("127").authority == mig_router::Side::Old);
}

TEST_CASE("the client counts latencies and errors as published") {
  const auto published = vectors();
  for (const auto& one : published["latencies"]) {
    const auto [lower, upper] = mig_router::latency_bucket(one["latency_us"]);
    CHECK(lower == one["lower"]);
    CHECK(upper == one["upper"]);
  }
  mig_router::Report report("glue", "app-1");
  const auto& sample = published["report"];
  const mig_router::Read read{mig_router::Side::New, mig_router::Cohort::New, true, false};
  std::int64_t told = 0;
  for (const std::int64_t micros : sample["latencies_us"]) {
    const auto outcome = told < sample["fallbacks"] ? mig_router::Outcome::FellBack
                         : told < sample["errors"]  ? mig_router::Outcome::Failed
                                                    : mig_router::Outcome::Ok;
    report.read(read, mig_router::Micros(micros), outcome);
    ++told;
  }
  const auto since = mig_router::parse_instant("2026-03-01T12:00:00.000000Z");
  const auto until = mig_router::parse_instant("2026-03-01T12:00:15.000000Z");
  std::istringstream lines(report.take_lines(4, *since, *until));
  nlohmann::json readings;
  std::int64_t counted = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    CHECK(json["at"] == "2026-03-01T12:00:15.000000Z");
    const std::string metric = json["metric"];
    if (metric.rfind("reads_new_", 0) == 0) readings[metric.substr(10)] = json["value"];
    if (metric != "mig.report/1" || json["arm"] != "reads_new") continue;
    for (const auto& [lower, many] : json["latency_us"].get<std::map<std::int64_t, std::int64_t>>())
      counted += many;
    CHECK(json["requests"] == sample["requests"]);
  }
  CHECK(readings == sample["readings"]);
  CHECK(counted == sample["requests"]);
  CHECK(report.take_lines(4, *since, *until).empty());
}
