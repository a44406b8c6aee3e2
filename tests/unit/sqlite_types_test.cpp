#include "runtime/stores/sqlite_types.hpp"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "runtime/data/fingerprint.hpp"
#include "runtime/stores/sqlite_rows.hpp"

using namespace mig::runtime;
using mig::plan::Base;
using mig::plan::Type;

namespace {

const Type kStatus{.base = Base::OneOf, .members = {"new", "paid"}};

Database memory() {
  auto database = open_sqlite(":memory:", Mode::Create);
  REQUIRE(database);
  return std::move(*database);
}

// What becomes of a SQL literal, read as a type and written again: `text:12.50`, or the reason why
// it is refused.
std::string through(const Type& type, const std::string& literal) {
  const Database database = memory();
  auto select = database.prepare("SELECT " + literal);
  REQUIRE(select);
  REQUIRE(select->step().value());
  Column column(type);
  if (const auto reject = read_cell(*select, 0, column)) {
    CHECK(column.size() == 0);
    return reject->reason;
  }
  REQUIRE(column.size() == 1);
  auto echo = database.prepare(
      "SELECT typeof(?1) || ':' || CASE typeof(?1) WHEN 'blob'"
      " THEN hex(?1) ELSE CAST(coalesce(?1, '') AS TEXT) END");
  REQUIRE(echo);
  // The same cell as the only one of a page that one statement reads.
  Batch batch;
  batch.columns.push_back(column);
  batch.rows = 1;
  const std::uint32_t first = 0;
  RowsToWrite page{&batch, {&first, 1}};
  auto read = database.prepare("SELECT c0 FROM " + rows_function(database, 1).value() + "(?)");
  REQUIRE(read);
  bind_rows(*read, 1, page);
  REQUIRE(read->step().value());
  if (const auto reject = bind_cell(*echo, 1, column, 0)) return reject->reason;
  REQUIRE(echo->step().value());
  Column again(type);
  CHECK(!read_cell(*read, 0, again));
  std::string memory_of_text;
  CHECK(fingerprint(std::span(&again, 1), 0, memory_of_text) ==
        fingerprint(std::span(&column, 1), 0, memory_of_text));
  return std::string(echo->text(0));
}

}  // namespace

TEST_CASE("only our pointer is read as rows") {
  const Database database = memory();
  const std::string name = rows_function(database, 2).value();
  for (const std::string argument : {"(0)", "(94208)", "('x')", "(NULL)"}) {
    auto rows = database.prepare("SELECT count(*) FROM " + name + argument);
    REQUIRE(rows);
    REQUIRE(rows->step().value());
    CHECK(rows->integer(0) == 0);
  }
  CHECK_FALSE(database.prepare("SELECT * FROM " + name));
}

TEST_CASE("a value without a form ends the statement that reads its page") {
  const Database database = memory();
  Batch batch = Batch::of({Type::of(Base::F64)});
  batch.columns[0].append_real(1);
  batch.columns[0].append_real(std::numeric_limits<double>::quiet_NaN());
  batch.rows = 2;
  const std::vector<std::uint32_t> both = {0, 1};
  RowsToWrite page{&batch, both};
  auto read = database.prepare("SELECT c0 FROM " + rows_function(database, 1).value() + "(?)");
  REQUIRE(read);
  bind_rows(*read, 1, page);
  REQUIRE(read->step().value());
  CHECK_FALSE(read->step());
  CHECK(database.last_failure() == SqlFailure::Constraint);
}

TEST_CASE("sqlite types: bool and integers are in range or refused") {
  CHECK(through(Type::of(Base::Bool), "1") == "integer:1");
  CHECK(through(Type::of(Base::Bool), "2") == "an integer out of range for `bool`");
  CHECK(through(Type::of(Base::Bool), "'true'") == "text where `bool` is expected");
  CHECK(through(Type::of(Base::I16), "-32768") == "integer:-32768");
  CHECK(through(Type::of(Base::I16), "32767") == "integer:32767");
  CHECK(through(Type::of(Base::I16), "32768") == "an integer out of range for `i16`");
  CHECK(through(Type::of(Base::I32), "-2147483648") == "integer:-2147483648");
  CHECK(through(Type::of(Base::I32), "2147483648") == "an integer out of range for `i32`");
  CHECK(through(Type::of(Base::I64), "9223372036854775807") == "integer:9223372036854775807");
  CHECK(through(Type::of(Base::I64), "-9223372036854775808") == "integer:-9223372036854775808");
  CHECK(through(Type::of(Base::I64), "9223372036854775808") ==
        "a real number where `i64` is expected");
  CHECK(through(Type::of(Base::I64), "1.0") == "a real number where `i64` is expected");
  CHECK(through(Type::of(Base::I64), "'1'") == "text where `i64` is expected");
  CHECK(through(Type::of(Base::I64), "x'31'") == "a blob where `i64` is expected");
  CHECK(through(Type::of(Base::I64), "NULL") == "NULL where `i64` is expected");
  CHECK(through(Type::of(Base::I64).as_optional(), "NULL") == "null:");
}

TEST_CASE("sqlite types: decimals are exact or refused") {
  const Type money = Type::decimal(12, 2);
  CHECK(through(money, "5") == "text:5.00");
  CHECK(through(money, "'12.5'") == "text:12.50");
  CHECK(through(money, "12.5") == "text:12.50");
  CHECK(through(money, "-0.1") == "text:-0.10");
  CHECK(through(money, "0.1 + 0.2") == "a real number without an exact value for `decimal(12,2)`");
  CHECK(through(money, "'12.345'") == "text without an exact value for `decimal(12,2)`");
  CHECK(through(money, "10000000000") == "an integer without an exact value for `decimal(12,2)`");
  CHECK(through(money, "'twelve'") == "text without an exact value for `decimal(12,2)`");
  CHECK(through(money, "x'00'") == "a blob where `decimal(12,2)` is expected");
  CHECK(through(Type::decimal(38, 0), "'99999999999999999999999999999999999999'") ==
        "text:99999999999999999999999999999999999999");
  CHECK(through(Type::decimal(38, 0), "-9223372036854775808") == "text:-9223372036854775808");
}

TEST_CASE("sqlite types: f64 takes what a double holds") {
  CHECK(through(Type::of(Base::F64), "1.5") == "real:1.5");
  CHECK(through(Type::of(Base::F64), "9e999") == "real:Inf");
  CHECK(through(Type::of(Base::F64), "9007199254740992") == "real:9.00719925474099e+15");
  CHECK(through(Type::of(Base::F64), "-9007199254740993") == "an integer beyond 2^53 for `f64`");
  CHECK(through(Type::of(Base::F64), "'1.5'") == "text where `f64` is expected");
  Column column(Type::of(Base::F64));
  column.append_real(std::numeric_limits<double>::quiet_NaN());
  const Database database = memory();
  auto select = database.prepare("SELECT ?1");
  CHECK(bind_cell(*select, 1, column, 0)->reason == "not a number for `f64`");
}

TEST_CASE("sqlite types: text is UTF-8 and counted in code points") {
  CHECK(through(Type::text(), "''") == "text:");
  CHECK(through(Type::text(3), "'é€😀'") == "text:é€😀");
  CHECK(through(Type::text(3), "'é€😀x'") == "text of 4 characters for `text(3)`");
  CHECK(through(Type::text(), "CAST(x'ff' AS TEXT)") == "text that is not UTF-8 for `text`");
  CHECK(through(Type::text(), "1") == "an integer where `text` is expected");
  CHECK(through(Type::of(Base::Bytes), "x'00ff'") == "blob:00FF");
  CHECK(through(Type::of(Base::Bytes), "x''") == "blob:");
  CHECK(through(Type::of(Base::Bytes), "'text'") == "text where `bytes` is expected");
  CHECK(through(kStatus, "'paid'") == "text:paid");
  CHECK(through(kStatus, "'secret'") == "text that is no member for `one_of(new, paid)`");
}

TEST_CASE("sqlite types: uuids in two forms, written in one") {
  const std::string canonical = "text:01234567-89ab-cdef-0123-456789abcdef";
  const Type uuid = Type::of(Base::Uuid);
  CHECK(through(uuid, "'01234567-89ab-cdef-0123-456789abcdef'") == canonical);
  CHECK(through(uuid, "x'0123456789abcdef0123456789abcdef'") == canonical);
  CHECK(through(uuid, "x'0123'") == "a blob of 2 bytes for `uuid`");
  for (const char* text :
       {"'01234567-89AB-CDEF-0123-456789ABCDEF'", "''", "'01234567'",
        "'0123456789abcdef0123456789abcdef----'", "'01234567-89ab-cdef-0123-456789abcdeg'"}) {
    INFO(text);
    CHECK(through(uuid, text) == "text that is no lower-case uuid for `uuid`");
  }
}

TEST_CASE("sqlite types: dates and times are text in a known form") {
  CHECK(through(Type::of(Base::Date), "'2024-02-29'") == "text:2024-02-29");
  CHECK(through(Type::of(Base::Date), "'2026-02-29'") == "text in another form for `date`");
  CHECK(through(Type::of(Base::Time), "'03:04'") == "text:03:04:00.000000");
  CHECK(through(Type::of(Base::Timestamp), "'2026-01-02 03:04:05'") ==
        "text:2026-01-02T03:04:05.000000Z");
  CHECK(through(Type::of(Base::Timestamp), "datetime('2026-01-02T03:04:05')") ==
        "text:2026-01-02T03:04:05.000000Z");
  CHECK(through(Type::of(Base::Timestamp), "1767323045") ==
        "an integer where `timestamp` is expected");
  CHECK(through(Type::of(Base::Timestamp), "'yesterday'") ==
        "text in another form for `timestamp`");
}

TEST_CASE("sqlite types: json is checked and otherwise left as it is") {
  const Type type = Type::of(Base::Json);
  CHECK(through(type, "'{\"b\": 1,  \"a\":12345678901234567890}'") ==
        "text:{\"b\": 1,  \"a\":12345678901234567890}");
  CHECK(through(type, "'null'") == "text:null");
  CHECK(through(type, "'{'") == "text that is no JSON for `json`");
  CHECK(through(type, "''") == "text that is no JSON for `json`");
  CHECK(through(type, "'" + std::string(100'000, '[') + "'") == "text that is no JSON for `json`");
  CHECK(through(type, "1") == "an integer where `json` is expected");
}

TEST_CASE("sqlite types: lists are JSON arrays, item by item") {
  CHECK(through(Type::list(Type::of(Base::I64)), "'[1, 9223372036854775807, -3]'") ==
        "text:[1,9223372036854775807,-3]");
  CHECK(through(Type::list(Type::of(Base::I64)), "'[]'") == "text:[]");
  CHECK(through(Type::list(Type::of(Base::Bool)), "'[true, 0]'") == "text:[true,false]");
  CHECK(through(Type::list(Type::text().as_optional()), "'[\"a\", null, \"é\"]'") ==
        "text:[\"a\",null,\"é\"]");
  CHECK(through(Type::list(Type::decimal(25, 2)), "'[\"12.5\", 7, 18446744073709551615, 0.10]'") ==
        "text:[\"12.50\",\"7.00\",\"18446744073709551615.00\",\"0.10\"]");
  CHECK(through(Type::list(Type::of(Base::Bytes)), "'[\"00ff\"]'") == "text:[\"00ff\"]");
  CHECK(through(Type::list(Type::list(kStatus)), "'[[\"new\"],[]]'") == "text:[[\"new\"],[]]");
  CHECK(through(Type::list(Type::of(Base::Json)),
                "'[{\"a\": [1.10]}, null,12345678901234567890123]'") ==
        "text:[{\"a\": [1.10]},null,12345678901234567890123]");
  CHECK(through(Type::list(Type::of(Base::F64)), "'[1.5, 2]'") == "text:[1.5,2.0]");
  CHECK(through(Type::list(Type::of(Base::I64)), "'[1, null]'") ==
        "an item is NULL where `i64` is expected");
  CHECK(through(Type::list(Type::of(Base::I64)), "'[1, 2.0]'") ==
        "an item is a real number where `i64` is expected");
  CHECK(through(Type::list(Type::decimal(12, 2)), "'[0.123]'") ==
        "an item is text without an exact value for `decimal(12,2)`");
  CHECK(through(Type::list(Type::of(Base::I64)), "'[9223372036854775808]'") ==
        "an item is a real number where `i64` is expected");
  CHECK(through(Type::list(Type::of(Base::F64)), "'[9223372036854775808]'") ==
        "an item is an integer beyond 2^53 for `f64`");
  CHECK(through(Type::list(Type::of(Base::I64)), "'[true]'") ==
        "an item is JSON of another kind for `i64`");
  CHECK(through(Type::list(Type::text()), "'[{}]'") ==
        "an item is JSON of another kind for `text`");
  CHECK(through(Type::list(Type::of(Base::Bytes)), "'[\"FF\"]'") ==
        "an item is text that is not hexadecimal for `bytes`");
  CHECK(through(Type::list(Type::text()), "' [ \"a,]\\\"\" , \"b\" ] '") ==
        "text:[\"a,]\\\"\",\"b\"]");
  CHECK(through(Type::list(Type::of(Base::I64)), "'[\"secret\"]'") ==
        "an item is text where `i64` is expected");
  CHECK(through(Type::list(Type::text()), "'{}'") == "text that is no JSON array for `[text]`");
}

TEST_CASE("sqlite types: a STRICT table of every type keeps every value") {
  std::vector<Type> types = {Type::of(Base::Bool),
                             Type::of(Base::I16),
                             Type::of(Base::I32),
                             Type::of(Base::I64),
                             Type::of(Base::Date),
                             Type::of(Base::Time),
                             Type::of(Base::Timestamp),
                             Type::decimal(38, 9),
                             Type::of(Base::F64),
                             Type::text(10),
                             Type::of(Base::Bytes),
                             Type::of(Base::Uuid),
                             Type::of(Base::Json),
                             Type::list(Type::of(Base::Uuid)),
                             kStatus};
  for (Type& type : types)
    type.optional = true;
  Batch batch = Batch::of(types);
  const auto row = [&](std::vector<std::int64_t> integers, Decimal decimal, double real,
                       std::vector<std::string> bytes, int items, int word) {
    for (std::size_t i = 0; i < 7; ++i)
      batch.columns[i].append_integer(integers[i]);
    batch.columns[7].append_decimal(decimal);
    batch.columns[8].append_real(real);
    for (std::size_t i = 0; i < 4; ++i)
      batch.columns[9 + i].append_bytes(bytes[i]);
    for (int i = 0; i < items; ++i)
      batch.columns[13].element().append_bytes(bytes[2]);
    batch.columns[13].append_list();
    batch.columns[14].append_integer(word);
    ++batch.rows;
  };
  Decimal most = 1;
  for (int i = 0; i < 38; ++i)
    most *= 10;
  --most;
  row({0, INT16_MIN, INT32_MIN, INT64_MIN, -719162, 0, -62135596800000000}, -most,
      -std::numeric_limits<double>::max(), {"", "", std::string(16, '\0'), "0"}, 0, 0);
  row({1, INT16_MAX, INT32_MAX, INT64_MAX, 2932896, 86399999999, 253402300799999999}, most,
      std::numeric_limits<double>::denorm_min(),
      {"ééé\n\"'\\;", std::string("\0\xff", 2), std::string(16, '\xff'), "{\"a\":[]}"}, 3, 1);
  row({1, 0, 0, 0, 0, 0, 0}, 0, 9007199254740994.0,
      {std::string("a\0b", 3), "x", "0123456789abcdef", "\"\""}, 1, 1);
  for (Column& column : batch.columns)
    column.append_null();
  ++batch.rows;

  const Database database = memory();
  std::string columns, places;
  for (std::size_t i = 0; i < types.size(); ++i) {
    columns += (i == 0 ? "c" : ", c") + std::to_string(i) + " " + declaration(types[i]);
    places += i == 0 ? "?" : ", ?";
  }
  REQUIRE(database.execute("CREATE TABLE t(" + columns + ") STRICT"));
  auto insert = database.prepare("INSERT INTO t VALUES(" + places + ")");
  REQUIRE(insert);
  for (std::size_t i = 0; i < batch.rows; ++i) {
    for (std::size_t c = 0; c < types.size(); ++c) {
      REQUIRE_FALSE(bind_cell(*insert, static_cast<int>(c) + 1, batch.columns[c], i));
    }
    REQUIRE(insert->run());
  }
  Batch back = Batch::of(types);
  auto select = database.prepare("SELECT * FROM t ORDER BY rowid");
  REQUIRE(select);
  while (select->step().value()) {
    for (std::size_t c = 0; c < types.size(); ++c) {
      INFO(print(types[c]));
      const auto reject = read_cell(*select, static_cast<int>(c), back.columns[c]);
      if (reject) FAIL(reject->reason);
    }
    ++back.rows;
  }
  REQUIRE(back.rows == batch.rows);
  for (std::size_t i = 0; i < back.rows; ++i) {
    for (std::size_t c = 0; c < types.size(); ++c) {
      INFO(print(types[c]) << " in row " << i);
      std::string before, after;
      append_canonical(before, batch.columns[c], i);
      append_canonical(after, back.columns[c], i);
      CHECK(before == after);
    }
  }
}

TEST_CASE("sqlite types: columns are declared with and without NOT NULL") {
  CHECK(declaration(Type::of(Base::I16)) == "INTEGER NOT NULL");
  CHECK(declaration(Type::decimal(12, 2).as_optional()) == "TEXT");
  CHECK(declaration(Type::of(Base::Bytes)) == "BLOB NOT NULL");
}
