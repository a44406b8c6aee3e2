#include "runtime/data/fingerprint.hpp"

#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <xxhash.h>

namespace mig::runtime {
namespace {

// Kinds of value. Never renumbered: fingerprints are kept in journals.
enum class Tag : char {
  Null = 0,
  Bool = 1,
  Number = 2,  // integers and decimals: 5 is 5.00
  Real = 3,
  Text = 4,
  Bytes = 5,
  Uuid = 6,
  Date = 7,
  Time = 8,
  Timestamp = 9,
  Json = 10,
  List = 11,
};

Tag tag_of(plan::Base base) {
  switch (base) {
    case plan::Base::Bool:
      return Tag::Bool;
    case plan::Base::I16:
    case plan::Base::I32:
    case plan::Base::I64:
    case plan::Base::Decimal:
      return Tag::Number;
    case plan::Base::F64:
      return Tag::Real;
    case plan::Base::Text:
    case plan::Base::OneOf:
      return Tag::Text;
    case plan::Base::Bytes:
      return Tag::Bytes;
    case plan::Base::Uuid:
      return Tag::Uuid;
    case plan::Base::Date:
      return Tag::Date;
    case plan::Base::Time:
      return Tag::Time;
    case plan::Base::Timestamp:
      return Tag::Timestamp;
    case plan::Base::Json:
      return Tag::Json;
    case plan::Base::List:
      return Tag::List;
  }
  assert(false && "every base has its tag");
  return Tag::Null;
}

// Least significant byte first, as the machines we run on have it.
template <class T>
void add(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void add_bytes(std::string& out, std::string_view bytes) {
  add(out, std::uint64_t{bytes.size()});
  out += bytes;
}

void add_decimal(std::string& out, Decimal value, std::uint8_t scale) {
  for (; scale > 0 && value % 10 == 0; --scale)
    value /= 10;
  add(out, scale);
  add(out, value);
}

void add_real(std::string& out, double value) {
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  if (value == 0) value = 0;
  add(out, value);
}

}  // namespace

void append_canonical(std::string& out, const Column& column, std::size_t row) {
  if (column.is_null(row)) {
    out += static_cast<char>(Tag::Null);
    return;
  }
  const plan::Type& type = column.type();
  out += static_cast<char>(tag_of(type.base));
  if (type.base == plan::Base::OneOf) {
    add_bytes(out, type.members.at(static_cast<std::size_t>(column.integer(row))));
    return;
  }
  switch (storage_of(type.base)) {
    case Storage::Integers:
      if (type.is_integer()) {
        add_decimal(out, column.integer(row), 0);
      } else {
        add(out, column.integer(row));
      }
      break;
    case Storage::Decimals:
      add_decimal(out, column.decimal(row), type.scale);
      break;
    case Storage::Reals:
      add_real(out, column.real(row));
      break;
    case Storage::Bytes:
      add_bytes(out, column.bytes(row));
      break;
    case Storage::List: {
      const auto [first, end] = column.list(row);
      add(out, std::uint64_t{end - first});
      for (std::size_t item = first; item < end; ++item) {
        append_canonical(out, column.element(), item);
      }
      break;
    }
  }
}

Fingerprint fingerprint(std::span<const Column> columns, std::size_t row, std::string& scratch) {
  scratch.clear();
  for (const Column& column : columns)
    append_canonical(scratch, column, row);
  return fingerprint(scratch);
}

Fingerprint fingerprint(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return Fingerprint{hash.high64} << 64 | hash.low64;
}

std::string print(Fingerprint fingerprint) {
  return fmt::format("{:016x}{:016x}", static_cast<std::uint64_t>(fingerprint >> 64),
                     static_cast<std::uint64_t>(fingerprint));
}

}  // namespace mig::runtime
