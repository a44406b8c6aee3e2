// A plan, the stores it starts from, and one run of it in a folder of its own: what every scenario
// is made of. The journal, the stores and the routing file are real; time is virtual, and a crash
// is the loss of everything in memory at a chosen journal record.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/engine/executor.hpp"
#include "runtime/journal/sqlite_journal.hpp"
#include "tests/scenarios/application.hpp"
#include "tests/support/virtual_clock.hpp"

namespace mig::test {

// A folder under tests/scenarios: plan.mig, and NAME.sql for each store file NAME.db that is there
// at the start.
struct Scenario {
  std::string name;
  plan::Plan plan;
  std::map<std::string, std::string> setup;  // file name -> SQL
  std::vector<Write> app;
  runtime::EndKind expected = runtime::EndKind::Completed;
};
// All of them, or the one that the variable MIG_SCENARIO names.
std::vector<Scenario> all_scenarios();

// Where a run is lost: at the n-th append of the journal, before it is written or right after. Or
// where it is only slow: another runner takes over and goes to the end, then this one goes on.
struct CrashPoint {
  int append = 0;  // from 1; 0: never
  bool is_before = false;
  bool is_overtaken = false;
};

// What a finished world looks like, for comparison: schema and rows of every store, the routing
// document's meaning, and the run's canonical log.
struct Picture {
  std::string stores;
  std::string routes;
  std::string log;
  bool operator==(const Picture&) const = default;
};

class ScenarioRun {
 public:
  explicit ScenarioRun(const Scenario& scenario);
  ~ScenarioRun();

  // Runs until the run has ended or paused, giving every approval that is asked for. A crash ends
  // it early and returns nothing.
  std::optional<runtime::RunEnd> run(CrashPoint crash = {});
  // The same, but stops right after the step with that name has started, or is done.
  void run_until(const std::string& step, bool is_done);
  // The same, but is lost once the step says `when` of itself.
  void run_amid(const std::string& step, const std::string& when);
  // Asks for a rollback, then runs.
  runtime::RunEnd roll_back();

  void leap_to(runtime::Instant at) { clock_.leap_to(at); }
  int appends() const { return appends_; }  // of the last `run`
  // How the runner ended that was overtaken, and what was there when it went on.
  const std::optional<runtime::EndKind>& overtaken() const { return overtaken_; }
  const Picture& when_overtaken() const { return when_overtaken_; }
  // What the application of `other` has written so far, on the old side and without a plan.
  void write_as(const ScenarioRun& other);
  Picture picture() const;
  plan::RunState state() const;

 private:
  std::unique_ptr<runtime::SqliteJournal> open_journal();
  std::optional<runtime::RunEnd> run_once(CrashPoint crash, const std::string& want);
  void overtake();
  std::string approval_wanted(const plan::RunState& state) const;
  void approve_beside(runtime::Journal& journal, const plan::RunState& state, plan::StepId step);
  void write_after(const std::string& step, const std::string& when = {});
  void execute(const std::string& file, const std::string& sql, bool is_refused = false) const;

  const Scenario& scenario_;
  std::set<plan::StepId> approved_;  // beside a run that follows
  std::filesystem::path folder_;
  VirtualClock clock_;
  std::string run_id_ = "run-1";
  int runs_ = 1;
  int appends_ = 0;
  std::optional<runtime::EndKind> overtaken_;
  Picture when_overtaken_;
  std::vector<bool> written_;  // of the scenario's application
  std::optional<std::string> stop_at_;
  bool stop_when_done_ = false;
  std::string stop_when_said_;
};

}  // namespace mig::test
