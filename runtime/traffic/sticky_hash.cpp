#include "runtime/traffic/sticky_hash.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>
#include <xxhash.h>

#include "runtime/data/iso_time.hpp"

namespace mig::runtime {
namespace {

constexpr char kSeparator = '\0';

void append_hex(std::string& bytes, std::string_view value) {
  for (const char byte : value)
    fmt::format_to(std::back_inserter(bytes), "{:02x}", static_cast<unsigned char>(byte));
}

void append(std::string& bytes, const KeyPart& part) {
  switch (part.type) {
    case plan::Base::Bool:
      bytes += std::get<bool>(part.value) ? "true" : "false";
      return;
    case plan::Base::I16:
    case plan::Base::I32:
    case plan::Base::I64:
      bytes += std::to_string(std::get<std::int64_t>(part.value));
      return;
    case plan::Base::Decimal:
      bytes += print(std::get<plan::Decimal>(part.value));
      return;
    case plan::Base::Date:
      bytes += print_date(std::get<std::int64_t>(part.value));
      return;
    case plan::Base::Time:
      bytes += print_time(std::get<std::int64_t>(part.value));
      return;
    case plan::Base::Timestamp:
      bytes += print_timestamp(std::get<std::int64_t>(part.value));
      return;
    case plan::Base::Text:
    case plan::Base::OneOf:
    case plan::Base::Uuid:
      bytes += std::get<std::string>(part.value);
      return;
    case plan::Base::Bytes:
      append_hex(bytes, std::get<std::string>(part.value));
      return;
    case plan::Base::F64:
    case plan::Base::Json:
    case plan::Base::List:
      break;
  }
  assert(false && "the compiler lets no such type be hashed");
}

}  // namespace

std::string key_bytes(std::span<const KeyPart> parts) {
  assert(!parts.empty());
  std::string bytes;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) bytes += kSeparator;
    append(bytes, parts[i]);
  }
  return bytes;
}

std::string salt_of(std::string_view plan, std::string_view router) {
  return fmt::format("{}/{}", plan, router);
}

std::int64_t bucket_of(std::string_view salt, std::string_view key) {
  std::string text(salt);
  text += kSeparator;
  text += key;
  const std::uint64_t hash = XXH64(text.data(), text.size(), 0);
  const auto scaled = static_cast<unsigned __int128>(hash) * plan::Ratio::kWhole;
  return static_cast<std::int64_t>(scaled >> 64U);
}

plan::Ratio control_of(plan::Ratio share) {
  const auto control =
      plan::Ratio::from_parts(std::min(share.parts(), plan::Ratio::kWhole - share.parts()));
  assert(control.has_value());
  return *control;
}

Cohort cohort_of(std::int64_t bucket, plan::Ratio share) {
  assert(bucket >= 0);
  assert(bucket < plan::Ratio::kWhole);
  if (bucket < share.parts()) return Cohort::New;
  return bucket >= plan::Ratio::kWhole - control_of(share).parts() ? Cohort::Control : Cohort::Old;
}

}  // namespace mig::runtime
