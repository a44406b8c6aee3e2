// Options that are shares, written as in a plan: `5%`, `0.5%`.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "compiler/plan/units.hpp"

namespace mig::cli {

// From 0% to 100%; anything else is a mistake of the command line.
void add_share_option(CLI::App& command, const std::string& name, std::optional<plan::Ratio>& into,
                      const std::string& about);

}  // namespace mig::cli
