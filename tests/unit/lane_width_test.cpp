// How many ranges a copy moves at once: as many as were measured to pay.
#include "runtime/steps/lane_width.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

using namespace mig::runtime;
using std::chrono::seconds;

namespace {

// Stretches of a second each, in which a width brings so many rows: `rows[0]` one lane, `rows[1]`
// two of them, `rows[2]` four.
LaneWidth measured(int most, const std::vector<std::int64_t>& rows) {
  LaneWidth width(most);
  for (int i = 0; i < 30; ++i) {
    const std::size_t at = width.lanes() == 1 ? 0 : width.lanes() == 2 ? 1 : 2;
    width.note(rows[at], seconds(1));
  }
  return width;
}

}  // namespace

TEST_CASE("a copy is made wider as long as that brings a tenth more rows") {
  CHECK(measured(4, {100, 150, 300}).lanes() == 4);
  CHECK(measured(4, {100, 150, 160}).lanes() == 2);
  CHECK(measured(4, {100, 105, 900}).lanes() == 1);
  CHECK(measured(2, {100, 150, 300}).lanes() == 2);
  CHECK(measured(1, {100, 150, 300}).lanes() == 1);
}

TEST_CASE("the first stretch of a width does not count") {
  LaneWidth width(2);
  width.note(1'000'000, seconds(1));
  while (width.lanes() == 1)
    width.note(100, seconds(1));
  width.note(1, seconds(100));
  width.note(120, seconds(1));
  width.note(120, seconds(1));
  CHECK(width.lanes() == 2);
}

TEST_CASE("a stretch in which nothing came is no reason to go on like that") {
  LaneWidth width(2);
  for (int i = 0; i < 3; ++i)
    width.note(100, seconds(1));
  REQUIRE(width.lanes() == 2);
  for (int i = 0; i < 3; ++i)
    width.note(0, seconds(0));
  CHECK(width.lanes() == 1);
}
