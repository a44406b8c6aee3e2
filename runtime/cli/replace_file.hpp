// Rewrites a file so that a reader sees the old text or the new one, never a part.
#pragma once

#include <string>
#include <string_view>

namespace mig::cli {

// Writes beside the file, then renames; the mode stays. Empty, or why it could not be done.
std::string replace_file(const std::string& path, std::string_view text);

}  // namespace mig::cli
