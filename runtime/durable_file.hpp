// Replaces a file so that a reader sees the old text or the new one, and a power cut leaves one of
// them.
//
// Used for routing documents and by `mig fmt`. One thread a file; other processes may do the same.
#pragma once

#include <filesystem>
#include <string_view>
#include <system_error>

namespace mig::runtime {

// Writes beside the file and renames. A file that is there keeps its mode, and a link stays a link:
// what it points to is replaced. No error: the new text is on the disk. An error: the old one is,
// unless the very last sync failed.
std::error_code replace_durably(const std::filesystem::path& path, std::string_view text);

}  // namespace mig::runtime
