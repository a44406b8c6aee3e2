// The routing document: a small JSON file that tells an application where to read and where to
// write.
//
//   { "format": "mig.routes/1", "router": "glue", "plan": "split_users", "version": 3,
//     "reads": "old", "writes": "none", "run": "…", "epoch": 7, "changed_at":
//     "2026-11-22T15:00:00.000000Z" }
//
// `writes: none` asks the application to answer writes with a retryable error. `version` grows with
// every change. A reader sees the old document or the new one, never half of one. A file that is
// not there means: reads old, writes old. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "compiler/plan/action.hpp"
#include "runtime/clock.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

struct Routes {
  plan::Side reads = plan::Side::Old;
  plan::Side writes = plan::Side::Old;
  std::int64_t version = 0;  // 0: there is no file
  std::string run;           // who wrote it
  std::int64_t epoch = 0;
  std::string created_by;  // the run that found no file
};

class RoutingFile {
 public:
  RoutingFile(std::filesystem::path path, std::string router, std::string plan);

  // Permanent when the file is there and is no routing document.
  Result<Routes> read() const;
  // Replaces the document durably. Conflict when a newer epoch of the same run wrote it. Writing
  // what stands there already changes nothing.
  Result<void> write(Routes wanted, const Authority& authority, Instant now) const;
  // Takes the file away again if this run made it and both sides are back where they were.
  Result<void> restore(const Authority& authority) const;

 private:
  std::filesystem::path path_;
  std::string router_;
  std::string plan_;
};

// The routing file of a plan that goes through one. REQUIRES: world.plan.through.
RoutingFile routing_file(const World& world);

}  // namespace mig::runtime
