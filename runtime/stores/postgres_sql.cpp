#include "runtime/stores/postgres_sql.hpp"

#include <algorithm>
#include <charconv>

namespace mig::runtime {
namespace {

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

bool is_name(char letter) {
  const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
  return is_letter || is_digit(letter) || letter == '_' || (letter & 0x80) != 0;
}

// Where the quoted text that begins at `at` ends. Doubled quotes are two texts in a row.
std::size_t after_quote(std::string_view sql, std::size_t at, bool has_escapes) {
  const char quote = sql[at];
  for (std::size_t i = at + 1; i < sql.size(); ++i) {
    if (has_escapes && sql[i] == '\\') {
      ++i;
    } else if (sql[i] == quote) {
      return i + 1;
    }
  }
  return sql.size();
}

// Block comments nest.
std::size_t after_comment(std::string_view sql, std::size_t at) {
  int depth = 0;
  for (std::size_t i = at; i + 1 < sql.size(); ++i) {
    if (sql[i] == '/' && sql[i + 1] == '*') {
      ++depth;
      ++i;
    } else if (sql[i] == '*' && sql[i + 1] == '/') {
      ++i;
      if (--depth == 0) return i + 1;
    }
  }
  return sql.size();
}

// `$$ … $$` and `$tag$ … $tag$`; `at` itself where none begins.
std::size_t after_dollar_quote(std::string_view sql, std::size_t at) {
  std::size_t end = at + 1;
  if (end < sql.size() && is_digit(sql[end])) return at;
  while (end < sql.size() && is_name(sql[end]))
    ++end;
  if (end >= sql.size() || sql[end] != '$') return at;
  const std::string_view tag = sql.substr(at, end + 1 - at);
  const auto close = sql.find(tag, end + 1);
  return close == sql.npos ? sql.size() : close + tag.size();
}

// The end of what may hold no parameter and begins at `at`; `at` itself where nothing does.
std::size_t after_opaque(std::string_view sql, std::size_t at) {
  const char letter = sql[at];
  const char next = at + 1 < sql.size() ? sql[at + 1] : '\0';
  if (letter == '"') return after_quote(sql, at, false);
  if (letter == '\'') {
    const bool is_prefixed = at > 0 && (sql[at - 1] == 'e' || sql[at - 1] == 'E');
    return after_quote(sql, at, is_prefixed && (at < 2 || !is_name(sql[at - 2])));
  }
  if (letter == '-' && next == '-') return std::min(sql.find('\n', at), sql.size());
  if (letter == '/' && next == '*') return after_comment(sql, at);
  const bool follows_name = at > 0 && is_name(sql[at - 1]);
  if (letter == '$' && !follows_name) return after_dollar_quote(sql, at);
  return at;
}

}  // namespace

PostgresSql with_dollar_parameters(std::string_view sql) {
  PostgresSql out;
  out.text.reserve(sql.size() + 8);
  for (std::size_t at = 0; at < sql.size();) {
    if (const std::size_t end = after_opaque(sql, at); end != at) {
      out.text += sql.substr(at, end - at);
      at = end;
      continue;
    }
    if (sql[at] != '?') {
      out.text += sql[at++];
      continue;
    }
    int number = out.parameters + 1;
    const char* first = sql.data() + at + 1;
    const auto read = std::from_chars(first, sql.data() + sql.size(), number);
    at += 1 + static_cast<std::size_t>(read.ptr - first);
    out.parameters = std::max(out.parameters, number);
    out.text += '$' + std::to_string(number);
  }
  return out;
}

}  // namespace mig::runtime
