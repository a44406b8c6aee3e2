// What people ask of a run, and how the run answers: every request becomes one record, accepted or
// refused.
//
// Used by the executor between slices and by commands when no runner is alive. The decision is
// pure; only writing it down needs the lease.
#pragma once

#include <string>
#include <vector>

#include "compiler/plan/machine/record.hpp"
#include "runtime/engine/run_log.hpp"

namespace mig::runtime {

// The words of a request.
inline constexpr std::string_view kWantPause = "pause";
inline constexpr std::string_view kWantContinue = "continue";
inline constexpr std::string_view kWantAbort = "abort";
inline constexpr std::string_view kWantRollback = "rollback";
inline constexpr std::string_view kWantRollbackOf = "rollback ";  // followed by a resource
inline constexpr std::string_view kWantApprove = "approve ";      // followed by who must approve
inline constexpr std::string_view kWantWithoutData = "without-data ";  // followed by a gate's name

// The records that answer a request in this state: the answer itself and what follows from it.
std::vector<plan::Record> answer(const plan::Plan& plan, const plan::RunState& state,
                                 const Request& request);

// Answers everything that was asked and not answered yet.
Result<void> answer_all(RunLog& log, const Lease& lease, const Clock& clock);

}  // namespace mig::runtime
