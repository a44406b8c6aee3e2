// Reads the source files that a command was given. Shared by every command that takes a plan.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "grammar/source.hpp"
#include "runtime/cli/exit_code.hpp"

namespace mig::cli {

// Why a file is no source: one sentence that names it, and the exit code that goes with it.
struct Unreadable {
  std::string message;
  ExitCode exit = ExitCode::Usage;
};

struct SourceText {
  std::string text;
  std::optional<Unreadable> problem;  // then there is no text
};

// `path` may be `-` for the standard input. The text is UTF-8 and of a size that is accepted.
SourceText read_source(const std::string& path);

// A text that comes from elsewhere, under the same rules.
SourceText checked_source(const std::string& path, std::string text);

// Where a command gets its texts from: the disk, or whoever has a newer one.
using ReadSource = std::function<SourceText(const std::string& path)>;

// Says why and stores the exit code; a worse one that is there already stays.
void report_unreadable(const Unreadable& problem, ExitCode& exit);

}  // namespace mig::cli
