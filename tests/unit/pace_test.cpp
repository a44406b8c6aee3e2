// How a polite copy shares a store with its application: short writes, equal pauses, and chunks
// that follow what a row costs. Time is what the writes themselves cost.
#include <catch2/catch.hpp>
#include <sqlite3.h>

#include "runtime/steps/copy.hpp"
#include "runtime/steps/copy_pace.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/page_limit.hpp"
#include "tests/support/shop_stores.hpp"
#include "tests/support/virtual_clock.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kLongestWrite{25};

// Every row that is written takes as long as the test says; pauses pass when they are asked for.
class WorkClock final : public runtime::Clock {
 public:
  runtime::Instant now() const override {
    return runtime::Instant(std::chrono::duration_cast<microseconds>(elapsed()) + paused);
  }
  runtime::Duration elapsed() const override {
    const std::int64_t rows = target == nullptr ? 0 : sqlite3_total_changes64(target);
    worked += (rows - seen) * row_takes;
    seen = rows;
    return worked;
  }

  sqlite3* target = nullptr;
  microseconds row_takes{100};
  microseconds paused{0};
  mutable std::int64_t seen = 0;
  mutable microseconds worked{0};
};

struct Slice {
  std::int64_t rows = 0;  // of the source
  microseconds write{0};
  microseconds pause{0};
};

class PoliteCopy {
 public:
  explicit PoliteCopy(std::int64_t chunk, int rows = 20'000)
      : plan(shop_run(plan::Copy{.chunk = {chunk}, .pace = {plan::PaceKind::Polite, {}}})) {
    make_legacy(folder / "old.db", rows);
    test.emplace(plan, folder.path());
    make_new_side(*test);
    const auto writer = test->stores.writer({1});
    REQUIRE(writer);
    clock.target = runtime::sqlite_handle(**writer);
    step = runtime::make_copy(plan, std::get<plan::Copy>(plan.steps[1].action), {1});
    next();  // the start, which only counts
  }

  // One write and the pause that follows it; nothing at the end.
  std::optional<Slice> next() {
    runtime::World world{plan,          test->world.state,      clock,
                         test->stores,  test->world.beside,     test->world.authority,
                         folder.path(), test->world.is_stopping};
    Slice slice;
    (void)clock.elapsed();
    const microseconds before = clock.worked;
    while (true) {
      const auto outcome = step->advance(world);
      if (!outcome) FAIL(outcome.error().message);
      if (std::holds_alternative<runtime::Done>(outcome->what)) return std::nullopt;
      if (const auto* wait = std::get_if<runtime::WaitUntil>(&outcome->what)) {
        slice.pause = std::chrono::duration_cast<microseconds>(wait->until - clock.now());
        clock.paused += slice.pause;
        return slice;
      }
      const auto& more = std::get<runtime::More>(outcome->what);
      if (more.counts.read == read) return slice;  // nothing was moved, and nobody was kept waiting
      (void)clock.elapsed();
      slice.rows = more.counts.read - read;
      slice.write = clock.worked - before;
      read = more.counts.read;
    }
  }

  TemporaryFolder folder;
  plan::Plan plan;
  std::optional<TestWorld> test;
  WorkClock clock;
  std::unique_ptr<runtime::Step> step;
  std::int64_t read = 0;
};

}  // namespace

TEST_CASE("pace: a polite write is short, and the pause after it as long as the work") {
  PoliteCopy copy(2000);
  auto slice = copy.next();
  REQUIRE(slice);
  // What a row costs is learnt from the first slices: each that took too long is halved.
  int too_long = 0;
  while (slice->write > kLongestWrite) {
    REQUIRE(++too_long < 5);
    const Slice last = *slice;
    slice = copy.next();
    REQUIRE(slice);
    CHECK(slice->rows == last.rows / 2);
  }
  CHECK(too_long > 0);
  int slices = 0;
  for (; slice; slice = copy.next(), ++slices) {
    INFO(slices << ": " << slice->rows << " rows in " << slice->write.count() << " us");
    CHECK(slice->write <= kLongestWrite);
    CHECK(slice->pause >= slice->write - microseconds(100 * 4));  // the notes of a commit are work
    CHECK(slice->pause <= slice->write);
  }
  CHECK(slices > 100);
}

TEST_CASE("pace: chunks grow where rows are cheap, up to what the plan says") {
  PoliteCopy copy(900);
  copy.clock.row_takes = microseconds(1);
  auto slice = copy.next();
  REQUIRE(slice);
  CHECK(slice->rows == 200);
  std::int64_t last = slice->rows;
  for (int i = 0; i < 10; ++i) {
    slice = copy.next();
    REQUIRE(slice);
    CHECK(slice->rows == std::min<std::int64_t>(last + last / 2 + 1, 900));
    last = slice->rows;
  }
  CHECK(last == 900);
}

TEST_CASE("pace: a store that becomes slow gets small chunks, never none") {
  PoliteCopy copy(2000);
  copy.clock.row_takes = microseconds(1);
  for (int i = 0; i < 4; ++i)
    REQUIRE(copy.next());
  copy.clock.row_takes = milliseconds(10);
  std::optional<Slice> slice;
  for (int i = 0; i < 8; ++i) {
    slice = copy.next();
    REQUIRE(slice);
    CHECK(slice->pause > kLongestWrite);
  }
  CHECK(slice->rows == 20);
}

// ---- the pace alone

namespace {

using runtime::CopyPace;
using runtime::Moved;

plan::Copy adapting(plan::Pace pace) {
  plan::Copy copy;
  copy.chunk = {0};
  copy.pace = pace;
  return copy;
}

// What a transaction of that pace takes in, page by page.
Moved transaction(const CopyPace& pace, std::int64_t bytes_a_row) {
  const std::size_t page = pace.rows_of_page(/*is_ahead=*/true);
  Moved moved;
  do {
    moved.rows += static_cast<std::int64_t>(page);
    moved.bytes += static_cast<std::int64_t>(page) * bytes_a_row;
  } while (pace.has_room(moved, page));
  return moved;
}

}  // namespace

TEST_CASE("pace: the rows of a transaction follow the time that it takes") {
  const test::VirtualClock clock;
  CopyPace pace(adapting({plan::PaceKind::Full, {}}), 100'000);
  // 100 us a row, so that 200 to 500 ms are 2000 to 5000 rows.
  const auto go = [&](microseconds a_row) {
    const Moved moved = transaction(pace, 100);
    pace.note(clock, moved, moved.rows * a_row);
    return moved.rows;
  };
  for (int i = 0; i < 20; ++i)
    go(microseconds(100));
  CHECK(go(microseconds(100)) >= 2'000);
  CHECK(go(microseconds(100)) <= 5'000);
  for (int i = 0; i < 20; ++i)
    go(milliseconds(10));
  CHECK(go(milliseconds(10)) >= 20);
  CHECK(go(milliseconds(10)) <= 50);
  for (int i = 0; i < 40; ++i)
    go(microseconds(1));
  CHECK(go(microseconds(1)) > 70'000);
  CHECK(pace.rows() <= 100'000);
  // The last, short transaction tells nothing.
  const std::size_t before = pace.rows();
  pace.note(clock, {3, 300}, microseconds(3));
  CHECK(pace.rows() == before);
}

TEST_CASE("pace: a chunk that the plan gives does not change with time") {
  const test::VirtualClock clock;
  plan::Copy copy;
  copy.pace.kind = plan::PaceKind::Full;
  CopyPace pace(copy, 2000);
  for (const milliseconds took : {milliseconds(1), milliseconds(60'000)}) {
    pace.note(clock, {2000, 2000}, took);
    CHECK(pace.rows() == 2000);
  }
}

TEST_CASE("pace: a transaction ends at its bytes, and one with a rate at a second of it") {
  plan::Copy copy;
  copy.pace.kind = plan::PaceKind::Full;
  const CopyPace given(copy, 100'000);
  CHECK(transaction(given, 10).rows > 80'000);
  const auto page = static_cast<std::int64_t>(runtime::kPageBytes);
  CHECK_FALSE(given.has_room({100, page}, 1));
  CHECK(given.has_room({100, page - 1}, 1));

  const CopyPace rows(adapting({plan::PaceKind::Limited, {300, std::chrono::seconds(1)}}), 100'000);
  CHECK(rows.rows() == 300);
}

namespace {

// Moves rows of that size for that long; what was moved in each whole second of it.
std::vector<Moved> seconds_of(CopyPace& pace, test::VirtualClock& clock, std::int64_t bytes_a_row,
                              int seconds) {
  std::vector<Moved> moved(static_cast<std::size_t>(seconds));
  const auto began = clock.now();
  while (true) {
    clock.leap_to(pace.rests_until());
    const auto second = std::chrono::floor<std::chrono::seconds>(clock.now() - began).count();
    if (second >= seconds) return moved;
    const Moved now = transaction(pace, bytes_a_row);
    clock.leap_to(clock.now() + milliseconds(1));  // what the write takes
    pace.note(clock, now, milliseconds(1));
    moved[static_cast<std::size_t>(second)].rows += now.rows;
    moved[static_cast<std::size_t>(second)].bytes += now.bytes;
  }
}

plan::Pace limited(std::int64_t rows, std::optional<std::int64_t> bytes) {
  plan::Pace pace{.kind = plan::PaceKind::Limited, .rate = {rows, std::chrono::seconds(1)}};
  if (bytes) pace.bytes = plan::ByteRate{*bytes};
  return pace;
}

}  // namespace

TEST_CASE("pace: bytes are limited over any few seconds, whatever rows are like") {
  for (const std::int64_t bytes_a_row : {10, 1'000, 70'000, 900'000}) {
    INFO(bytes_a_row);
    test::VirtualClock clock;
    CopyPace pace(adapting(limited(0, 1'000'000)), 100'000);
    const auto moved = seconds_of(pace, clock, bytes_a_row, 40);
    std::int64_t all = 0;
    for (std::size_t i = 0; i < moved.size(); ++i) {
      all += moved[i].bytes;
      if (i + 3 > moved.size()) continue;
      const std::int64_t three = moved[i].bytes + moved[i + 1].bytes + moved[i + 2].bytes;
      // One transaction may reach over each end; the first of very wide rows is one of 16 of them.
      const std::int64_t wide = i < 15 ? 16 * bytes_a_row : 0;
      CHECK(three <= 3'000'000 + 2 * 1'000'000 + wide);
    }
    CHECK(all <= 40'000'000 + 16 * bytes_a_row + 1'000'000);
    CHECK(all >= 30'000'000);  // and it does not dawdle
  }
}

TEST_CASE("pace: of two limits the one that is reached first holds") {
  test::VirtualClock clock;
  CopyPace narrow(adapting(limited(500, 1'000'000)), 100'000);
  std::int64_t rows = 0;
  for (const Moved& one : seconds_of(narrow, clock, 100, 20))
    rows += one.rows;
  CHECK(rows <= 20 * 500 + 500);
  CHECK(rows >= 15 * 500);
  CopyPace wide(adapting(limited(500, 1'000'000)), 100'000);
  std::int64_t bytes = 0;
  for (const Moved& one : seconds_of(wide, clock, 10'000, 20))
    bytes += one.bytes;
  CHECK(bytes <= 21'000'000);
}

TEST_CASE("pace: a chunk that the plan gives is no more than a second of its rate") {
  plan::Copy copy;
  copy.chunk = {2000};
  copy.pace = limited(300, std::nullopt);
  CHECK(CopyPace(copy, 2000).rows() == 300);
  copy.pace.rate = {1, std::chrono::seconds(5)};
  CHECK(CopyPace(copy, 2000).rows() == 1);
}

TEST_CASE("a page ends with the row that goes beyond its bytes") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db",
          "CREATE TABLE legacy_users(id INTEGER PRIMARY KEY, name TEXT, emails TEXT, country TEXT,"
          " points INTEGER, score REAL);"
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)"
          " INSERT INTO legacy_users SELECT i, hex(zeroblob(500000)), '', 'x', 1, 1.0 FROM n;");
  plan::Plan plan = shop_run(plan::Copy{});
  REQUIRE(plan.entities[0].fields[1].column == "name");
  plan.entities[0].fields[1].type = plan::Type::text();
  TestWorld test(plan, folder.path());
  const auto database = test.stores.reader(plan.at(plan.from).store);
  REQUIRE(database);
  auto reader = runtime::KeysetReader::open(**database, plan, plan.from);
  REQUIRE(reader);
  runtime::Page page;
  std::string after;
  std::vector<std::int64_t> pages;
  do {
    REQUIRE(reader->read(after, "", 16'000, page));
    CHECK(page.rows.byte_count() < runtime::kPageBytes + 1'001'000);
    pages.push_back(page.read);
    after = page.last;
  } while (!page.is_last);
  CHECK(pages == std::vector<std::int64_t>{9, 9, 2});
  // Whoever asks for all rows gets them, however large they are, and so does who names them.
  REQUIRE(reader->read("", "", runtime::kWholePage, page));
  CHECK(page.read == 20);
  CHECK(page.is_last);
  std::vector<std::string> gone;
  std::vector<std::string> places;
  after.clear();
  for (bool is_last = false; !is_last; is_last = page.is_last, after = page.last) {
    REQUIRE(reader->read(after, "", 16'000, page));
    for (std::size_t row = 0; row < page.rows.rows; ++row)
      places.emplace_back(page.keys[row]);
  }
  REQUIRE(reader->read_each(places, page, gone));
  CHECK(page.rows.rows == 20);
  CHECK(gone.empty());
}

TEST_CASE("a page asks for few rows, before it is known how large they are") {
  runtime::PageLimit limit(1'000);
  CHECK(limit.rows(16'000) == 100);
  CHECK(limit.rows(7) == 7);
  CHECK(limit.rows(runtime::kWholePage) == runtime::kWholePage);
  limit.note(10, 100);
  CHECK(limit.rows(16'000) == 90);
  limit.note(1, 5'000);
  CHECK(limit.rows(16'000) == 1);
  limit.note(0, 0);  // an empty page tells nothing
  CHECK(limit.rows(16'000) == 1);
}
