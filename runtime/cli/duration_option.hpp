// Options that are durations, written as in a plan: `500ms`, `30s`, `1h30m`.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "runtime/clock.hpp"

namespace mig::cli {

// From `least` to a year; anything else is a mistake of the command line.
void add_duration_option(CLI::App& command, const std::string& name, runtime::Duration& into,
                         runtime::Duration least, const std::string& about);

}  // namespace mig::cli
