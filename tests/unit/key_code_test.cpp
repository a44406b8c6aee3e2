#include "runtime/data/key_code.hpp"

#include <algorithm>
#include <functional>
#include <random>

#include <catch2/catch.hpp>

using namespace mig::runtime;
using mig::plan::Base;
using mig::plan::Type;

namespace {

const std::vector<std::string> kWords = {"paid", "new", "", "gone"};

std::string random_bytes(std::mt19937_64& random) {
  // Few letters and many zeros, so that prefixes and escapes happen.
  constexpr std::string_view kLetters(
      "\0\x01\x02"
      "a\xff",
      5);
  std::string bytes(random() % 5, 'a');
  for (char& byte : bytes)
    byte = kLetters[random() % kLetters.size()];
  return bytes;
}

void append_random(Column& column, std::mt19937_64& random) {
  if (column.type().optional && random() % 4 == 0) return column.append_null();
  const auto narrow = static_cast<std::int64_t>(random() % 7) - 3;
  switch (column.type().base) {
    case Base::Bool:
      return column.append_integer(static_cast<std::int64_t>(random() % 2));
    case Base::OneOf:
      return column.append_integer(static_cast<std::int64_t>(random() % kWords.size()));
    case Base::Decimal: {
      const auto wide = static_cast<Decimal>(static_cast<std::int64_t>(random())) << 62;
      return column.append_decimal(random() % 2 == 0 ? Decimal{narrow} : wide);
    }
    case Base::Uuid: {
      std::string bytes(16, '\0');
      for (char& byte : bytes)
        byte = static_cast<char>(random() % 3 * 127);
      return column.append_bytes(bytes);
    }
    case Base::Text:
    case Base::Bytes:
      return column.append_bytes(random_bytes(random));
    case Base::I16:
      return column.append_integer(static_cast<std::int16_t>(random()));
    case Base::I32:
      return column.append_integer(static_cast<std::int32_t>(random()));
    default:
      return column.append_integer(random() % 2 == 0 ? narrow
                                                     : static_cast<std::int64_t>(random()));
  }
}

template <class T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

// The order that a code must have, found without codes.
int compare(const Column& column, std::size_t a, std::size_t b) {
  if (column.is_null(a) || column.is_null(b)) return column.is_null(b) - column.is_null(a);
  if (column.type().base == Base::OneOf) {
    return order(kWords[static_cast<std::size_t>(column.integer(a))],
                 kWords[static_cast<std::size_t>(column.integer(b))]);
  }
  switch (storage_of(column.type().base)) {
    case Storage::Decimals:
      return order(column.decimal(a), column.decimal(b));
    case Storage::Bytes:
      return order(column.bytes(a), column.bytes(b));
    default:
      return order(column.integer(a), column.integer(b));
  }
}

std::vector<Type> key_types() {
  std::vector<Type> types = {Type::of(Base::Bool), Type::of(Base::I16),  Type::of(Base::I32),
                             Type::of(Base::I64),  Type::of(Base::Date), Type::of(Base::Time),
                             Type::text(),         Type::of(Base::Uuid), Type::of(Base::Timestamp),
                             Type::decimal(38, 4), Type::of(Base::Bytes)};
  types.push_back(Type{.base = Base::OneOf, .members = kWords});
  const auto count = types.size();
  for (std::size_t i = 0; i < count; ++i)
    types.push_back(types[i].as_optional());
  return types;
}

// A key of `types`, many rows of it: order and decoding.
void check_law(const std::vector<Type>& types, std::mt19937_64& random, std::size_t rows) {
  Batch keys = Batch::of(types);
  std::vector<std::string> codes;
  for (std::size_t row = 0; row < rows; ++row) {
    for (Column& column : keys.columns)
      append_random(column, random);
    codes.push_back(key_code(keys.columns, row));
  }
  for (std::size_t a = 0; a < rows; ++a) {
    Batch decoded = Batch::of(types);
    REQUIRE(decode_key(codes[a], decoded.columns));
    REQUIRE(key_code(decoded.columns, 0) == codes[a]);
    for (std::size_t b = 0; b < rows; ++b) {
      int expected = 0;
      for (const Column& column : keys.columns) {
        if (expected == 0) expected = compare(column, a, b);
      }
      REQUIRE(expected == order(codes[a], codes[b]));
    }
  }
}

}  // namespace

TEST_CASE("key code: byte order is key order, for every key type and for several fields") {
  constexpr std::uint64_t kSeed = 20260304;
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  const auto types = key_types();
  for (const Type& type : types) {
    INFO(print(type));
    REQUIRE(is_key_type(type));
    check_law({type}, random, 60);
  }
  for (int round = 0; round < 60; ++round) {
    std::vector<Type> fields(2 + random() % 3);
    for (Type& field : fields)
      field = types[random() % types.size()];
    check_law(fields, random, 25);
  }
}

TEST_CASE("key code: a widened integer keeps its code") {
  Column narrow(Type::of(Base::I16));
  Column wide(Type::of(Base::I64));
  narrow.append_integer(-300);
  wide.append_integer(-300);
  CHECK(key_code({&narrow, 1}, 0) == key_code({&wide, 1}, 0));
  CHECK(key_code({&wide, 1}, 0) == std::string("\x7f\xff\xff\xff\xff\xff\xfe\xd4", 8));
}

TEST_CASE("key code: what is no key and what is no code is refused") {
  for (const Base base : {Base::F64, Base::Json})
    CHECK_FALSE(is_key_type(Type::of(base)));
  CHECK_FALSE(is_key_type(Type::list(Type::text())));
  const auto refuses = [](const std::vector<Type>& types, std::string_view code) {
    Batch batch = Batch::of(types);
    const bool is_refused = !decode_key(code, batch.columns);
    return is_refused && batch.columns.front().size() == 0;
  };
  CHECK(refuses({Type::of(Base::I64)}, ""));
  CHECK(refuses({Type::of(Base::I64)}, "1234567"));
  CHECK(refuses({Type::of(Base::I64)}, "123456789"));
  CHECK(refuses({Type::of(Base::I16)}, std::string("\x80\0\0\0\0\1\0\0", 8)));
  CHECK(refuses({Type::of(Base::Bool)}, "\x02"));
  CHECK(refuses({Type::text()}, "abc"));
  CHECK(refuses({Type::text()}, std::string_view("a\0\2", 3)));
  CHECK(refuses({Type::text().as_optional()}, "\x05"));
  CHECK(refuses({Type{.base = Base::OneOf, .members = kWords}}, std::string_view("x\0\1", 3)));
  CHECK(refuses({Type::text(), Type::text()}, std::string_view("a\0\1b", 4)));
}
