#include "runtime/data/decimal.hpp"

#include <limits>

#include <catch2/catch.hpp>

using namespace mig::runtime;

namespace {

std::string through(const char* text, std::uint8_t precision, std::uint8_t scale) {
  const auto value = parse_decimal(text, precision, scale);
  return value ? print_decimal(*value, scale) : "refused";
}

std::string through(double real, std::uint8_t precision, std::uint8_t scale) {
  const auto value = decimal_from_real(real, precision, scale);
  return value ? print_decimal(*value, scale) : "refused";
}

}  // namespace

TEST_CASE("decimal: text is taken exactly or not at all") {
  CHECK(through("12.5", 12, 2) == "12.50");
  CHECK(through("-0.05", 12, 2) == "-0.05");
  CHECK(through("+7", 12, 0) == "7");
  CHECK(through("0012.3400", 4, 2) == "12.34");
  CHECK(through("-0.00", 4, 2) == "0.00");
  CHECK(through("99999999999999999999999999999999999999", 38, 0) ==
        "99999999999999999999999999999999999999");
  CHECK(through("-0.99999999999999999999999999999999999999", 38, 38) ==
        "-0.99999999999999999999999999999999999999");
  for (const char* text : {"", "-", ".", "1.", ".5", "1e3", " 1", "1 ", "1,5", "0x1", "--1",
                           "1.2.3", "nan", "inf", "12.345", "100000000000"}) {
    INFO(text);
    CHECK(through(text, 12, 2) == "refused");
  }
  CHECK(through("100000000000000000000000000000000000000", 38, 0) == "refused");
}

TEST_CASE("decimal: a real is taken where it can mean one decimal only") {
  CHECK(through(12.5, 12, 2) == "12.50");
  CHECK(through(0.1, 12, 2) == "0.10");
  CHECK(through(-1234567.89, 12, 2) == "-1234567.89");
  CHECK(through(123456789012.345, 18, 3) == "123456789012.345");
  CHECK(through(1e23, 38, 0) == "100000000000000000000000");
  CHECK(through(0.0, 3, 1) == "0.0");
  CHECK(through(0.1 + 0.2, 38, 17) == "refused");  // 0.30000000000000004
  CHECK(through(1.0 / 3, 38, 20) == "refused");
  CHECK(through(0.125, 12, 2) == "refused");
  CHECK(through(1e12, 12, 2) == "refused");
  CHECK(through(9007199254740993.0, 38, 0) == "refused");  // 16 digits
  CHECK(through(std::numeric_limits<double>::infinity(), 38, 0) == "refused");
  CHECK(through(std::numeric_limits<double>::quiet_NaN(), 38, 0) == "refused");
}
