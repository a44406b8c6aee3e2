// Laws of the machine: whatever happens, a run follows its plan and ends where it may.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include <catch2/catch.hpp>

#include "compiler/plan/machine/apply.hpp"
#include "compiler/plan/machine/failure.hpp"
#include "compiler/plan/machine/schedule.hpp"
#include "tests/support/random_plan.hpp"

namespace {

using namespace mig::plan;
using mig::tests::plan_of;
using mig::tests::random_steps;

std::uint64_t first_seed() {
  const char* chosen = std::getenv("MIG_SEED");
  return chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
}

// A run that is driven record by record.
struct Run {
  explicit Run(const Plan& driven) : plan(driven), state(initial_state(driven)) {}

  bool put(Record record) {
    Entry entry{.seq = state.seq + 1, .at = state.seq + 1, .epoch = 1, .record = std::move(record)};
    if (!apply(plan, state, entry)) return false;
    journal.push_back(std::move(entry));
    return true;
  }
  bool begin() { return put(RunCreated{.run = "r"}) && put(RunReady{}) && put(RunnerArrived{}); }
  bool step(StepId id, Direction direction = Direction::Forward) {
    return put(StepStarted{id, direction}) && put(StepDone{id, direction, "", {}});
  }

  const Plan& plan;
  RunState state;
  std::vector<Entry> journal;
};

bool needs_are_done(const Plan& plan, const RunState& state, StepId step) {
  return std::ranges::all_of(
      plan.at(step).needs, [&](StepId need) { return state.at(need).status == StepStatus::Done; });
}

// Starts and ends steps in a random order until nothing is left; false when the machine disagrees.
bool drive_randomly(Run& run, std::mt19937_64& random) {
  std::set<std::uint32_t> begun;
  std::vector<StepId> open;
  while (!is_finished(run.plan, run.state)) {
    std::vector<StepId> steps = ready(run.plan, run.state);
    std::erase_if(steps, [&](StepId id) { return begun.contains(id.index); });
    if (steps.empty() && open.empty()) return false;
    if (open.empty() || (!steps.empty() && random() % 2 == 0)) {
      const StepId next = steps[random() % steps.size()];
      if (!needs_are_done(run.plan, run.state, next) || !begun.insert(next.index).second) {
        return false;
      }
      if (!run.put(StepStarted{next})) return false;
      open.push_back(next);
    } else {
      const std::size_t one = random() % open.size();
      if (!run.put(StepDone{open[one], Direction::Forward, "", {}})) return false;
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(one));
    }
  }
  return begun.size() == run.plan.steps.size() && run.put(RunCompleted{});
}

// Undoes everything; false unless it went in the reverse order of the starts, each step once.
bool undo_all(Run& run) {
  const RunState before = run.state;
  std::set<std::uint32_t> undone;
  std::uint32_t last = UINT32_MAX;
  while (const auto next = next_undo(run.plan, run.state)) {
    const std::uint32_t started = before.at(*next).started;
    if (started == 0 || started >= last || !undone.insert(next->index).second) return false;
    last = started;
    if (run.put(RollbackEnded{})) return false;  // too early
    if (!run.step(*next, Direction::Back)) return false;
  }
  for (std::uint32_t i = 0; i < run.plan.steps.size(); ++i) {
    const bool stays = before.rollback_to && run.plan.steps[i].phase <= *before.rollback_to;
    const bool wanted = before.steps[i].started > 0 && !stays;
    if (wanted != undone.contains(i)) return false;
  }
  return run.put(RollbackEnded{});
}

enum class Ending { Completed, RolledBack, Paused, Wrong };

// Runs a plan whose step `broken` always fails in the same way. `eager` starts all that is ready
// before anything ends.
Ending run_broken(Run& run, StepId broken, Trouble trouble, bool eager) {
  if (!run.begin()) return Ending::Wrong;
  for (int rounds = 0; rounds < 100; ++rounds) {
    if (is_finished(run.plan, run.state)) {
      return run.put(RunCompleted{}) ? Ending::Completed : Ending::Wrong;
    }
    const auto steps = ready(run.plan, run.state);
    if (steps.empty()) return Ending::Wrong;
    for (const StepId id : steps) {
      const bool may_start = eager || id == steps.front();
      if (may_start && run.state.at(id).status != StepStatus::Running &&
          !run.put(StepStarted{id})) {
        return Ending::Wrong;
      }
    }
    const StepId id = steps.front();
    if (id != broken) {
      if (!run.put(StepDone{id, Direction::Forward, "", {}})) return Ending::Wrong;
      continue;
    }
    const Consequence consequence = on_failure(run.plan, run.state, id, trouble);
    if (!run.put(StepFailed{id, Direction::Forward, "permanent", "broken", 0}))
      return Ending::Wrong;
    if (std::holds_alternative<TryAgain>(consequence)) continue;
    if (const auto* stop = std::get_if<Stop>(&consequence)) {
      return run.put(RunPaused{stop->reason, ""}) ? Ending::Paused : Ending::Wrong;
    }
    if (is_past_point_of_no_return(run.plan, run.state)) return Ending::Wrong;
    if (!run.put(RollbackStarted{"broken", std::get<GoBack>(consequence).to})) return Ending::Wrong;
    if (!undo_all(run)) return Ending::Wrong;
    return run.state.status == RunStatus::RolledBack ? Ending::RolledBack : Ending::Paused;
  }
  return Ending::Wrong;
}

// A run that paused goes on once the trouble is over, and completes.
bool completes_after_pause(Run& run) {
  if (!run.put(RunContinued{})) return false;
  for (int rounds = 0; rounds < 100 && !is_finished(run.plan, run.state); ++rounds) {
    const auto steps = ready(run.plan, run.state);
    if (steps.empty() || !run.step(steps.front())) return false;
  }
  return run.put(RunCompleted{});
}

std::vector<OnFail> policies(std::uint32_t phases) {
  std::vector<OnFail> all;
  for (const std::uint32_t times : {0U, 2U}) {
    const Retry retry{.times = times};
    all.push_back({.retry = retry, .then = Finally::Rollback});
    all.push_back({.retry = retry, .then = Finally::Pause});
    for (std::uint32_t p = 0; p < phases; ++p)
      all.push_back({.retry = retry, .then = Finally::RollbackTo, .to = PhaseId{p}});
  }
  return all;
}

// Every set of needs that `size` steps can have: one bit for each earlier step.
std::vector<std::vector<std::uint32_t>> needs_of(std::uint32_t size, std::uint32_t bits) {
  std::vector<std::vector<std::uint32_t>> needs(size);
  for (std::uint32_t i = 1; i < size; ++i) {
    for (std::uint32_t j = 0; j < i; ++j, bits >>= 1) {
      if ((bits & 1) != 0) needs[i].push_back(j);
    }
  }
  return needs;
}

constexpr Trouble kTroubles[] = {Trouble::Transient,     Trouble::Conflict, Trouble::Permanent,
                                 Trouble::Breach,        Trouble::NoData,   Trouble::SourceError,
                                 Trouble::UnknownEffect, Trouble::DiskFull};

}  // namespace

TEST_CASE("no step starts before its needs or twice, and a replay gives the same state") {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 200; ++seed) {
    INFO("MIG_SEED=" << seed);
    std::mt19937_64 random(seed);
    const Plan plan = random_steps(seed, 1 + static_cast<std::uint32_t>(random() % 30));
    Run run(plan);
    REQUIRE(run.begin());
    REQUIRE(drive_randomly(run, random));
    RunState prefix = initial_state(plan);
    const std::size_t cut = random() % run.journal.size();
    for (std::size_t i = 0; i < cut; ++i)
      REQUIRE(apply(plan, prefix, run.journal[i]));
    RunState rest = prefix;
    for (std::size_t i = cut; i < run.journal.size(); ++i)
      REQUIRE(apply(plan, rest, run.journal[i]));
    REQUIRE(rest == run.state);
  }
}

TEST_CASE("a record that cannot follow changes nothing") {
  std::size_t refused = 0;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 100; ++seed) {
    const Plan plan = random_steps(seed, 3);
    std::mt19937_64 random(seed);
    Run run(plan);
    for (int round = 0; round < 60; ++round) {
      auto records = mig::tests::random_records(random());
      // Such as can follow, so that the run gets somewhere.
      records.push_back(RunCreated{.run = "r"});
      records.push_back(RunReady{});
      records.push_back(StepDone{StepId{static_cast<std::uint32_t>(random() % 3)}});
      const Record record = records[random() % records.size()];
      const RunState before = run.state;
      if (run.put(record)) continue;
      ++refused;
      INFO("MIG_SEED=" << seed << ", " << name(record));
      REQUIRE(run.state == before);
    }
    const Entry old{.seq = run.state.seq, .epoch = 1, .record = RunnerArrived{}};
    const RunState before = run.state;
    REQUIRE_FALSE(apply(plan, run.state, old).has_value());
    REQUIRE(run.state == before);
  }
  CHECK(refused > 1000);
}

TEST_CASE("every plan of up to four steps ends well, whichever step fails and however") {
  std::size_t runs = 0;
  std::set<Ending> endings;
  for (std::uint32_t size = 1; size <= 4; ++size) {
    for (std::uint32_t bits = 0; bits < 1U << (size * (size - 1) / 2); ++bits) {
      // `marker == size`: the plan has no point of no return.
      for (std::uint32_t marker = 0; marker <= size; ++marker) {
        Plan plan = plan_of(needs_of(size, bits));
        if (marker < size) plan.steps[marker].action = PointOfNoReturn{};
        for (std::uint32_t broken = 0; broken < size; ++broken) {
          for (const OnFail& policy : policies(size)) {
            plan.steps[broken].on_fail = policy;
            for (const Trouble trouble : kTroubles) {
              Run run(plan);
              const Ending ending =
                  run_broken(run, StepId{broken}, trouble, /*eager=*/runs % 2 == 0);
              INFO(size << " steps, needs " << bits << ", marker " << marker << ", broken "
                        << broken << ", " << name(trouble));
              if (ending == Ending::Wrong || ending == Ending::Completed) REQUIRE(false);
              if (ending == Ending::Paused && !completes_after_pause(run)) REQUIRE(false);
              if (is_past_point_of_no_return(plan, run.state)) {
                const RunState before = run.state;
                if (run.put(RollbackStarted{}) || run.state != before) REQUIRE(false);
              }
              endings.insert(ending);
              ++runs;
            }
          }
        }
        plan.steps.back().on_fail = {};
      }
    }
  }
  CHECK(runs > 50'000);
  CHECK(endings == std::set<Ending>{Ending::RolledBack, Ending::Paused});
}

TEST_CASE("ten thousand steps in a chain run and roll back without ado") {
  std::vector<std::vector<std::uint32_t>> needs(10'000);
  for (std::uint32_t i = 1; i < needs.size(); ++i)
    needs[i].push_back(i - 1);
  const Plan plan = plan_of(needs);
  Run run(plan);
  REQUIRE(run.begin());
  for (std::uint32_t i = 0; i < needs.size(); ++i) {
    const auto steps = ready(plan, run.state);
    if (steps != std::vector{StepId{i}} || !run.step(StepId{i})) REQUIRE(false);
  }
  REQUIRE(is_finished(plan, run.state));
  REQUIRE(run.put(RollbackStarted{}));
  for (std::uint32_t i = 10'000; i-- > 0;) {
    if (next_undo(plan, run.state) != StepId{i} || !run.step(StepId{i}, Direction::Back)) {
      REQUIRE(false);
    }
  }
  REQUIRE(run.put(RollbackEnded{}));
  CHECK(run.state.status == RunStatus::RolledBack);
}
