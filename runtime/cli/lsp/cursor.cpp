#include "runtime/cli/lsp/cursor.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace mig::cli::lsp {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Scanner {
 public:
  Scanner(std::string_view text, std::uint32_t offset) : text_(text.substr(0, offset)) {}

  Cursor scan() {
    while (at_ < text_.size())
      next();
    return std::move(cursor_);
  }

 private:
  void next() {
    const char c = text_[at_];
    if (c == '#') {
      skip_comment();
    } else if (c == '"') {
      read_text();
    } else if (c == '\n' || c == ';') {
      ++at_;
      if (c == ';' || !goes_on()) end_statement();
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (is_letter(c)) {
      read_word();
    } else if (is_digit(c)) {
      read_number();
    } else {
      read_sign();
    }
  }

  void skip_comment() {
    const std::size_t end = text_.find('\n', at_);
    cursor_.is_in_text = end == std::string_view::npos;
    at_ = std::min(end, text_.size());
  }

  void read_text() {
    const bool is_block = text_.substr(at_).starts_with("\"\"\"");
    const std::string_view quotes = is_block ? R"(""")" : R"(")";
    std::size_t end = at_ + quotes.size();
    while (end < text_.size() && !text_.substr(end).starts_with(quotes)) {
      if (!is_block && text_[end] == '\n') break;  // it was not closed
      end += !is_block && text_[end] == '\\' ? 2 : 1;
    }
    if (end >= text_.size()) {
      cursor_.is_in_text = true;
      at_ = text_.size();
      return;
    }
    if (text_[end] != '\n') end += quotes.size();
    add(end);
  }

  void read_word() {
    std::size_t end = at_;
    while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end])))
      ++end;
    if (end < text_.size()) return add(end);
    cursor_.prefix = text_.substr(at_);
    cursor_.prefix_begin = static_cast<std::uint32_t>(at_);
    at_ = end;
  }

  // With the unit that touches it: `30s`, `5%`, `1h30m`.
  void read_number() {
    std::size_t end = at_;
    const auto is_part = [&](char c) {
      return is_letter(c) || is_digit(c) || c == '%' || c == ':';
    };
    while (end < text_.size() && is_part(text_[end]))
      ++end;
    add(end);
  }

  void read_sign() {
    static constexpr std::array<std::string_view, 8> kPairs = {
        "->", "..", "==", "!=", "<=", ">=", "++", "??"};
    const std::string_view rest = text_.substr(at_);
    const bool is_pair =
        std::ranges::any_of(kPairs, [&](auto one) { return rest.starts_with(one); });
    const char c = text_[at_];
    if (c == '{') return open_block();
    if (c == '}') return close_block();
    if (c == '(' || c == '[') cursor_.brackets += c;
    if ((c == ')' || c == ']') && !cursor_.brackets.empty()) cursor_.brackets.pop_back();
    add(at_ + (is_pair ? 2 : 1));
  }

  void add(std::size_t end) {
    cursor_.statement.emplace_back(text_.substr(at_, end - at_));
    at_ = end;
  }

  // A line may end in the middle of a statement: inside brackets, behind a comma or an operator, or
  // before `and` and `or`.
  bool goes_on() const {
    if (!cursor_.brackets.empty()) return true;
    static constexpr std::array<std::string_view, 19> kOpen = {
        ",", "+",  "-",  "*",  "/", "++", "??", "..",  "<", "<=",
        ">", ">=", "==", "!=", "=", "->", ":",  "and", "or"};
    if (std::ranges::find(kOpen, cursor_.last()) != kOpen.end()) return true;
    const std::size_t next = text_.find_first_not_of(" \t\r\n", at_);
    const std::string_view rest = text_.substr(std::min(next, text_.size()));
    return rest.starts_with("and ") || rest.starts_with("or ");
  }

  void end_statement() {
    if (!cursor_.statement.empty()) cursor_.in_block.push_back(cursor_.statement.front());
    cursor_.statement.clear();
    cursor_.brackets.clear();
  }

  void open_block() {
    ++at_;
    cursor_.around.push_back(std::move(cursor_.statement));
    above_.push_back(std::move(cursor_.in_block));
    cursor_.statement.clear();
    cursor_.in_block.clear();
    cursor_.brackets.clear();
  }

  void close_block() {
    ++at_;
    if (cursor_.around.empty()) return end_statement();  // one too many
    assert(above_.size() == cursor_.around.size());
    cursor_.statement = std::move(cursor_.around.back());
    cursor_.in_block = std::move(above_.back());
    cursor_.around.pop_back();
    above_.pop_back();
    end_statement();
  }

  std::string_view text_;  // up to the cursor
  std::size_t at_ = 0;
  Cursor cursor_;
  std::vector<std::vector<std::string>> above_;  // `in_block` of the blocks around
};

}  // namespace

Cursor cursor_at(std::string_view text, std::uint32_t offset) {
  assert(offset <= text.size());
  Cursor cursor = Scanner(text, offset).scan();
  if (cursor.prefix.empty()) cursor.prefix_begin = offset;
  return cursor;
}

}  // namespace mig::cli::lsp
