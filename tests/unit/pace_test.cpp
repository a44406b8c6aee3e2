// How a polite copy shares a store with its application: short writes, equal pauses, and chunks
// that follow what a row costs. Time is what the writes themselves cost.
#include <catch2/catch.hpp>
#include <sqlite3.h>

#include "runtime/steps/copy.hpp"
#include "tests/support/shop_stores.hpp"
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
