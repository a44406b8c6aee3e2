#include "runtime/data/json_parts.hpp"

#include "runtime/data/json_path.hpp"

namespace mig::runtime {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

// Calls `part` for each text between the brackets that a comma of the outermost level ends.
template <class Part>
void each_part(std::string_view whole, Part part) {
  const std::string_view inside = whole.substr(1, whole.size() - 2);
  std::size_t depth = 0;
  std::size_t start = 0;
  bool is_in_string = false;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const char byte = inside[i];
    if (is_in_string) {
      if (byte == '\\') ++i;
      if (byte == '"') is_in_string = false;
      continue;
    }
    if (byte == '"') is_in_string = true;
    if (byte == '[' || byte == '{') ++depth;
    if (byte == ']' || byte == '}') --depth;
    if (byte != ',' || depth > 0) continue;
    part(trim_json(inside.substr(start, i - start)));
    start = i + 1;
  }
  const std::string_view last = trim_json(inside.substr(start));
  if (!last.empty()) part(last);
}

// Where the string that begins the text ends, its quote included.
std::size_t string_size(std::string_view text) {
  std::size_t at = 1;
  while (text[at] != '"')
    at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

}  // namespace

std::string_view trim_json(std::string_view json) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = json.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return json.substr(first, json.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string_view> json_items(std::string_view array) {
  std::vector<std::string_view> items;
  each_part(array, [&](std::string_view item) { items.push_back(item); });
  return items;
}

std::vector<JsonMember> json_members(std::string_view object) {
  std::vector<JsonMember> members;
  each_part(object, [&](std::string_view member) {
    const std::size_t end = string_size(member);
    const std::string_view rest = trim_json(member.substr(end));  // begins with the colon
    members.push_back({json_content(member.substr(0, end)), trim_json(rest.substr(1))});
  });
  return members;
}

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char byte : text) {
    const auto bits = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += byte;
    } else if (bits < 0x20) {
      out += "\\u00";
      out += kDigits[bits >> 4];
      out += kDigits[bits & 15];
    } else {
      out += byte;
    }
  }
  out += '"';
}

}  // namespace mig::runtime
