#include "runtime/stores/postgres_types.hpp"

#include "tests/postgres/copied_column.hpp"

using mig::plan::Base;
using mig::plan::Type;
using mig::runtime::Column;
using mig::tests::CopiedColumn;

namespace {

Type one_of(std::vector<std::string> members) {
  Type type = Type::of(Base::OneOf);
  type.members = std::move(members);
  return type;
}

}  // namespace

TEST_CASE("what the server holds beyond our types is refused by class and rule") {
  CopiedColumn table;
  table.run("CREATE DOMAIN amount AS numeric(10,2); CREATE TYPE level AS ENUM('low', 'high')");
  const std::string hundred(100, '7');
  struct Case {
    const char* declaration;
    std::string value;  // SQL
    Type type;
    std::string reason;
  };
  const Case cases[] = {
      {"numeric", "'" + hundred + "'", Type::decimal(38, 2),
       "a numeric with more digits for `decimal(38,2)`"},
      {"numeric", "'0." + hundred + "'", Type::decimal(38, 38),
       "a numeric with more places for `decimal(38,38)`"},
      {"numeric", "'1e40'", Type::decimal(38, 2), "a numeric with more digits for `decimal(38,2)`"},
      {"numeric", "'1e130000'", Type::decimal(38, 2),
       "a numeric with more digits for `decimal(38,2)`"},
      {"numeric", "1.005", Type::decimal(10, 2), "a numeric with more places for `decimal(10,2)`"},
      {"numeric", "100.00", Type::decimal(4, 2), "a numeric with more digits for `decimal(4,2)`"},
      {"numeric", "'NaN'", Type::decimal(10, 2),
       "a numeric that is not a number for `decimal(10,2)`"},
      {"numeric", "'-Infinity'", Type::decimal(10, 2), "an infinite numeric for `decimal(10,2)`"},
      {"numeric", "1", Type::of(Base::I64), "a value of `numeric` where `i64` is expected"},
      {"bigint", "2147483648", Type::of(Base::I32), "an integer out of range for `i32`"},
      {"bigint", "9007199254740993", Type::of(Base::F64), "an integer beyond 2^53 for `f64`"},
      {"bigint", "1000", Type::decimal(4, 1), "an integer out of range for `decimal(4,1)`"},
      {"double precision", "0.5", Type::decimal(4, 1),
       "a value of `float8` where `decimal(4,1)` is expected"},
      {"text", "'grüße'", Type::text(4), "text of 5 characters for `text(4)`"},
      {"text", "'NOT-A-UUID'", Type::of(Base::Uuid), "text that is no lower-case uuid for `uuid`"},
      {"text", "'{'", Type::of(Base::Json), "text that is no JSON for `json`"},
      {"level", "'high'", one_of({"low", "mid"}), "text that is no member for `one_of(low, mid)`"},
      {"date", "'infinity'", Type::of(Base::Date), "an infinite date for `date`"},
      {"date", "'-infinity'", Type::of(Base::Date), "an infinite date for `date`"},
      {"date", "'0001-12-31 BC'", Type::of(Base::Date),
       "a date outside of the years 1 to 9999 for `date`"},
      {"date", "'10000-01-01'", Type::of(Base::Date),
       "a date outside of the years 1 to 9999 for `date`"},
      {"time", "'24:00'", Type::of(Base::Time), "the time 24:00 for `time`"},
      {"timestamptz", "'infinity'", Type::of(Base::Timestamp),
       "an infinite timestamp for `timestamp`"},
      {"timestamp", "'4713-01-01 BC'", Type::of(Base::Timestamp),
       "a timestamp outside of the years 1 to 9999 for `timestamp`"},
      {"timestamp", "'294276-12-31'", Type::of(Base::Timestamp),
       "a timestamp outside of the years 1 to 9999 for `timestamp`"},
      {"int[]", "'{{1,2},{3,4}}'", Type::list(Type::of(Base::I32)),
       "an array of more than one dimension for `[i32]`"},
      {"int[]", "'[0:1]={1,2}'", Type::list(Type::of(Base::I32)),
       "an array that does not begin at 1 for `[i32]`"},
      {"int[]", "'{1,NULL}'", Type::list(Type::of(Base::I32)),
       "in a list: null where `i32` is expected"},
      {"int[]", "'{1,70000}'", Type::list(Type::of(Base::I16)),
       "in a list: an integer out of range for `i16`"},
      {"interval", "'1 day'", Type::text(), "a value of `interval` where `text` is expected"},
      {"timetz", "'12:00+01'", Type::of(Base::Time),
       "a value of `timetz` where `time` is expected"},
      {"int", "NULL", Type::of(Base::I32), "null where `i32` is expected"},
      {"amount", "12.55", Type::decimal(10, 1), "a numeric with more places for `decimal(10,1)`"},
  };
  for (const Case& it : cases) {
    INFO(it.declaration << " " << it.value);
    table.make(it.declaration);
    table.run("INSERT INTO t VALUES(1, " + it.value + ")");
    Column into(it.type);
    const auto reasons = table.read(into);
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0] == it.reason);
    CHECK(into.size() == 0);
    if (it.type.base == Base::List) CHECK(into.element().size() == 0);
  }
}

TEST_CASE("values of neighbouring types are read where they fit exactly") {
  CopiedColumn table;
  table.run("CREATE EXTENSION citext; CREATE DOMAIN amount AS numeric(10,2)");
  const auto reads = [&](const char* declaration, const char* value, const Type& type) {
    INFO(declaration << " " << value);
    table.make(declaration);
    table.run(std::string("INSERT INTO t VALUES(1, ") + value + ")");
    Column into(type);
    CHECK(table.read(into).empty());
    REQUIRE(into.size() == 1);
    return into;
  };
  CHECK(reads("citext", "'MiXed'", Type::text()).bytes(0) == "MiXed");
  CHECK(reads("char(6)", "'ab'", Type::text(2)).bytes(0) == "ab");
  CHECK(reads("char(6)", "'  ab'", Type::text()).bytes(0) == "  ab");
  CHECK(reads("amount", "12.50", Type::decimal(10, 2)).decimal(0) == 1250);
  CHECK(reads("numeric", "'1200'", Type::decimal(6, 2)).decimal(0) == 120000);
  CHECK(reads("numeric", "'-0.00010'", Type::decimal(6, 4)).decimal(0) == -1);
  CHECK(reads("int", "-7", Type::decimal(6, 2)).decimal(0) == -700);
  CHECK(reads("real", "0.5", Type::of(Base::F64)).real(0) == 0.5);
  CHECK(reads("int", "5", Type::of(Base::F64)).real(0) == 5);
  CHECK(reads("timestamp", "'2026-01-02 03:04:05'", Type::of(Base::Timestamp)).integer(0) ==
        1767323045000000);
  CHECK(reads("jsonb", "'{\"a\":  1}'", Type::of(Base::Json)).bytes(0) == "{\"a\": 1}");
  CHECK(reads("int[]", "'{}'", Type::list(Type::of(Base::I32))).list(0).end == 0);
  CHECK(reads("uuid", "'01234567-89ab-cdef-0123-456789abcdef'", Type::of(Base::Uuid)).bytes(0) ==
        std::string_view("\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef", 16));
}

TEST_CASE("what a column would round, cut or not hold is refused before it is sent") {
  CopiedColumn table;
  const auto refusal = [&](const char* declaration, const Column& value) {
    INFO(declaration);
    table.make(declaration);
    const auto refused = table.write(value);
    CHECK(table.ask("v").size() == (refused ? 0 : 1));
    return refused.value_or("");
  };
  const auto text = [](std::string_view value) {
    Column column(Type::text());
    column.append_bytes(value);
    return column;
  };
  const auto decimal = [](int precision, int scale, std::int64_t value) {
    Column column(
        Type::decimal(static_cast<std::uint8_t>(precision), static_cast<std::uint8_t>(scale)));
    column.append_decimal(value);
    return column;
  };
  const auto integer = [](Base base, std::int64_t value) {
    Column column(Type::of(base));
    column.append_integer(value);
    return column;
  };
  const auto json = [](std::string_view value) {
    Column column(Type::of(Base::Json));
    column.append_bytes(value);
    return column;
  };
  CHECK(refusal("text", text(std::string_view("a\0b", 3))) ==
        "text with U+0000 for a column of `text`");
  CHECK(refusal("varchar(4)", text("grüße")) ==
        "text of 5 characters for a column of `varchar(4)`");
  CHECK(refusal("varchar(4)", text("abcd  ")) ==
        "text of 6 characters for a column of `varchar(4)`");  // the server would cut the blanks
  CHECK(refusal("char(4)", text("ab ")) == "text that ends in a blank for a column of `bpchar`");
  CHECK(refusal("char(4)", text("ab")) == "");
  CHECK(refusal("varchar(4)", text("grüß")) == "");
  CHECK(refusal("numeric(6,2)", decimal(10, 3, 1005)) ==
        "a decimal with more digits for a column of `numeric(6,2)`");
  CHECK(refusal("numeric(6,2)", decimal(10, 3, 1000)) == "");
  CHECK(refusal("numeric(6,2)", decimal(10, 2, 1000000)) ==
        "a decimal with more digits for a column of `numeric(6,2)`");
  CHECK(refusal("numeric(3,-2)", decimal(10, 2, 1234500)) ==
        "a decimal with more digits for a column of `numeric(3,-2)`");
  CHECK(refusal("numeric(3,-2)", decimal(10, 2, 1230000)) == "");
  CHECK(refusal("int", integer(Base::I64, 1LL << 40)) ==
        "an integer out of range for a column of `int4`");
  CHECK(refusal("text", integer(Base::I64, 1)) == "`i64` where the column is `text`");
  CHECK(refusal("timestamptz(0)", integer(Base::Timestamp, 1'500'000)) ==
        "a time with more places for a column of `timestamptz`");
  CHECK(refusal("timestamptz(1)", integer(Base::Timestamp, 1'500'000)) == "");
  CHECK(refusal("jsonb", json(R"({"a":"\u0000"})")) ==
        "JSON with `\\u0000` for a column of `jsonb`");
  CHECK(refusal("jsonb", json(R"({"a":"\\u0000"})")) == "");
  CHECK(refusal("json", json(R"({"a":"\u0000"})")) == "");
  Column real(Type::of(Base::F64));
  real.append_real(0.1);
  CHECK(refusal("real", real) == "a number with more digits for a column of `float4`");
}

TEST_CASE("a copy shares the connection's transaction, and its failure is a broken constraint") {
  CopiedColumn table;
  table.make("text UNIQUE");
  Column values(Type::text());
  values.append_bytes("secret");
  values.append_bytes("secret");
  std::string tuples;
  for (std::size_t row = 0; row < 2; ++row) {
    mig::runtime::append_field_count(tuples, 2);
    tuples += std::string("\0\0\0\4\0\0\0\1", 8);
    REQUIRE_FALSE(mig::runtime::append_field(table.type(), values, row, tuples));
  }
  const std::string copy_in = "COPY t FROM STDIN (FORMAT binary)";
  table.run("BEGIN");
  table.run("SAVEPOINT mark");
  {
    auto copy = mig::runtime::CopyIn::begin(table.database(), copy_in);
    REQUIRE(copy);
    REQUIRE(copy->put(tuples));
    const auto refused = copy->finish();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("secret") == std::string::npos);
    CHECK(table.database().last_constraint() == mig::runtime::SqlConstraint::Unique);
    CHECK(table.database().constraint_subject() == "t.v");
  }
  table.run("ROLLBACK TO mark");
  {
    auto given_up = mig::runtime::CopyIn::begin(table.database(), copy_in);
    REQUIRE(given_up->put(std::string_view(tuples).substr(0, tuples.size() / 2)));
  }
  table.run("ROLLBACK TO mark");
  table.write_raw(std::string_view(tuples).substr(0, tuples.size() / 2), 1);
  CHECK(table.ask("v") == std::vector<std::string>{"secret"});
  table.run("ROLLBACK");
  CHECK(table.ask("v").empty());
}
