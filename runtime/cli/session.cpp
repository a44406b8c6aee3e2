#include "runtime/cli/session.hpp"

#include <algorithm>
#include <cstdlib>
#include <pwd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "runtime/cli/duration_option.hpp"

namespace mig::cli {
namespace {

// A runner that was killed in the middle of a write leaves something to put back before anybody can
// read. The file is mig's own, so whoever may write it does; others are told by the opening.
void finish_recovery(const std::filesystem::path& path, const runtime::Clock& clock,
                     runtime::JournalOptions options) {
  std::error_code error;
  const auto left = std::filesystem::file_size(path.string() + "-journal", error);
  if (error || left == 0) return;
  options.mode = runtime::Mode::ReadWrite;
  static_cast<void>(runtime::SqliteJournal::open(path, clock, options));
}

std::string describe(const runtime::RunSummary& run) {
  return fmt::format("{} ({})", run.run, name(run.state.status));
}

}  // namespace

void add_journal_option(CLI::App& command, SessionOptions& options) {
  command.add_option("--journal", options.journal,
                     "the journal's file; else MIG_JOURNAL, else .mig/journal.db");
  add_duration_option(command, "--lease", options.lease, std::chrono::milliseconds(1),
                      "how long a silent runner keeps the run, such as 30s");
}

void add_run_option(CLI::App& command, SessionOptions& options) {
  command.add_option("RUN", options.run,
                     "the run's id or its beginning; else the one that has not ended");
  add_journal_option(command, options);
}

std::filesystem::path journal_path(const SessionOptions& options,
                                   const std::filesystem::path& folder) {
  if (!options.journal.empty()) return options.journal;
  if (const char* path = std::getenv("MIG_JOURNAL"); path != nullptr && *path != '\0') return path;
  return folder / ".mig" / "journal.db";
}

std::string who_am_i() {
  std::string host(256, '\0');
  if (::gethostname(host.data(), host.size() - 1) != 0) host = "unknown";
  host.resize(host.find('\0') == std::string::npos ? host.size() : host.find('\0'));
  const passwd* user = ::getpwuid(::getuid());
  return fmt::format("{}@{}", user == nullptr ? std::to_string(::getuid()) : user->pw_name, host);
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

runtime::Result<Session> Session::open(const std::filesystem::path& path, Access access,
                                       const SessionOptions& options) {
  Session session;
  const bool exists = std::filesystem::exists(path);
  if (access == Access::Read && !exists) {
    return runtime::fail(runtime::ErrorKind::Permanent,
                         fmt::format("there is no journal at {}", path.string()),
                         "go to the plan's folder, or name the journal with --journal");
  }
  runtime::JournalOptions wanted;
  wanted.created_by = "mig " MIG_VERSION;
  wanted.lease_time = options.lease;
  wanted.mode = exists
                    ? (access == Access::Read ? runtime::Mode::ReadOnly : runtime::Mode::ReadWrite)
                    : runtime::Mode::Create;
  if (access == Access::Read) finish_recovery(path, *session.clock_, wanted);
  auto journal = runtime::SqliteJournal::open(path, *session.clock_, wanted);
  if (!journal) return std::unexpected(journal.error());
  session.journal_ = std::move(*journal);
  session.path_ = path;
  return session;
}

runtime::Result<runtime::RunSummary> Session::find(const std::string& wanted) {
  MIG_ASSIGN(runs, runtime::RunLog::list(*journal_));
  if (runs.empty()) {
    return runtime::fail(runtime::ErrorKind::Permanent, "the journal holds no run yet",
                         "`mig apply plan.mig` starts one");
  }
  std::vector<runtime::RunSummary*> fitting;
  for (runtime::RunSummary& run : runs) {
    const bool fits = wanted.empty() ? !run.state.has_ended() : run.run.starts_with(wanted);
    if (fits) fitting.push_back(&run);
  }
  if (fitting.empty() && wanted.empty()) return std::move(runs.back());
  if (fitting.size() == 1) return std::move(*fitting.front());
  std::vector<std::string> names;
  names.reserve(runs.size());
  for (const runtime::RunSummary& run : runs)
    names.push_back(describe(run));
  return runtime::fail(runtime::ErrorKind::Permanent,
                       fitting.empty() ? fmt::format("no run begins with `{}`", wanted)
                                       : "several runs have not ended",
                       fmt::format("name one of {}", fmt::join(names, ", ")));
}

std::string lease_resource(const std::string& plan, const std::string& env) {
  return fmt::format("run/{}/{}", plan, env);
}

std::string lease_resource(const runtime::RunSummary& run) {
  return lease_resource(run.plan_name, run.env);
}

ExitCode report_error(const runtime::Error& error, ExitCode fallback) {
  fmt::print(stderr, "mig: {}\n", error.message);
  if (!error.help.empty()) fmt::print(stderr, "     {}\n", error.help);
  switch (error.cause) {
    case runtime::Cause::Damaged:
      return ExitCode::NeedsPerson;
    case runtime::Cause::Newer:
      return ExitCode::Refused;
    case runtime::Cause::DiskFull:
      return ExitCode::Unavailable;
    case runtime::Cause::Other:
      break;
  }
  return error.kind == runtime::ErrorKind::Conflict ? ExitCode::Locked : fallback;
}

}  // namespace mig::cli
