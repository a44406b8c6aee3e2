// The one type system of rows: entities, transforms, codecs and fingerprints all speak it.
//
// Types are exact: a 64-bit integer stays 64 bits wide, a decimal keeps its digits, a timestamp is
// UTC microseconds. Which store type maps to which of these is the store adapter's table.
// Values: immutable once built, safe to share between threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mig::plan {

enum class Base : std::uint8_t {
  Bool,
  I16,
  I32,
  I64,
  Decimal,  // up to 38 digits, fixed scale
  F64,
  Text,  // UTF-8; length counts code points
  Bytes,
  Uuid,
  Date,       // days since 1970-01-01
  Time,       // microseconds since midnight
  Timestamp,  // UTC, microseconds since 1970-01-01T00:00:00Z
  Json,
  OneOf,  // one of a fixed list of words
  List,   // of `element`
};

struct Type {
  Base base = Base::Text;
  bool optional = false;
  std::uint32_t length = 0;          // Text: most code points, 0 = unlimited
  std::uint8_t precision = 0;        // Decimal: digits in all, 1 to 38
  std::uint8_t scale = 0;            // Decimal: digits behind the point
  std::vector<std::string> members;  // OneOf: as declared, in order
  std::vector<Type> element;         // List: exactly one

  static Type of(Base base) { return Type{.base = base}; }
  static Type text(std::uint32_t length = 0) { return Type{.base = Base::Text, .length = length}; }
  static Type decimal(std::uint8_t precision, std::uint8_t scale) {
    return Type{.base = Base::Decimal, .precision = precision, .scale = scale};
  }
  static Type list(Type of_element) {
    return Type{.base = Base::List, .element = {std::move(of_element)}};
  }
  Type as_optional(bool is_optional = true) const {
    Type copy = *this;
    copy.optional = is_optional;
    return copy;
  }
  bool is_integer() const { return base == Base::I16 || base == Base::I32 || base == Base::I64; }
  bool operator==(const Type&) const = default;
};

// As written in the language: `text(254)?`, `decimal(12,2)`, `one_of(a, b)`, `[i64]`.
std::string print(const Type& type);

// True where every value of `from` is a value of `to`: the widening that needs no word in a plan.
// Optional to required, longer to shorter text, larger to smaller integers are narrowings.
bool widens(const Type& from, const Type& to);

}  // namespace mig::plan
