// The check that judges live moves: it must believe every honest history and none of the dishonest.
#include "tests/app/register_check.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>

#include <catch2/catch.hpp>

using namespace mig::app;

namespace {

Operation put(std::int64_t value, Moment began, Moment ended,
              Outcome outcome = Outcome::Acknowledged) {
  return {"k", Kind::Put, value, began, ended, outcome};
}
Operation erase(Moment began, Moment ended, Outcome outcome = Outcome::Acknowledged) {
  return {"k", Kind::Delete, {}, began, ended, outcome};
}
Operation read(Cell value, Moment began, Moment ended) {
  return {"k", Kind::Read, value, began, ended, Outcome::Acknowledged};
}

}  // namespace

TEST_CASE("a register explains what happens one after the other") {
  CHECK(is_explained({.first = {}, .last = {}, .operations = {}}));
  CHECK(is_explained({.first = 7, .last = 7, .operations = {read(7, 1, 2)}}));
  CHECK(is_explained({.last = 2, .operations = {put(1, 1, 2), read(1, 3, 4), put(2, 5, 6)}}));
  CHECK(is_explained({.last = {}, .operations = {put(1, 1, 2), erase(3, 4), read({}, 5, 6)}}));
}

TEST_CASE("what overlaps may have happened in any order") {
  const History both = {put(1, 1, 9), put(2, 2, 8)};
  CHECK(is_explained({.last = 1, .operations = both}));
  CHECK(is_explained({.last = 2, .operations = both}));
  CHECK_FALSE(is_explained({.last = 3, .operations = both}));
  CHECK(is_explained({.last = 2, .operations = {put(1, 1, 9), put(2, 2, 8), read(1, 3, 4)}}));
  // Two looks that follow each other cannot see the second write before the first.
  CHECK_FALSE(is_explained(
      {.last = 2, .operations = {put(1, 1, 2), put(2, 3, 9), read(2, 4, 5), read(1, 6, 7)}}));
}

TEST_CASE("a write that nobody was told of may have happened, later or never") {
  const auto story = [](Cell last) {
    return RowStory{.first = 1, .last = last, .operations = {put(2, 1, 2, Outcome::Unknown)}};
  };
  CHECK(is_explained(story(1)));
  CHECK(is_explained(story(2)));
  CHECK(
      is_explained({.first = 1,
                    .last = 2,
                    .operations = {put(2, 1, 2, Outcome::Unknown), read(1, 5, 6), read(2, 7, 8)}}));
  CHECK_FALSE(
      is_explained({.first = 1,
                    .last = 1,
                    .operations = {put(2, 1, 2, Outcome::Unknown), read(2, 5, 6), read(1, 7, 8)}}));
  CHECK(is_explained({.first = 1, .last = 1, .operations = {put(2, 1, 2, Outcome::Failed)}}));
  CHECK_FALSE(is_explained({.first = 1, .last = 2, .operations = {put(2, 1, 2, Outcome::Failed)}}));
}

TEST_CASE("faults have names") {
  CHECK(name_of_fault({.last = {}, .operations = {put(1, 1, 2)}}) == "lost write");
  CHECK(name_of_fault({.last = 1, .operations = {put(1, 1, 2), put(2, 3, 4)}}) == "lost write");
  CHECK(name_of_fault({.last = 1, .operations = {put(1, 1, 2), erase(3, 4)}}) == "resurrection");
  CHECK(name_of_fault({.first = 5, .last = 5, .operations = {erase(3, 4)}}) == "resurrection");
  CHECK(name_of_fault(
            {.last = {}, .operations = {put(1, 1, 2), erase(3, 4), read(1, 5, 6), erase(7, 8)}}) ==
        "resurrection");
  CHECK(name_of_fault({.last = 2, .operations = {put(1, 1, 2), put(2, 3, 4), read(1, 5, 6)}}) ==
        "not linearizable");
  CHECK(name_of_fault({.last = 2, .operations = {put(1, 1, 2), put(2, 3, 4)}}).empty());
}

TEST_CASE("an answer may be as late as was declared, and no later") {
  const auto late = [](Moment behind) {
    Operation look = read(1, 60, 70);
    look.may_be_behind = behind;
    return History{put(1, 10, 20), put(2, 30, 40), look};
  };
  CHECK_FALSE(is_explained({.last = 2, .operations = late(0)}));
  CHECK_FALSE(is_explained({.last = 2, .operations = late(19)}));
  CHECK(is_explained({.last = 2, .operations = late(20)}));
}

// A true register with clients that overlap; then one answer of it is swapped for an older one.
TEST_CASE("random histories of a true register are explained, and damaged ones are found") {
  const char* chosen = std::getenv("MIG_SEED");
  std::mt19937_64 random(chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10));
  const auto below = [&](std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
  };
  int found = 0;
  int damaged = 0;
  for (int round = 0; round < 400; ++round) {
    RowStory story;
    Cell value;
    std::vector<Cell> past = {value};
    Moment now = 0;
    for (int i = 0; i < 60; ++i) {
      now += 10;
      const Moment began = now - below(40);
      const Moment ended = now + below(40);
      const auto kind = below(10);
      Operation operation = read(value, began, ended);
      if (kind < 3) operation = put(i + 1, began, ended);
      if (kind == 3) operation = erase(began, ended);
      if (operation.kind != Kind::Read && below(8) == 0) {
        operation.outcome = below(2) == 0 ? Outcome::Failed : Outcome::Unknown;
      }
      const bool happens = operation.outcome != Outcome::Failed &&
                           (operation.outcome != Outcome::Unknown || below(2) == 0);
      if (operation.kind != Kind::Read && happens) {
        value = operation.kind == Kind::Delete ? Cell() : operation.value;
        past.push_back(value);
      }
      story.operations.push_back(operation);
    }
    story.last = value;
    REQUIRE(is_explained(story));
    // The newest of the old values that no overlapping write can explain.
    if (past.size() < 8) continue;
    ++damaged;
    story.last = past[past.size() - 7];
    if (story.last && story.last != value) found += is_explained(story) ? 0 : 1;
  }
  CHECK(damaged > 300);
  CHECK(found > 150);
}
