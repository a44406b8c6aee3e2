// What `mig apply` is to carry out: a plan's file, compiled now, or a saved plan, as it was
// reviewed.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/cli/exit_code.hpp"
#include "runtime/cli/plan_options.hpp"
#include "runtime/cli/preview/saved_plan.hpp"

namespace mig::cli {

struct PlanToApply {
  std::unique_ptr<CompiledFile> file;  // of a saved plan parsed only: for the places in it
  plan::Plan plan;
  std::optional<SavedPlan> saved;
  std::string source_hash;
  ShownProof proof;
  std::vector<std::string> sources;
  std::string path;              // as it was named
  std::filesystem::path folder;  // absolute
};

// Says what is wrong and stores the exit code otherwise.
std::optional<PlanToApply> plan_to_apply(const PlanOptions& options, ExitCode& exit);

}  // namespace mig::cli
