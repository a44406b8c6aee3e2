#include "runtime/stores/stand_in.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

constexpr std::uint32_t kTextLength = 10;  // short: a rule may limit the length

std::string sqlite_stand_in(const LiveColumn& column) {
  switch (column.affinity) {
    case Affinity::Integer:
    case Affinity::Real:
    case Affinity::Numeric:
      return "random()";
    case Affinity::Text:
      return "lower(hex(randomblob(5)))";
    case Affinity::Blob:
      return "randomblob(16)";
  }
  assert(false && "every affinity has a stand-in");
  return "NULL";
}

// As many digits as the column takes, none of them rounded up.
std::string random_numeric(const PostgresType& type) {
  if (!type.has_precision()) return "(random() * 1000000000000000)::numeric";
  return fmt::format("trunc(random()::numeric * 1e{}::numeric, {})",
                     type.precision() - type.scale(), type.scale());
}

// `name` is quoted.
std::string postgres_stand_in(const PostgresType& type, const std::string& name) {
  constexpr std::string_view kRandomText = "replace(gen_random_uuid()::text, '-', '')";
  switch (type.wire) {
    case Wire::Bool:
      return fmt::format("NOT {}", name);
    case Wire::Int2:
      return "trunc(random() * 65536 - 32768)::int2";
    case Wire::Int4:
      return fmt::format("('x' || left({}, 8))::bit(32)::int4", kRandomText);
    case Wire::Int8:
      return fmt::format("('x' || left({}, 16))::bit(64)::int8", kRandomText);
    case Wire::Float4:
    case Wire::Float8:
      return "random()";
    case Wire::Numeric:
      return random_numeric(type);
    case Wire::Text:
    case Wire::Char: {
      const std::uint32_t most = type.length() == 0 ? kTextLength : type.length();
      return fmt::format("left({}, {})", kRandomText, std::min(most, kTextLength));
    }
    case Wire::Enum:
      return fmt::format(
          "(enum_range({0}))[1 + trunc(random() * cardinality(enum_range({0})))::int]", name);
    case Wire::Bytea:
      return "uuid_send(gen_random_uuid())";
    case Wire::Uuid:
      return "gen_random_uuid()";
    case Wire::Date:
      return "date '2000-01-01' + trunc(random() * 2900000)::int";
    case Wire::Time:
      return "time '00:00' + random() * interval '24 hours'";
    case Wire::Timestamp:
      return "timestamp '2000-01-01' + random() * interval '7000 years'";
    case Wire::TimestampTz:
      return "timestamptz '2000-01-01 00:00:00Z' + random() * interval '7000 years'";
    case Wire::Json:
      return fmt::format("to_json({})", kRandomText);
    case Wire::Jsonb:
      return fmt::format("to_jsonb({})", kRandomText);
    case Wire::Array:
      return fmt::format("ARRAY[{}]", postgres_stand_in(type.element.front(), name + "[1]"));
    case Wire::Other:
      return name;  // no field of a plan's stands there
  }
  assert(false && "every type has a stand-in");
  return name;
}

}  // namespace

std::string stand_in(const LiveColumn& column) {
  if (!column.not_null && column.key_position == 0) return "NULL";
  if (!column.type) return sqlite_stand_in(column);
  std::string name = "\"";
  for (const char letter : column.name)
    name += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return postgres_stand_in(*column.type, name + "\"");
}

}  // namespace mig::runtime
