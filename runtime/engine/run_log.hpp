// One run as its journal tells it: the plan of its first record, and the state that all records add
// up to.
//
// The only way to change a run's state: `append` asks the machine first, writes durably, and only
// then moves the state. A refusal by the machine is our mistake and asserts; the journal never
// holds it. Used by the decision thread and by commands; one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/machine/record.hpp"
#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/journal/journal.hpp"

namespace mig::runtime {

// What a list of runs shows without replaying them all in detail.
struct RunSummary {
  std::string run;
  std::string plan_name;
  std::string env;
  plan::RunState state;
  plan::Plan plan;
  std::string plan_hash;
  std::string source_hash;
};

class RunLog {
 public:
  // Writes the first record and gives the new run. `created.plan` is encode(plan).
  static Result<RunLog> create(Journal& journal, const Lease& lease,
                               const plan::RunCreated& created, const std::string& actor,
                               const Clock& clock);
  // Replays a run. A journal that does not follow the machine is damaged, and said to be so.
  static Result<RunLog> open(Journal& journal, const std::string& run);
  // Every run in the journal, oldest first.
  static Result<std::vector<RunSummary>> list(Journal& journal);

  const plan::Plan& plan() const { return plan_; }
  const plan::RunState& state() const { return state_; }
  const plan::RunCreated& created() const { return created_; }
  Journal& journal() { return *journal_; }

  // Appends all records in one transaction, and applies them. `lease` is held by this process; a
  // Conflict means that it was lost.
  Result<void> append(const Lease& lease, const std::vector<plan::Record>& records,
                      const std::string& actor, const Clock& clock);
  // Called after each record that was appended here, with the state it led to.
  void observe(std::function<void(const plan::Entry&)> observer) {
    observer_ = std::move(observer);
  }

 private:
  RunLog(Journal& journal, plan::RunCreated created, plan::Plan plan);

  Journal* journal_;
  plan::RunCreated created_;
  plan::Plan plan_;
  plan::RunState state_;
  std::function<void(const plan::Entry&)> observer_;
};

// A record as the journal holds it, with the run it belongs to.
struct StoredEntry {
  std::string run;
  plan::Entry entry;
};
Result<StoredEntry> decode(const JournalRecord& record);

}  // namespace mig::runtime
