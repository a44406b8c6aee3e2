#include "compiler/plan/hash.hpp"

#include <cassert>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "compiler/plan/codec.hpp"

namespace mig::plan {

Hash sha256(std::string_view bytes) {
  Hash hash;
  unsigned int length = 0;
  const int ok =
      EVP_Digest(bytes.data(), bytes.size(), hash.bytes.data(), &length, EVP_sha256(), nullptr);
  assert(ok == 1);
  assert(length == hash.bytes.size());
  return hash;
}

std::string print(const Hash& hash) {
  std::string text;
  for (const std::uint8_t byte : hash.bytes)
    text += fmt::format("{:02x}", byte);
  return text;
}

std::string print_short(const Hash& hash) {
  const std::string text = print(hash);
  return fmt::format("{} {} {}", text.substr(0, 4), text.substr(4, 4), text.substr(8, 4));
}

Hash plan_hash(const Plan& plan) {
  Plan meaning = plan;
  if (meaning.seen_by) static_cast<Sides&>(meaning) = Sides{};
  meaning.about.clear();
  for (Parameter& parameter : meaning.parameters)
    parameter.from.clear();
  for (Phase& phase : meaning.phases) {
    phase.about.clear();
    phase.place = {};
  }
  for (Step& step : meaning.steps)
    step.place = {};
  for (Resource& resource : meaning.resources) {
    resource.about.clear();
    resource.place = {};
  }
  for (Gate& gate : meaning.gates) {
    for (Clause& clause : gate.clauses)
      clause.text.clear();
  }
  return sha256(encode(meaning));
}

}  // namespace mig::plan
