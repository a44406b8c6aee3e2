// The part of TreeBuilder that finds the right place and words for a mistake.
#include <algorithm>
#include <cassert>

#include "grammar/tree_builder.hpp"

namespace mig::syntax {

namespace {

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

std::uint32_t TreeBuilder::line_begin(std::uint32_t at) const {
  while (at > 0 && text_[at - 1] != '\n')
    --at;
  return at;
}

std::uint32_t TreeBuilder::line_end(std::uint32_t at) const {
  return static_cast<std::uint32_t>(std::min(text_.find('\n', at), text_.size()));
}

bool TreeBuilder::is_own_line(std::uint32_t at) const {
  while (at > 0 && (text_[at - 1] == ' ' || text_[at - 1] == '\t'))
    --at;
  return at == 0 || text_[at - 1] == '\n';
}

std::uint32_t TreeBuilder::indentation(std::uint32_t at) const {
  const std::uint32_t begin = line_begin(at);
  std::uint32_t end = begin;
  while (end < at && (text_[end] == ' ' || text_[end] == '\t'))
    ++end;
  return end - begin;
}

std::uint32_t TreeBuilder::token_end(std::uint32_t at) const {
  std::uint32_t end = at;
  while (end < text_.size() && is_word_char(text_[end]))
    ++end;
  if (end > at) return end;
  if (end < text_.size() && text_[end] == '"') {
    const std::size_t close = text_.find('"', end + 1);
    if (close < line_end(end)) return static_cast<std::uint32_t>(close) + 1;
  }
  if (end < text_.size() && !is_blank(text_[end])) ++end;
  while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U)
    ++end;
  return end;
}

void TreeBuilder::report(std::uint32_t begin, std::uint32_t end, std::string message,
                         std::string help) {
  assert(begin <= end);
  is_mistaken_ = true;
  // What a text without end has swallowed is missing, but that is one mistake, not three.
  if (begin >= cut_begin_ && begin <= cut_end_ && cut_end_ > 0) return;
  if (has_too_many_) return;
  const auto is_same = [&](const Mistake& one) { return one.at.begin == begin; };
  if (std::ranges::any_of(mistakes_, is_same)) return;
  if (mistakes_.size() == kMaxMistakes) {
    has_too_many_ = true;
    message = "too many mistakes; the rest of this file is not reported";
    help.clear();
  }
  mistakes_.push_back(Mistake{span(begin, end), std::move(message), std::move(help)});
}

void TreeBuilder::report_at(std::uint32_t at, std::string_view message, std::string_view help) {
  if (at < text_.size() && static_cast<unsigned char>(text_[at]) >= 0x80) {
    help = "names are made of `a` to `z`, `A` to `Z`, digits and `_`";
  }
  report(at, token_end(at), std::string(message), std::string(help));
}

void TreeBuilder::report_next(std::uint32_t at, std::string_view message, std::string_view help) {
  std::uint32_t before = at;
  while (before > 0 && is_blank(text_[before - 1]))
    --before;
  std::uint32_t next = before;
  while (next < text_.size() && (text_[next] == ' ' || text_[next] == '\t'))
    ++next;
  const bool is_end =
      next >= text_.size() || text_[next] == '\n' || text_[next] == '\r' || text_[next] == '#';
  if (is_end) {
    report(before, before, std::string(message), std::string(help));
    return;
  }
  const std::string_view rest = text_.substr(next);
  const bool is_comparison = rest.starts_with('<') || rest.starts_with('>') ||
                             rest.starts_with("==") || rest.starts_with("!=");
  if (is_comparison) help = "comparisons do not chain; join two of them with `and`";
  report_at(next, message, help);
}

void TreeBuilder::report_unclosed_text(std::uint32_t at) {
  report(text_begin_, at, "this text is not closed before the end of the line",
         "write `\"` where it ends; a text of several lines stands between `\"\"\"` and `\"\"\"`");
  cut_begin_ = line_begin(text_begin_);
  cut_end_ = line_end(at);
}

void TreeBuilder::report_unclosed_block_text() {
  report(text_begin_, text_begin_ + 3, "this block text is not closed before the end of the file",
         "write `\"\"\"` on a line of its own where it ends");
}

void TreeBuilder::report_unclosed_block() {
  assert(!open_blocks_.empty());
  is_mistaken_ = true;
  if (is_cut() || is_too_deep_) return;
  const std::uint32_t open = suspect_.value_or(open_blocks_.back());
  suspect_.reset();
  report(open, open + 1, "this block is not closed; expected `}`", "");
}

std::uint32_t TreeBuilder::recover_closer(std::uint32_t at, char open, char close) {
  std::uint32_t& closerless_end = closerless_end_[close == ')' ? 0 : 1];
  if (at < closerless_end) return at;
  int depth = 1;
  std::uint32_t end = at;
  for (; end < text_.size(); ++end) {
    const char c = text_[end];
    if (c == '\n' || c == '{' || c == '}' || c == ';' || c == '#' || c == '"') break;
    if (c == open) ++depth;
    if (c == close && --depth == 0) return end + 1;
  }
  closerless_end = end;
  return at;
}

bool TreeBuilder::enter(std::uint32_t at) {
  if (nesting_ < kMaxNesting) {
    ++nesting_;
    return true;
  }
  is_mistaken_ = true;
  if (!is_too_deep_) {
    report(at, token_end(at),
           "this is nested more than " + std::to_string(kMaxNesting) + " levels deep", "");
  }
  is_too_deep_ = true;
  return false;
}

std::uint32_t TreeBuilder::skip(std::uint32_t at) const {
  int depth = 0;
  for (std::uint32_t i = at; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == '#') {
      i = line_end(i) - 1;
    } else if (c == '"') {
      const bool is_block = text_.substr(i, 3) == "\"\"\"";
      const std::size_t close = is_block ? text_.find("\"\"\"", i + 3) : text_.find('"', i + 1);
      const std::uint32_t stop = is_block ? static_cast<std::uint32_t>(text_.size()) : line_end(i);
      if (close != std::string_view::npos && close < stop) {
        i = static_cast<std::uint32_t>(close) + (is_block ? 2 : 0);
      } else {
        i = stop - 1;
      }
    } else if (c == '(' || c == '[' || c == '{') {
      if (depth == 0 && c == '{' && i != at) return i;
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      if (depth == 0) return i;
      if (--depth == 0) return i + 1;
    } else if (depth == 0 && (c == '\n' || c == ';')) {
      return i;
    }
  }
  return static_cast<std::uint32_t>(text_.size());
}

}  // namespace mig::syntax
