#include "runtime/data/iso_time.hpp"

#include <random>

#include <catch2/catch.hpp>

using namespace mig::runtime;

TEST_CASE("iso time: accepted spellings of one timestamp") {
  for (const char* text :
       {"2026-01-02T03:04:05.000006Z", "2026-01-02 03:04:05.000006", "2026-01-02t03:04:05.000006z",
        "2026-01-02T05:34:05.000006+02:30", "2026-01-01 19:04:05.000006-08:00"}) {
    INFO(text);
    REQUIRE(parse_timestamp(text));
    CHECK(print_timestamp(*parse_timestamp(text)) == "2026-01-02T03:04:05.000006Z");
  }
  CHECK(parse_timestamp("1970-01-01 00:00") == 0);
  CHECK(parse_timestamp("1970-01-01 00:00:01") == 1'000'000);
  CHECK(parse_timestamp("1970-01-01 00:00:00.5Z") == 500'000);
  CHECK(parse_timestamp("1969-12-31 23:59:59.999999Z") == -1);
}

TEST_CASE("iso time: everything else is refused, not guessed") {
  for (const char* text : {"",
                           "2026-01-02",
                           "2026-02-29 00:00:00",
                           "2026-13-01 00:00:00",
                           "2026-01-00 00:00:00",
                           "2026-01-02 24:00:00",
                           "2026-01-02 23:60:00",
                           "2026-01-02 23:59:60",
                           "2026-01-02  03:04:05",
                           "2026-1-2 03:04:05",
                           "2026-01-02 03:04:05.",
                           "2026-01-02 03:04:05.0000001",
                           "2026-01-02 03:04:05 Z",
                           "2026-01-02 03:04:05+2:00",
                           "2026-01-02 03:04:05+15:00",
                           "2026-01-02 03:04:05Zx",
                           "0000-01-01 00:00",
                           "0001-01-01 00:00+00:01",
                           "9999-12-31 23:59:59-00:01",
                           "1767323045"}) {
    INFO(text);
    CHECK_FALSE(parse_timestamp(text));
  }
  CHECK_FALSE(parse_date("2026-01-02 "));
  CHECK_FALSE(parse_time("3:04"));
}

TEST_CASE("iso time: what is printed is read back, and text order is time order") {
  CHECK(print_date(*parse_date("0001-01-01")) == "0001-01-01");
  CHECK(print_date(*parse_date("9999-12-31")) == "9999-12-31");
  CHECK(print_date(*parse_date("2024-02-29")) == "2024-02-29");
  CHECK(print_time(*parse_time("23:59:59.999999")) == "23:59:59.999999");
  std::mt19937_64 random(20260303);
  std::uniform_int_distribution<std::int64_t> micros(
      *parse_timestamp("0001-01-01T00:00:00Z"), *parse_timestamp("9999-12-31T23:59:59.999999Z"));
  for (int i = 0; i < 2000; ++i) {
    const auto a = micros(random);
    const auto b = micros(random);
    REQUIRE(parse_timestamp(print_timestamp(a)) == a);
    REQUIRE((print_timestamp(a) < print_timestamp(b)) == (a < b));
  }
}
