// What every command about runs begins with: the journal, the run that is meant, and who is asking.
//
// One command, one thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "runtime/cli/exit_code.hpp"
#include "runtime/clock.hpp"
#include "runtime/engine/run_log.hpp"
#include "runtime/journal/sqlite_journal.hpp"

namespace mig::cli {

// `--journal`, and the run that a command is about.
struct SessionOptions {
  std::string journal;  // empty: MIG_JOURNAL, else .mig/journal.db
  std::string
      run;  // an id or its beginning; empty: the only one that has not ended, else the newest
  runtime::Duration lease = std::chrono::seconds(30);
};
void add_journal_option(CLI::App& command, SessionOptions& options);
void add_run_option(CLI::App& command, SessionOptions& options);

// Where the journal of a plan in `folder` is.
std::filesystem::path journal_path(const SessionOptions& options,
                                   const std::filesystem::path& folder);

// `ada@host`: who appears in the journal.
std::string who_am_i();

// The environment that mig was started in.
std::optional<std::string> environment(const std::string& name);

class Session {
 public:
  enum class Access { Read, Write };

  // Opens the journal; a command that only reads never creates one.
  static runtime::Result<Session> open(const std::filesystem::path& path, Access access,
                                       const SessionOptions& options);

  runtime::SqliteJournal& journal() { return *journal_; }
  const runtime::Clock& clock() const { return *clock_; }
  const std::filesystem::path& path() const { return path_; }  // of the journal
  // The run that `wanted` means; the error names the candidates.
  runtime::Result<runtime::RunSummary> find(const std::string& wanted);

 private:
  std::unique_ptr<runtime::SystemClock> clock_ = std::make_unique<runtime::SystemClock>();
  std::unique_ptr<runtime::SqliteJournal> journal_;
  std::filesystem::path path_;
};

// The lease that a run is written under.
std::string lease_resource(const runtime::RunSummary& run);
std::string lease_resource(const std::string& plan, const std::string& env);

// Prints an error as one sentence with what to do next, and gives the exit code for its kind.
ExitCode report_error(const runtime::Error& error, ExitCode fallback = ExitCode::Unavailable);

}  // namespace mig::cli
