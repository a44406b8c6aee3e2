// What a comparison has noted down: read back page by page, or written as a file of
// one JSON object a line.
//
// Used by the Reconciler, for repairs and for whoever asked for the list. One thread, like the
// scratch file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/reconcile.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/drift_scratch.hpp"

namespace mig::runtime {

// The names of the fields that differ, in one text, as the scratch file keeps them.
std::string joined_fields(const RowDifference& difference);

// Up to `limit` of them, in the order they were noted, behind the first `after`.
Result<std::vector<RowDifference>> read_differences(const DriftScratch& scratch, std::int64_t after,
                                                    std::size_t limit);

// The same of rows that refer to nothing.
Result<std::vector<Orphan>> read_orphans(const DriftScratch& scratch, std::int64_t after,
                                         std::size_t limit);

// All of them and the sequences of `result`, over whatever the file held.
Result<void> write_findings(const DriftScratch& scratch, const plan::Plan& plan,
                            const Reconciliation& result, const std::filesystem::path& path);

}  // namespace mig::runtime
