// Random and extreme values of every type, through a real server and back.
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include <fmt/format.h>

#include "runtime/data/decimal.hpp"
#include "runtime/data/iso_time.hpp"
#include "runtime/data/uuid.hpp"
#include "tests/postgres/copied_column.hpp"

using mig::plan::Base;
using mig::plan::Type;
using mig::runtime::Column;
using mig::runtime::Decimal;
using mig::tests::CopiedColumn;

namespace {

constexpr std::int64_t kMicrosPerDay = std::int64_t{86'400} * 1'000'000;

class Values {
 public:
  explicit Values(std::uint64_t seed) : random_(seed) {}

  std::int64_t between(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  // Small and large numbers alike, and the ends.
  std::int64_t spread(std::int64_t least, std::int64_t most) {
    switch (between(0, 4)) {
      case 0:
        return least;
      case 1:
        return most;
      case 2:
        return std::clamp<std::int64_t>(between(-3, 3), least, most);
      default:
        return between(least, most);
    }
  }
  Decimal decimal(int precision) {
    const auto digits = between(0, precision);
    Decimal value = 0;
    const bool is_full = between(0, 3) == 0;
    for (std::int64_t i = 0; i < digits; ++i)
      value = value * 10 + (is_full ? 9 : between(0, 2) == 0 ? 0 : between(0, 9));
    return between(0, 1) == 0 ? value : -value;
  }
  std::string text(std::size_t most) {
    static const std::vector<std::string> kLetters = {"a",  "ß",    "€",  "😀", " ", "\\",  "'",
                                                      "\n", "\x01", "\"", "{", ",", "NULL"};
    std::string text;
    const auto count = between(0, static_cast<std::int64_t>(most / 4));
    for (std::int64_t i = 0; i < count; ++i)
      text += kLetters[static_cast<std::size_t>(between(0, 12))];
    return text;
  }
  std::string bytes(std::size_t count) {
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i)
      bytes += static_cast<char>(between(0, 255));
    return bytes;
  }

  void append(Column& into) {
    const Type& type = into.type();
    if (type.optional && between(0, 5) == 0) return into.append_null();
    switch (type.base) {
      case Base::Bool:
        return into.append_integer(between(0, 1));
      case Base::I16:
        return into.append_integer(spread(INT16_MIN, INT16_MAX));
      case Base::I32:
        return into.append_integer(spread(INT32_MIN, INT32_MAX));
      case Base::I64:
        return into.append_integer(spread(INT64_MIN, INT64_MAX));
      case Base::Decimal:
        return into.append_decimal(decimal(type.precision));
      case Base::F64:
        return into.append_real(std::bit_cast<double>(between(INT64_MIN, INT64_MAX)));
      case Base::Text:
        return into.append_bytes(text(type.length == 0 ? 200 : type.length));
      case Base::Bytes:
        return into.append_bytes(bytes(static_cast<std::size_t>(between(0, 60))));
      case Base::Uuid:
        return into.append_bytes(bytes(16));
      case Base::Date:
        return into.append_integer(spread(*mig::runtime::parse_date("0001-01-01"),
                                          *mig::runtime::parse_date("9999-12-31")));
      case Base::Time:
        return into.append_integer(spread(0, kMicrosPerDay - 1));
      case Base::Timestamp:
        return into.append_integer(
            spread(*mig::runtime::parse_timestamp("0001-01-01T00:00:00Z"),
                   *mig::runtime::parse_timestamp("9999-12-31T23:59:59.999999Z")));
      case Base::Json:
        return into.append_bytes(
            fmt::format("{{ \"a\" : [ {}, 1.50, \"\\u00e9\" ] }}", between(INT64_MIN, INT64_MAX)));
      case Base::OneOf:
        return into.append_integer(between(0, static_cast<std::int64_t>(type.members.size()) - 1));
      case Base::List: {
        const auto items = between(0, 4);
        for (std::int64_t i = 0; i < items; ++i)
          append(into.element());
        return into.append_list();
      }
    }
  }

 private:
  std::mt19937_64 random_;
};

// A cell as one exact text.
std::string shown(const Column& column, std::size_t row) {
  if (column.is_null(row)) return "NULL";
  const Type& type = column.type();
  switch (type.base) {
    case Base::Decimal:
      return mig::runtime::print_decimal(column.decimal(row), type.scale);
    case Base::F64:
      return std::isnan(column.real(row))
                 ? "NaN"
                 : fmt::format("{:x}", std::bit_cast<std::uint64_t>(column.real(row)));
    case Base::Text:
    case Base::Bytes:
    case Base::Json:
      return std::string(column.bytes(row));
    case Base::Uuid:
      return mig::runtime::print_uuid(column.bytes(row));
    case Base::Date:
      return mig::runtime::print_date(column.integer(row));
    case Base::Time:
      return mig::runtime::print_time(column.integer(row));
    case Base::Timestamp:
      return mig::runtime::print_timestamp(column.integer(row));
    case Base::OneOf:
      return type.members.at(static_cast<std::size_t>(column.integer(row)));
    case Base::List: {
      std::string text;
      const auto items = column.list(row);
      for (std::size_t i = items.first; i < items.end; ++i)
        text += shown(column.element(), i) + ";";
      return text;
    }
    case Base::Bool:
      return column.integer(row) != 0 ? "true" : "false";
    case Base::I16:
    case Base::I32:
    case Base::I64:
      return std::to_string(column.integer(row));
  }
  return {};
}

struct Carried {
  Type type;
  std::string declaration;  // empty: what mig would declare
  std::string as_text;      // an expression of the server for the same text; empty: none
};

Type one_of(std::vector<std::string> members) {
  Type type = Type::of(Base::OneOf);
  type.members = std::move(members);
  return type;
}

std::vector<Carried> carried_types() {
  const std::string moment = R"(to_char(v, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))";
  return {
      {Type::of(Base::Bool), "", "v::text"},
      {Type::of(Base::I16), "", "v::text"},
      {Type::of(Base::I32), "", "v::text"},
      {Type::of(Base::I64), "", "v::text"},
      {Type::of(Base::I16), "bigint", "v::text"},
      {Type::decimal(1, 0), "", "v::text"},
      {Type::decimal(12, 2), "", "v::text"},
      {Type::decimal(12, 2), "numeric", "v::text"},
      {Type::decimal(38, 0), "", "v::text"},
      {Type::decimal(38, 19), "", "v::text"},
      {Type::decimal(38, 37), "", "v::text"},
      {Type::decimal(38, 38), "", "v::text"},
      {Type::decimal(7, 5), "", "v::text"},
      {Type::decimal(5, 3), "numeric(60,45)", ""},
      {Type::of(Base::F64), "", ""},
      {Type::text(), "", "v"},
      {Type::text(20), "", "v"},
      {Type::text(), "name_of", "v::text"},
      {Type::of(Base::Bytes), "", "encode(v, 'escape')"},
      {Type::of(Base::Uuid), "", "v::text"},
      {Type::of(Base::Uuid), "text", "v"},
      {Type::of(Base::Date), "", "to_char(v, 'YYYY-MM-DD')"},
      {Type::of(Base::Time), "", "to_char(v, 'HH24:MI:SS.US')"},
      {Type::of(Base::Timestamp), "", moment},
      {Type::of(Base::Timestamp), "timestamp", moment},
      {Type::of(Base::Json), "", "v::text"},
      {Type::of(Base::Json), "text", "v"},
      {one_of({"low", "high", "élevé"}), "", "v"},
      {one_of({"low", "high", "élevé"}), "level", "v::text"},
      {one_of({"low", "high", "élevé"}), "char(7)", "rtrim(v)"},
      {Type::list(Type::of(Base::I64)), "", ""},
      {Type::list(Type::text().as_optional()), "", ""},
      {Type::list(Type::decimal(38, 5)), "", ""},
      {Type::list(Type::of(Base::Timestamp)), "", ""},
      {Type::list(one_of({"low", "high", "élevé"})), "level[]", ""},
      {Type::list(Type::text()), "name_of[]", ""},
  };
}

}  // namespace

TEST_CASE("every value comes back from the server as it went, and the server reads it so") {
  CopiedColumn table;
  table.run("CREATE TYPE level AS ENUM('low', 'high', 'élevé'); CREATE DOMAIN name_of AS text");
  const char* named = std::getenv("MIG_SEED");
  const std::uint64_t seed = named == nullptr ? 20260102 : std::strtoull(named, nullptr, 10);
  Values values(seed);
  for (Carried& it : carried_types()) {
    const Type type = it.type.as_optional();
    if (it.declaration.empty()) it.declaration = mig::runtime::postgres_declaration(type);
    INFO(print(type) << " as " << it.declaration << ", seed " << seed);
    table.make(it.declaration);
    CHECK(mig::runtime::is_carried(table.type(), type));
    Column there(type);
    for (int i = 0; i < 400; ++i)
      values.append(there);
    REQUIRE(table.write(there) == std::nullopt);
    Column back(type);
    std::string raw;
    CHECK(table.read(back, &raw).empty());
    REQUIRE(back.size() == there.size());
    for (std::size_t row = 0; row < there.size(); ++row)
      REQUIRE(shown(back, row) == shown(there, row));
    if (!it.as_text.empty() && type.base != Base::Bytes) {
      const auto texts = table.ask(it.as_text);
      for (std::size_t row = 0; row < there.size(); ++row)
        REQUIRE(texts.at(row) == shown(there, row));
    }
    // What was read passes through untouched.
    table.run("CREATE TABLE before AS TABLE t; TRUNCATE t");
    table.write_raw(raw, there.size());
    CHECK(table.ask("(SELECT count(*) FROM before)").size() == there.size());
    Column again(type);
    CHECK(table.read(again).empty());
    for (std::size_t row = 0; row < there.size(); ++row)
      REQUIRE(shown(again, row) == shown(there, row));
    table.run("DROP TABLE before");
  }
}
