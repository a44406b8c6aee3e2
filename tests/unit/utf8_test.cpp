#include "runtime/data/utf8.hpp"

#include <string>

#include <catch2/catch.hpp>

using mig::runtime::count_code_points;

TEST_CASE("utf8: code points are counted, not bytes") {
  CHECK(count_code_points("") == 0);
  CHECK(count_code_points("abc") == 3);
  CHECK(count_code_points("é€😀") == 3);
  CHECK(count_code_points(std::string_view("a\0b", 3)) == 3);
  CHECK(count_code_points("\xf4\x8f\xbf\xbf") == 1);  // U+10FFFF
}

TEST_CASE("utf8: everything else is refused") {
  for (const char* text :
       {"\x80", "\xc3", "a\xe2\x82", "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xed\xa0\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    CHECK_FALSE(count_code_points(text));
  }
}
