// UUIDs as 16 bytes and as text. Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mig::runtime {

// `01234567-89ab-cdef-0123-456789abcdef`, lower case only: so the order of texts is the order of
// bytes, and what is read is what would be written.
std::optional<std::string> parse_uuid(std::string_view text);

std::string print_uuid(std::string_view bytes);  // of 16 bytes

}  // namespace mig::runtime
