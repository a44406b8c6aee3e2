// The scratch file of a comparison: what is expected and what was found to differ, sorted by key.
//
// Nobody else opens it and nothing depends on it: it is gone when this ends, and a comparison that
// was killed starts anew. One thread.
#pragma once

#include <filesystem>
#include <memory>

#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// A file that is gone when this ends.
class ScratchFile {
 public:
  explicit ScratchFile(const std::filesystem::path& folder);
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ~ScratchFile();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Statements end before their database, and the database before its file.
struct DriftScratch {
  std::unique_ptr<ScratchFile> file;
  Database database;
  Statement expect;
  Statement find;
  Statement forget;
  Statement note;
  Statement drift;

  // In that folder, which is made where it is missing.
  static Result<DriftScratch> open(const std::filesystem::path& folder);
};

}  // namespace mig::runtime
