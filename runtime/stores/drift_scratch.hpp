// The scratch file of a comparison: what is expected and what was found to differ, sorted by key.
//
// Nobody else opens it and nothing depends on it: it is gone when this ends, and a comparison that
// was killed starts anew. One thread.
#pragma once

#include <filesystem>
#include <optional>

#include "runtime/result.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

struct DriftScratch {
  std::filesystem::path path;
  std::optional<Database> database;
  std::optional<Statement> expect;
  std::optional<Statement> find;
  std::optional<Statement> forget;
  std::optional<Statement> note;
  std::optional<Statement> drift;

  ~DriftScratch();
  // In that folder, which is made where it is missing.
  Result<void> open(const std::filesystem::path& folder);
};

}  // namespace mig::runtime
