#include <cassert>
#include <charconv>

#include <nlohmann/json.hpp>

#include "runtime/data/function_call.hpp"
#include "runtime/data/json_path.hpp"

namespace mig::runtime {
namespace {

// Walks over text that is known to be JSON.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) { skip_white(); }

  bool is_at(char c) const { return text_[at_] == c; }

  void step() {
    ++at_;
    skip_white();
  }

  // The value that begins here, without the white space behind it.
  std::string_view value() {
    const std::size_t first = at_;
    if (is_at('"')) {
      skip_string();
    } else if (is_at('{') || is_at('[')) {
      skip_nested();
    } else {
      at_ = std::min(text_.find_first_of(",]} \t\n\r", at_), text_.size());
    }
    const std::string_view found = text_.substr(first, at_ - first);
    skip_white();
    return found;
  }

 private:
  void skip_white() { at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size()); }
  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }
  void skip_nested() {
    std::size_t depth = 0;
    do {
      if (is_at('"')) {
        skip_string();
        continue;
      }
      if (is_at('{') || is_at('[')) ++depth;
      if (is_at('}') || is_at(']')) --depth;
      ++at_;
    } while (depth > 0);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_key(std::string_view quoted, std::string_view key) {
  if (quoted.find('\\') != std::string_view::npos) return json_content(quoted) == key;
  return quoted.substr(1, quoted.size() - 2) == key;
}

std::optional<std::string_view> member(std::string_view object, std::string_view key) {
  std::optional<std::string_view> found;
  Walker walker(object);
  walker.step();
  while (!walker.is_at('}')) {
    const std::string_view name = walker.value();
    walker.step();  // the colon
    const std::string_view value = walker.value();
    if (is_key(name, key)) found = value;
    if (walker.is_at(',')) walker.step();
  }
  return found;
}

std::optional<std::string_view> element(std::string_view list, std::string_view segment) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(segment.begin(), segment.end(), index);
  if (error != std::errc() || end != segment.end()) return std::nullopt;
  Walker walker(list);
  walker.step();
  for (; !walker.is_at(']'); --index) {
    const std::string_view value = walker.value();
    if (index == 0) return value;
    if (walker.is_at(',')) walker.step();
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> json_at(std::string_view document,
                                        std::span<const std::string> path) {
  std::optional<std::string_view> found = Walker(document).value();
  for (const std::string& segment : path) {
    if (found->front() == '{') {
      found = member(*found, segment);
    } else if (found->front() == '[') {
      found = element(*found, segment);
    } else {
      return std::nullopt;
    }
    if (!found) return std::nullopt;
  }
  return found;
}

std::string json_content(std::string_view quoted) {
  const auto json = nlohmann::json::parse(quoted, nullptr, /*allow_exceptions=*/false);
  assert(json.is_string());
  return json.get<std::string>();
}

// `json_get` gives the value as a document, `null` too. `json_text` gives a string's content, the
// text of any other value, and nothing for `null`.
void apply_document(const Call& call) {
  const bool wants_text = call.function == plan::Function::JsonText;
  for (const std::uint32_t row : call.rows) {
    const std::string_view document = call.text(0, row);
    if (!nlohmann::json::accept(document)) {
      call.reject(row, "the document is no JSON");
      continue;
    }
    const auto found = json_at(document, call.prepared.path);
    if (!found || (wants_text && *found == "null")) {
      call.absent(row);
    } else if (wants_text && found->front() == '"') {
      const bool is_plain = found->find('\\') == std::string_view::npos;
      call.result.texts[row] =
          is_plain ? found->substr(1, found->size() - 2) : call.arena.keep(json_content(*found));
    } else {
      call.result.texts[row] = *found;
    }
  }
}

}  // namespace mig::runtime
