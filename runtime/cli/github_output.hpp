// What a finished command tells the CI job that runs it: `name=value` lines in the file that
// GITHUB_OUTPUT names, as GitHub Actions and those like it read them. CI systems flatten exit
// codes.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mig::cli {

using Outputs = std::vector<std::pair<std::string, std::string>>;

// Does nothing where no such file is named; a file that cannot be written is a line on standard
// error and no reason to fail.
void report_to_ci(const Outputs& outputs);

}  // namespace mig::cli
