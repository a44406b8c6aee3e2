#include "runtime/data/json_text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/data/utf8.hpp"

namespace mig::runtime {
namespace {

// What stands in a string for itself, and needs no look: ASCII but for controls, `"` and `\`.
constexpr auto kIsPlain = [] {
  std::array<bool, 256> is_plain{};
  for (std::size_t byte = 0x20; byte < 0x80; ++byte)
    is_plain[byte] = byte != '"' && byte != '\\';
  return is_plain;
}();

// Reads from the front of a text; each function says whether what it is named for stood there.
class Scan {
 public:
  explicit Scan(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool is_at_end() const { return at_ == end_; }
  char front() const { return at_ == end_ ? '\0' : *at_; }
  bool take(char wanted) {
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
      ++at_;
  }

  bool word(std::string_view wanted) {
    if (!std::string_view(at_, end_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return digits();
  }

  bool string() {
    if (!take('"')) return false;
    const char* const begin = at_;
    bool is_ascii = true;
    while (true) {
      while (at_ != end_ && kIsPlain[static_cast<std::uint8_t>(*at_)])
        ++at_;
      if (at_ == end_) return false;
      const auto byte = static_cast<std::uint8_t>(*at_++);
      if (byte == '"') {
        const auto inside = static_cast<std::size_t>(at_ - 1 - begin);
        return is_ascii || count_code_points({begin, inside}).has_value();
      }
      if (byte < 0x20) return false;
      if (byte >= 0x80) is_ascii = false;
      if (byte == '\\' && !escape()) return false;
    }
  }

 private:
  static bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

  bool digits() {
    const char* const begin = at_;
    while (at_ != end_ && is_digit(*at_))
      ++at_;
    return at_ != begin;
  }

  // Behind the backslash.
  bool escape() {
    if (at_ == end_) return false;
    const char letter = *at_++;
    if (letter != 'u') return std::string_view("\"\\/bfnrt").find(letter) != std::string_view::npos;
    const int first = unit();
    if (first < 0xd800 || first > 0xdfff) return first >= 0;
    if (first > 0xdbff || !take('\\') || !take('u')) return false;
    const int second = unit();
    return second >= 0xdc00 && second <= 0xdfff;
  }

  // Four hexadecimal digits, or -1.
  int unit() {
    if (end_ - at_ < 4) return -1;
    int value = 0;
    for (int i = 0; i < 4; ++i) {
      const char letter = *at_++;
      const char lower = static_cast<char>(letter | 0x20);
      if (!is_digit(letter) && (lower < 'a' || lower > 'f')) return -1;
      value = value * 16 + (is_digit(letter) ? letter - '0' : lower - 'a' + 10);
    }
    return value;
  }

  const char* at_;
  const char* end_;
};

bool scalar(Scan& scan) {
  switch (scan.front()) {
    case '"':
      return scan.string();
    case 't':
      return scan.word("true");
    case 'f':
      return scan.word("false");
    case 'n':
      return scan.word("null");
    default:
      return scan.number();
  }
}

bool name_and_colon(Scan& scan) {
  scan.skip_space();
  if (!scan.string()) return false;
  scan.skip_space();
  return scan.take(':');
}

}  // namespace

bool is_json(std::string_view text) {
  Scan scan(text);
  std::string open;  // the closing letters of what is open, the innermost last; not the call stack:
                     // a cell may nest as deep as it is long
  while (true) {
    scan.skip_space();
    const bool is_object = scan.take('{');
    if (is_object || scan.take('[')) {
      open += is_object ? '}' : ']';
      scan.skip_space();
      if (scan.front() != open.back()) {
        if (is_object && !name_and_colon(scan)) return false;
        continue;
      }
    } else if (!scalar(scan)) {
      return false;
    }
    // A value ended: so may all that it was the last of.
    scan.skip_space();
    while (!open.empty() && scan.take(open.back())) {
      open.pop_back();
      scan.skip_space();
    }
    if (open.empty()) return scan.is_at_end();
    if (!scan.take(',')) return false;
    if (open.back() == '}' && !name_and_colon(scan)) return false;
  }
}

}  // namespace mig::runtime
