#include "runtime/steps/pages_ahead.hpp"

#include <latch>

#include <catch2/catch.hpp>

using namespace mig::runtime;

namespace {

struct Numbered {
  int number = -1;
  int finished = 0;
  bool is_last = false;
};

PageEnd end_of(const Numbered& page) {
  return {std::to_string(page.number), page.is_last};
}

constexpr int kPages = 50;

// Pages by number: each begins behind the one before.
Result<void> load(const PageRange& range, Numbered& page) {
  page = {range.after.empty() ? 0 : std::stoi(range.after) + 1};
  page.is_last = page.number == kPages - 1;
  return {};
}

int read_all(PagesAhead<Numbered>& pages, Worker& worker) {
  PageRange range{"", "", 1};
  int count = 0;
  while (true) {
    pages.start(worker, range, load);
    const Reading reading(pages, worker);
    const auto page = pages.take(range, load);
    REQUIRE(page);
    REQUIRE((*page)->number == count++);
    REQUIRE((*page)->finished == 1);
    if ((*page)->is_last) return count;
    range.after = std::to_string((*page)->number);
  }
}

}  // namespace

TEST_CASE("each page is finished once before it is taken, and pages come in order") {
  Worker worker;
  PagesAhead<Numbered> pages(std::vector<Numbered>(4), [](Numbered& page) { ++page.finished; });
  CHECK(read_all(pages, worker) == kPages);
}

TEST_CASE("pages are finished by several threads at once") {
  Worker worker;
  std::latch both(2);  // nobody passes alone
  PagesAhead<Numbered> pages(std::vector<Numbered>(4), [&](Numbered& page) {
    if (page.number < 2) both.arrive_and_wait();
    ++page.finished;
  });
  CHECK(read_all(pages, worker) == kPages);
}

TEST_CASE("a page that nobody foresaw is loaded when those on their way are finished") {
  Worker worker;
  PagesAhead<Numbered> pages(std::vector<Numbered>(4), [](Numbered& page) { ++page.finished; });
  for (int round = 0; round < 200; ++round) {
    pages.start(worker, {"", "", 1}, load);
    const Reading reading(pages, worker);
    const auto page = pages.take({"7", "", 1}, load);
    REQUIRE(page);
    CHECK((*page)->number == 8);
    CHECK((*page)->finished == 1);
  }
}
