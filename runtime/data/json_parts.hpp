// The parts of a JSON object or array as the texts that they are, so that numbers keep every digit
// and nested values their spelling.
//
// For what keeps lists and rows as JSON. REQUIRES of each: the text is one JSON value
// (data/json_text.hpp), with no space around it. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mig::runtime {

std::string_view trim_json(std::string_view json);

// Of an array, in order.
std::vector<std::string_view> json_items(std::string_view array);

struct JsonMember {
  std::string name;  // unescaped
  std::string_view value;
};
// Of an object, in order; a name may stand there twice.
std::vector<JsonMember> json_members(std::string_view object);

// With quotes and escapes. REQUIRES: the text is UTF-8.
void append_json_string(std::string_view text, std::string& out);

}  // namespace mig::runtime
