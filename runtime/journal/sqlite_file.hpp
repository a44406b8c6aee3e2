// Opens or creates the SQLite file of a journal and proves that it is one before anybody uses it.
// Used by sqlite_journal only. The tables are those of FORMAT.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

inline constexpr std::int32_t kJournalFormat = 1;
inline constexpr std::int32_t kJournalApplication = 0x6d69676a;  // "migj"

struct JournalFile {
  Database database;
  std::string uuid;
};

// Mode::Create makes the file (0600), its folder where that is absent (0700) and the tables, and
// opens what already exists. Refused, each with its own sentence: a network file system, a file
// that is no journal, an empty one, a damaged one, one of a newer format, one that is read-only or
// locked.
Result<JournalFile> open_journal_file(const std::filesystem::path& path, Mode mode,
                                      std::chrono::milliseconds busy_wait,
                                      const std::string& created_by);

// A lock that outlasted the wait becomes a Conflict that names the process; everything else stays
// as it is.
Error explain_journal_error(Error error, const std::filesystem::path& path);

}  // namespace mig::runtime
