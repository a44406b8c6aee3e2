// A world for single steps: a plan, its stores in a folder of their own, a clock that the test
// moves, and the fence already in place.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "compiler/plan/machine/apply.hpp"
#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/clock.hpp"
#include "runtime/engine/workers.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/steps/step.hpp"
#include "runtime/stores/store_control.hpp"
#include "runtime/stores/stores.hpp"
#include "tests/support/test_stores.hpp"

namespace mig::tests {

class StepClock final : public runtime::Clock {
 public:
  runtime::Instant now() const override { return runtime::Instant(std::chrono::seconds(now_)); }
  runtime::Duration elapsed() const override { return std::chrono::seconds(now_); }
  void move_to(runtime::Instant at) {
    if (at <= now()) return;
    now_ = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count() + 1;
  }

 private:
  std::int64_t now_ = 1'800'000'000;
};

class TestWorld {
 public:
  TestWorld(const plan::Plan& plan, std::filesystem::path folder, std::int64_t epoch = 1)
      : folder_(folder),
        state_(plan::initial_state(plan)),
        stores(stores_of(plan, folder)),
        world{plan,   state_,   clock, stores, beside_, {"journal-1", "run-1", epoch},
              folder, stopping_} {}

  void fence() { REQUIRE(runtime::install_fences(stores, world.authority, 1)); }

  // Slices until the step is done or has failed.
  runtime::Result<runtime::Outcome> finish(runtime::Step& step) {
    while (true) {
      auto outcome = step.advance(world);
      if (!outcome) return outcome;
      if (const auto* wait = std::get_if<runtime::WaitUntil>(&outcome->what)) {
        clock.move_to(wait->until);
      } else if (!std::holds_alternative<runtime::More>(outcome->what)) {
        return outcome;
      }
    }
  }

  // What the run has come to; a test that needs steps to be done says so here.
  plan::RunState& state() { return state_; }

  StepClock clock;

 private:
  std::filesystem::path folder_;
  plan::RunState state_;
  std::atomic<bool> stopping_ = false;
  runtime::Worker beside_;
  alignas(16) char no_metrics_[16] = {};  // the steps under test read no metric

 public:
  runtime::Stores stores;
  runtime::World world;
};

// What a query gives, cells parted by `|`, rows by newlines.
inline std::string rows_of(const std::filesystem::path& path, const std::string& sql) {
  auto database = runtime::open_sqlite(path, runtime::Mode::ReadOnly);
  REQUIRE(database);
  auto rows = database->prepare(sql);
  if (!rows) FAIL(rows.error().message);
  std::string text;
  while (true) {
    const auto has_row = rows->step();
    REQUIRE(has_row);
    if (!*has_row) return text;
    for (int i = 0; i < rows->column_count(); ++i) {
      if (i > 0) text += '|';
      switch (rows->storage_class(i)) {
        case runtime::StorageClass::Null:
          text += "NULL";
          break;
        case runtime::StorageClass::Integer:
          text += std::to_string(rows->integer(i));
          break;
        case runtime::StorageClass::Real:
          text += std::to_string(rows->real(i));
          break;
        case runtime::StorageClass::Text:
        case runtime::StorageClass::Blob:
          text += rows->bytes(i);
          break;
      }
    }
    text += '\n';
  }
}

inline void run_sql(const std::filesystem::path& path, const std::string& sql) {
  auto database = runtime::open_sqlite(path, runtime::Mode::Create);
  REQUIRE(database);
  const auto done = database->execute(sql);
  if (!done) FAIL(done.error().message);
}

}  // namespace mig::tests
