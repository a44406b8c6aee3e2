// One value inside a JSON document, as the text that it is: numbers keep every digit.
// Pure; thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mig::runtime {

// What stands at the path, as a part of `document`. A segment is a key of an object or an index of
// a list, counted from 0; of equal keys the last counts. REQUIRES: the document is JSON.
std::optional<std::string_view> json_at(std::string_view document,
                                        std::span<const std::string> path);

// The content of a JSON string that is written with quotes. REQUIRES: it is one.
std::string json_content(std::string_view quoted);

}  // namespace mig::runtime
