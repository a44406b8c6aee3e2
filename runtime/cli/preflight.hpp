// Looks at the live stores before a run starts: are they there, are they what the plan says, does
// anybody else hold them, and what would the plan create and destroy. Reads only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/cli/exit_code.hpp"
#include "runtime/clock.hpp"
#include "runtime/data/sample.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/drop_check.hpp"
#include "runtime/stores/row_count.hpp"
#include "runtime/stores/schema_check.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::cli {

// A reason not to start, with the exit code that goes with it.
struct Obstacle {
  ExitCode exit = ExitCode::Refused;
  std::string message;
  std::string help;
};

struct LiveDataset {
  plan::DatasetId id;
  bool exists = false;
  runtime::RowsCounted counted{0};           // of one that does not exist 0
  std::optional<std::int64_t> greatest_key;  // of a key that is one integer
};

// A store that belongs to another environment than the one the plan is applied in.
struct StrangeStore {
  plan::StoreId store;
  std::string environment;
};

// Somebody besides the run who writes to a dataset of the new side, or may.
struct OtherWriter {
  plan::DatasetId dataset;
  std::string sentence;
};

struct Preflight {
  std::vector<Obstacle> obstacles;
  bool is_completed = false;  // by an earlier run; one of the obstacles says which
  std::vector<std::string> warnings;
  std::vector<runtime::SchemaDifference> differences;  // that stop a run
  std::vector<StrangeStore> strange_stores;
  std::vector<runtime::DropInUse> drops_in_use;
  std::vector<OtherWriter> other_writers;
  std::vector<runtime::RowSample> samples;  // one for each view; none where nothing is sampled
  std::vector<std::string>
      identities;  // of the stores, in the plan's order; empty where no file is yet
  std::vector<std::string> schemas;                 // of the stores, each as one text
  std::vector<std::int64_t> bytes;                  // of the stores' files
  std::vector<LiveDataset> datasets;                // in the plan's order
  std::map<plan::PhaseId, runtime::Instant> opens;  // of phases whose window is closed now
};

// `run`: the run that may hold fences already; empty for a new one.
runtime::Result<Preflight> look_at(const plan::Plan& plan, const std::filesystem::path& folder,
                                   const std::string& run);

// The hash that a review is bound to: the plan, the stores it means, and their schema.
std::string review_hash(const plan::Plan& plan, const Preflight& live);

}  // namespace mig::cli
