#include <catch2/catch.hpp>

#include "runtime/data/decimal.hpp"
#include "runtime/data/function_call.hpp"
#include "runtime/data/transform.hpp"
#include "runtime/data/uuid.hpp"
#include "tests/support/expressions.hpp"

namespace {

using namespace mig;
using namespace mig::tests;
using plan::Base;
using plan::Expr;
using plan::Function;
using plan::Type;
using runtime::RowReject;

const Type kText = Type::text();
const Type kI64 = Type::of(Base::I64);
const Type kBool = Type::of(Base::Bool);

std::string show(const runtime::Column& column, std::size_t row) {
  if (column.is_null(row)) return "absent";
  const Type& type = column.type();
  switch (runtime::storage_of(type.base)) {
    case runtime::Storage::Integers:
      if (type.base == Base::Bool) return column.integer(row) != 0 ? "true" : "false";
      if (type.base == Base::OneOf) {
        return type.members.at(static_cast<std::size_t>(column.integer(row)));
      }
      return std::to_string(column.integer(row));
    case runtime::Storage::Decimals:
      return runtime::print_decimal(column.decimal(row), type.scale);
    case runtime::Storage::Reals:
      return std::to_string(column.real(row));
    case runtime::Storage::Bytes:
      return std::string(column.bytes(row));
    case runtime::Storage::List:
      break;
  }
  std::string shown = "[";
  const auto [first, end] = column.list(row);
  for (std::size_t item = first; item < end; ++item)
    shown += (item == first ? "" : "|") + show(column.element(), item);
  return shown + "]";
}

// The value of an expression without fields, or why the row was rejected.
std::string value_of(const Expr& expr) {
  const plan::Entity one = entity("Row", {kI64});
  runtime::Batch batch = runtime::Batch::of({kI64});
  batch.columns[0].append_integer(1);
  batch.rows = 1;
  std::vector<RowReject> rejects;
  const auto column = runtime::Evaluator(one, expr, "x").evaluate(batch, rejects);
  if (rejects.empty()) return show(column, 0);
  CHECK(rejects.size() == 1);
  CHECK(rejects[0].row == 0);
  CHECK(rejects[0].field == "x");
  return "rejected: " + rejects[0].reason;
}

std::string of_texts(Function function, Type type, const std::vector<std::string>& texts) {
  std::vector<Expr> arguments;
  for (const std::string& one : texts)
    arguments.push_back(text(one));
  return value_of(apply(function, std::move(type), std::move(arguments)));
}

Expr decimal(std::string_view digits, std::uint8_t precision, std::uint8_t scale) {
  return constant(Type::decimal(precision, scale), *plan::parse_decimal(digits));
}

std::string of_integers(Function function, Base base, std::int64_t a, std::int64_t b) {
  return value_of(apply(function, Type::of(base), {integer(a, base), integer(b, base)}));
}

}  // namespace

TEST_CASE("integer arithmetic is checked in its own width") {
  CHECK(of_integers(Function::Add, Base::I64, INT64_MAX - 1, 1) == std::to_string(INT64_MAX));
  CHECK(of_integers(Function::Add, Base::I64, INT64_MAX, 1) == "rejected: integer overflow in `+`");
  CHECK(of_integers(Function::Add, Base::I16, 32767, 1) == "rejected: integer overflow in `+`");
  CHECK(of_integers(Function::Subtract, Base::I32, INT32_MIN, 1) ==
        "rejected: integer overflow in `-`");
  CHECK(of_integers(Function::Multiply, Base::I64, INT64_MIN, -1) ==
        "rejected: integer overflow in `*`");
  CHECK(of_integers(Function::Multiply, Base::I16, -128, 256) == "-32768");
  CHECK(of_integers(Function::Divide, Base::I64, -7, 2) == "-3");
  CHECK(of_integers(Function::Divide, Base::I64, 7, 0) == "rejected: division by zero in `/`");
  CHECK(of_integers(Function::Divide, Base::I64, INT64_MIN, -1) ==
        "rejected: integer overflow in `/`");
  CHECK(of_integers(Function::Divide, Base::I32, INT32_MIN, -1) ==
        "rejected: integer overflow in `/`");
  CHECK(value_of(apply(Function::Negate, Type::of(Base::I16), {integer(-32768, Base::I16)})) ==
        "rejected: integer overflow in `-`");
  CHECK(value_of(apply(Function::Negate, kI64, {integer(5)})) == "-5");
}

TEST_CASE("decimal arithmetic is exact or rejects") {
  const std::string nines(38, '9');
  const Type whole = Type::decimal(38, 0);
  CHECK(value_of(apply(Function::Add, Type::decimal(38, 2),
                       {decimal("1.25", 10, 2), decimal("-0.30", 10, 2)})) == "0.95");
  CHECK(value_of(apply(Function::Add, whole, {decimal(nines, 38, 0), decimal("1", 38, 0)})) ==
        "rejected: decimal overflow in `+`");
  CHECK(value_of(
            apply(Function::Subtract, whole, {decimal("-" + nines, 38, 0), decimal("1", 38, 0)})) ==
        "rejected: decimal overflow in `-`");
  CHECK(value_of(apply(Function::Multiply, Type::decimal(38, 4),
                       {decimal("1.25", 10, 2), decimal("0.50", 10, 2)})) == "0.6250");
  CHECK(value_of(apply(Function::Multiply, whole, {decimal(nines, 38, 0), decimal("2", 1, 0)})) ==
        "rejected: decimal overflow in `*`");
  // A whole number that was widened: the product keeps the scale.
  CHECK(value_of(apply(Function::Multiply, Type::decimal(38, 10),
                       {decimal("1000000000000000000", 38, 10), decimal("12.5", 38, 10)})) ==
        "12500000000000000000.0000000000");
  CHECK(value_of(apply(Function::Divide, Type::decimal(38, 2),
                       {decimal("-10.00", 10, 2), decimal("3.00", 10, 2)})) == "-3.33");
  CHECK(value_of(apply(Function::Divide, Type::decimal(38, 2),
                       {decimal("1.00", 10, 2), decimal("0.00", 10, 2)})) ==
        "rejected: division by zero in `/`");
  CHECK(value_of(apply(Function::Negate, whole, {decimal(nines, 38, 0)})) == "-" + nines);
}

TEST_CASE("reals stay finite") {
  const Type real = Type::of(Base::F64);
  const auto of = [&](Function function, double a, double b) {
    return value_of(apply(function, real, {constant(real, a), constant(real, b)}));
  };
  CHECK(of(Function::Add, 0.5, 0.25) == "0.750000");
  CHECK(of(Function::Multiply, 1e308, 10) == "rejected: real overflow in `*`");
  CHECK(of(Function::Divide, 1, 0) == "rejected: division by zero in `/`");
}

TEST_CASE("comparisons: absent equals absent and nothing else") {
  const auto equal = [](Expr a, Expr b) {
    return value_of(apply(Function::Equal, kBool, {std::move(a), std::move(b)}));
  };
  CHECK(equal(absent(kI64), absent(kI64)) == "true");
  CHECK(equal(absent(kI64), integer(0)) == "false");
  CHECK(equal(integer(0), absent(kI64)) == "false");
  CHECK(equal(text("a"), text("a")) == "true");
  CHECK(value_of(apply(Function::NotEqual, kBool, {absent(kText), text("")})) == "true");
  CHECK(value_of(apply(Function::Less, kBool, {text("Z"), text("a")})) == "true");
  CHECK(value_of(apply(Function::LessOrEqual, kBool, {integer(2), integer(2)})) == "true");
  CHECK(value_of(apply(Function::Greater, kBool, {integer(2), integer(2)})) == "false");
  CHECK(value_of(apply(Function::GreaterOrEqual, kBool, {integer(2), integer(2)})) == "true");
  CHECK(value_of(apply(Function::Not, kBool, {truth(false)})) == "true");
  CHECK(value_of(apply(Function::Present, kBool, {absent(kI64)})) == "false");
  CHECK(value_of(apply(Function::Present, kBool, {integer(0)})) == "true");
  for (const auto& [value, expected] : std::vector<std::pair<int, std::string>>{
           {0, "false"}, {1, "true"}, {3, "true"}, {4, "false"}}) {
    CHECK(value_of(apply(Function::Within, kBool, {integer(value), integer(1), integer(3)})) ==
          expected);
  }
  CHECK(value_of(apply(Function::OneOfList, kBool, {text("b"), text("a"), text("b")})) == "true");
  CHECK(value_of(apply(Function::OneOfList, kBool, {text("c"), text("a"), text("b")})) == "false");
  const Type words{.base = Base::OneOf, .members = {"zoo", "ant"}};
  // Words are ordered as texts, not as they are declared.
  CHECK(value_of(apply(Function::Less, kBool, {constant(words, "ant"), constant(words, "zoo")})) ==
        "true");
}

TEST_CASE("and, or, if and ?? take only what they need") {
  const Expr broken = apply(Function::Equal, kBool,
                            {apply(Function::Divide, kI64, {integer(1), integer(0)}), integer(1)});
  const Expr broken_number = apply(Function::Divide, kI64, {integer(1), integer(0)});
  const auto logic = [](Function function, Expr a, Expr b) {
    return value_of(apply(function, kBool, {std::move(a), std::move(b)}));
  };
  const std::string rejected = "rejected: division by zero in `/`";
  CHECK(logic(Function::And, truth(false), broken) == "false");
  CHECK(logic(Function::And, truth(true), broken) == rejected);
  CHECK(logic(Function::And, broken, truth(false)) == rejected);
  CHECK(logic(Function::And, truth(true), truth(false)) == "false");
  CHECK(logic(Function::Or, truth(true), broken) == "true");
  CHECK(logic(Function::Or, truth(false), broken) == rejected);
  CHECK(logic(Function::Or, truth(false), truth(true)) == "true");
  CHECK(value_of(choose(kI64, truth(true), integer(7), broken_number)) == "7");
  CHECK(value_of(choose(kI64, truth(false), broken_number, integer(8))) == "8");
  CHECK(value_of(choose(kI64, truth(false), integer(7), broken_number)) == rejected);
  CHECK(value_of(apply(Function::Coalesce, kI64, {integer(1), broken_number})) == "1");
  CHECK(value_of(apply(Function::Coalesce, kI64, {absent(kI64), broken_number})) == rejected);
  CHECK(value_of(apply(Function::Coalesce, kI64.as_optional(), {absent(kI64), absent(kI64)})) ==
        "absent");
}

TEST_CASE("functions of text") {
  struct Row {
    Function function;
    Type type;
    std::vector<std::string> arguments;
    std::string expected;
  };
  const Type list = Type::list(kText);
  const Type maybe = kText.as_optional();
  const std::vector<Row> rows = {
      {Function::Trim, kText, {" \t\r\n\v\fa b \n"}, "a b"},
      {Function::Trim, kText, {"  "}, ""},
      {Function::Trim, kText, {"\u00a0x"}, "\u00a0x"},
      {Function::Lower, kText, {"ÄBC[@Z"}, "Äbc[@z"},
      {Function::Lower, kText, {"plain"}, "plain"},
      {Function::Upper, kText, {"äbc`{z"}, "äBC`{Z"},
      {Function::Concat, kText, {"a", "", "bc"}, "abc"},
      {Function::Split, list, {"", ","}, "[]"},
      {Function::Split, list, {"a", ","}, "[a]"},
      {Function::Split, list, {",a,,b,", ","}, "[|a||b|]"},
      {Function::Split, list, {"a, b", ", "}, "[a|b]"},
      {Function::Split, list, {"ab", ""}, "[ab]"},
      {Function::SplitOnceHead, kText, {"a b c", " "}, "a"},
      {Function::SplitOnceTail, maybe, {"a b c", " "}, "b c"},
      {Function::SplitOnceHead, kText, {"abc", " "}, "abc"},
      {Function::SplitOnceTail, maybe, {"abc", " "}, "absent"},
      {Function::SplitOnceTail, maybe, {"abc ", " "}, ""},
      {Function::SplitOnceTail, maybe, {"abc", ""}, "absent"},
      {Function::Replace, kText, {"aaa", "aa", "b"}, "ba"},
      {Function::Replace, kText, {"abab", "b", ""}, "aa"},
      {Function::Replace, kText, {"abc", "", "x"}, "abc"},
      {Function::Replace, kText, {"abc", "z", "x"}, "abc"},
      {Function::Length, kI64, {"aé€😀"}, "4"},
      {Function::Length, kI64, {""}, "0"},
      {Function::RegexMatch, kBool, {"order 42", "[0-9]+"}, "true"},
      {Function::RegexMatch, kBool, {"order 42", "^[0-9]+$"}, "false"},
      {Function::RegexReplace, kText, {"a1b22", "([0-9]+)", "<\\1>"}, "a<1>b<22>"},
      {Function::RegexReplace, kText, {"none", "[0-9]", "x"}, "none"},
  };
  for (const Row& row : rows) {
    INFO(plan::name(row.function) << " of " << row.arguments.front());
    CHECK(of_texts(row.function, row.type, row.arguments) == row.expected);
  }
}

TEST_CASE("substr counts code points from 1 and never leaves the text") {
  const auto part = [](std::int64_t first, std::int64_t count) {
    return value_of(
        apply(Function::Substr, kText, {text("aé€😀z"), integer(first), integer(count)}));
  };
  CHECK(part(1, 2) == "aé");
  CHECK(part(3, 2) == "€😀");
  CHECK(part(5, 10) == "z");
  CHECK(part(6, 1).empty());
  CHECK(part(0, 2) == "a");
  CHECK(part(-5, 3).empty());
  CHECK(part(1, 0).empty());
  CHECK(part(2, -1).empty());
  CHECK(part(2, INT64_MAX) == "é€😀z");
  CHECK(part(INT64_MIN, INT64_MAX).empty());
  CHECK(part(INT64_MAX, INT64_MAX).empty());
}

TEST_CASE("conversions that fail give nothing") {
  const auto to = [](Function function, Type type, Expr from) {
    return value_of(apply(function, type.as_optional(), {std::move(from)}));
  };
  const Type i16 = Type::of(Base::I16);
  const Type i32 = Type::of(Base::I32);
  CHECK(to(Function::ToI64, kI64, text("-9223372036854775808")) == "-9223372036854775808");
  for (const char* wrong : {"9223372036854775808", "", "-", "+", "+-1", " 1", "1 ", "1.0", "0x1"}) {
    INFO(wrong);
    CHECK(to(Function::ToI64, kI64, text(wrong)) == "absent");
  }
  CHECK(to(Function::ToI64, kI64, text("+007")) == "7");
  CHECK(to(Function::ToI64, kI64, decimal("12.00", 10, 2)) == "12");
  CHECK(to(Function::ToI64, kI64, decimal("12.50", 10, 2)) == "absent");
  CHECK(to(Function::ToI64, kI64, decimal("9223372036854775808", 38, 0)) == "absent");
  CHECK(to(Function::TryI16, i16, integer(32767)) == "32767");
  CHECK(to(Function::TryI16, i16, integer(32768)) == "absent");
  CHECK(to(Function::TryI32, i32, integer(INT64_C(-2147483648))) == "-2147483648");
  CHECK(to(Function::TryI32, i32, integer(INT64_C(2147483648))) == "absent");
  CHECK(to(Function::ToBool, kBool, text("true")) == "true");
  CHECK(to(Function::ToBool, kBool, text("0")) == "false");
  CHECK(to(Function::ToBool, kBool, text("yes")) == "absent");
  CHECK(to(Function::TryText, Type::text(3), text("äöü")) == "äöü");
  CHECK(to(Function::TryText, Type::text(3), text("äöüx")) == "absent");
  CHECK(to(Function::ToDecimal, Type::decimal(5, 2), text("-123.40")) == "-123.40");
  CHECK(to(Function::ToDecimal, Type::decimal(5, 2), text("1234")) == "absent");
  CHECK(to(Function::ToDecimal, Type::decimal(5, 2), text("1.234")) == "absent");
  CHECK(to(Function::TryDecimal, Type::decimal(3, 1), decimal("12.50", 10, 2)) == "12.5");
  CHECK(to(Function::TryDecimal, Type::decimal(3, 1), decimal("12.55", 10, 2)) == "absent");
  CHECK(to(Function::TryDecimal, Type::decimal(3, 1), integer(100)) == "absent");
  CHECK(to(Function::TryDecimal, Type::decimal(3, 1), integer(-99)) == "-99.0");
  const Type words{.base = Base::OneOf, .members = {"a", "b"}};
  CHECK(value_of(apply(Function::TryOneOf, words.as_optional(),
                       {text("b"), text("a"), text("b")})) == "b");
  CHECK(value_of(apply(Function::TryOneOf, words.as_optional(),
                       {text("B"), text("a"), text("b")})) == "absent");
}

TEST_CASE("to_text spells every value in one way") {
  const auto spell = [](Expr from) {
    return value_of(apply(Function::ToText, kText, {std::move(from)}));
  };
  const std::string uuid = "01234567-89ab-cdef-0123-456789abcdef";
  CHECK(spell(truth(true)) == "true");
  CHECK(spell(integer(-32768, Base::I16)) == "-32768");
  CHECK(spell(integer(INT64_MIN)) == "-9223372036854775808");
  CHECK(spell(decimal("-0.50", 10, 2)) == "-0.50");
  CHECK(spell(text("x")) == "x");
  CHECK(spell(constant(Type::of(Base::Uuid), uuid)) == uuid);
  CHECK(value_of(apply(Function::UuidText, kText, {constant(Type::of(Base::Uuid), uuid)})) == uuid);
  CHECK(spell(integer(0, Base::Date)) == "1970-01-01");
  CHECK(spell(integer(1, Base::Time)) == "00:00:00.000001");
  CHECK(spell(integer(-1, Base::Timestamp)) == "1969-12-31T23:59:59.999999Z");
  CHECK(spell(constant(Type::of(Base::Json), "[1]")) == "[1]");
  CHECK(spell(constant(Type{.base = Base::OneOf, .members = {"a", "b"}}, "b")) == "b");
}

TEST_CASE("moments") {
  const Type timestamp = Type::of(Base::Timestamp);
  const auto from_ms = [&](Expr ms) {
    return value_of(apply(Function::FromUnixMs, timestamp, {std::move(ms)}));
  };
  const std::string rejected =
      "rejected: `from_unix_ms` outside the years 0001 to 9999, or finer than microseconds";
  CHECK(from_ms(integer(1)) == "1000");
  CHECK(from_ms(integer(INT64_MAX)) == rejected);
  CHECK(from_ms(decimal("1.5", 10, 1)) == "1500");
  CHECK(from_ms(decimal("0.0001", 10, 4)) == rejected);
  const auto to_ms = [](std::int64_t micros) {
    return value_of(apply(Function::ToUnixMs, kI64, {integer(micros, Base::Timestamp)}));
  };
  CHECK(to_ms(1999) == "1");
  CHECK(to_ms(-1) == "-1");
  CHECK(to_ms(-1000) == "-1");
  const auto parse = [&](const std::string& written) {
    return of_texts(Function::ParseTimestamp, timestamp.as_optional(), {written});
  };
  CHECK(parse("1970-01-01T01:00:00.25+01:00") == "250000");
  CHECK(parse("1970-01-01 00:00:01Z") == "1000000");
  CHECK(parse("1970-01-01") == "absent");
  CHECK(parse("1970-02-30T00:00:00Z") == "absent");
  CHECK(value_of(apply(Function::FormatTimestamp, kText, {integer(0, Base::Timestamp)})) ==
        "1970-01-01T00:00:00.000000Z");
}

TEST_CASE("parts of documents keep their text") {
  const Type json = Type::of(Base::Json);
  const std::string document =
      R"( {"a": {"b": [10, 12345678901234567890123, "x\u00e9\"y", null, 1.10 ]}, "é": true,)"
      R"( "k\"": 1, "a.b": 2, "t": "x", "t": "last}", "o": { "z" : [ ] } } )";
  const auto get = [&](const std::string& path) {
    return value_of(
        apply(Function::JsonGet, json.as_optional(), {constant(json, document), text(path)}));
  };
  const auto as_text = [&](const std::string& path) {
    return value_of(
        apply(Function::JsonText, kText.as_optional(), {constant(json, document), text(path)}));
  };
  CHECK(get("a.b.0") == "10");
  CHECK(get("a.b.1") == "12345678901234567890123");
  CHECK(get("a.b.2") == R"("x\u00e9\"y")");
  CHECK(as_text("a.b.2") == "xé\"y");
  CHECK(get("a.b.3") == "null");
  CHECK(as_text("a.b.3") == "absent");
  CHECK(as_text("a.b.4") == "1.10");
  CHECK(get("a.b.5") == "absent");
  CHECK(get("a.b.-1") == "absent");
  CHECK(get("a.b.x") == "absent");
  CHECK(get("a.b.0.c") == "absent");
  CHECK(as_text("é") == "true");
  CHECK(as_text("k\"") == "1");
  CHECK(as_text("t") == "last}");
  CHECK(get("o") == R"({ "z" : [ ] })");
  CHECK(get("o.z") == "[ ]");
  CHECK(get("missing") == "absent");
  CHECK(value_of(apply(Function::JsonGet, json.as_optional(), {constant(json, "{a"), text("a")})) ==
        "rejected: the document is no JSON");
}

TEST_CASE("digests") {
  CHECK(of_texts(Function::Md5, kText, {""}) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(of_texts(Function::Sha256, kText, {"abc"}) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  for (const auto& [bytes, expected] :
       std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"\xff\xfe\xfd!", "//79IQ=="}}) {
    CHECK(value_of(apply(Function::Base64, kText, {constant(Type::of(Base::Bytes), bytes)})) ==
          expected);
  }
}

TEST_CASE("widening changes the type and never the value") {
  const auto widen = [](Type type, Expr from) {
    return value_of(apply(Function::Widen, std::move(type), {std::move(from)}));
  };
  CHECK(widen(kI64, integer(-7, Base::I16)) == "-7");
  CHECK(widen(Type::decimal(20, 3), integer(-7, Base::I16)) == "-7.000");
  CHECK(widen(Type::decimal(20, 3), decimal("1.5", 3, 1)) == "1.500");
  const Type few{.base = Base::OneOf, .members = {"a", "b"}};
  const Type more{.base = Base::OneOf, .members = {"c", "b", "a"}};
  CHECK(widen(more, constant(few, "b")) == "b");
  CHECK(widen(kText, constant(few, "b")) == "b");
  CHECK(widen(kI64.as_optional(), absent(Type::of(Base::I32))) == "absent");
  CHECK(widen(kText, constant(Type::text(3), "abc")) == "abc");
}
