#include "runtime/data/mailbox.hpp"

#include <algorithm>

#include "runtime/data/function_call.hpp"
#include "runtime/data/white_space.hpp"

namespace mig::runtime {
namespace {

// One `@` with something on both sides, and no white space. A quoted local part may hold both.
bool is_address(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  if (std::ranges::any_of(domain, is_white)) return false;
  if (local.size() > 2 && local.front() == '"' && local.back() == '"') return true;
  return std::ranges::none_of(local, [](char c) { return is_white(c) || c == '@' || c == '"'; });
}

// The parts of a mailbox by where they stand.
struct Parts {
  std::string outside;  // without quotes and comments
  std::string written;  // the same as it is written, with quotes
  std::string comment;
  std::string angle;
  bool has_angle = false;
};

// Copies what stands between quotes; `at` is behind the opening one, and then behind the closing.
std::string quoted(std::string_view text, std::size_t& at) {
  std::string content;
  for (; at < text.size(); ++at) {
    if (text[at] == '"') {
      ++at;
      return content;
    }
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    content += text[at];
  }
  return content;
}

// Likewise of a comment; comments nest.
std::string commented(std::string_view text, std::size_t& at) {
  std::string content;
  for (int depth = 1; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      content += text[++at];
      continue;
    }
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && --depth == 0) {
      ++at;
      return content;
    }
    content += text[at];
  }
  return content;
}

std::string angled(std::string_view text, std::size_t& at) {
  std::string content;
  while (at < text.size() && text[at] != '>') {
    if (text[at] == '(') {
      commented(text, ++at);
    } else {
      content += text[at++];
    }
  }
  if (at < text.size()) ++at;
  return content;
}

Parts take_apart(std::string_view text) {
  Parts parts;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c == '"') {
      const std::size_t first = at - 1;
      parts.outside += quoted(text, at);
      parts.written += text.substr(first, at - first);
    } else if (c == '(') {
      const std::string comment = commented(text, at);
      if (parts.comment.empty()) parts.comment = comment;
    } else if (c == '<' && !parts.has_angle) {
      parts.has_angle = true;
      parts.angle = angled(text, at);
    } else {
      parts.outside += c;
      parts.written += c;
    }
  }
  return parts;
}

std::optional<std::string> if_any(std::string_view text) {
  text = trimmed(text);
  return text.empty() ? std::nullopt : std::optional(std::string(text));
}

// `a@b Name`, `Name a@b`: the one word of several that is an address.
Mailbox find_bare_address(std::string_view text) {
  Mailbox mailbox;
  std::string rest;
  while (!(text = trimmed(text)).empty()) {
    const auto end = static_cast<std::size_t>(std::ranges::find_if(text, is_white) - text.begin());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    if (!mailbox.address && is_address(word)) {
      mailbox.address = std::string(word);
      continue;
    }
    if (!rest.empty()) rest += ' ';
    rest += word;
  }
  if (mailbox.address) mailbox.name = if_any(rest);
  return mailbox;
}

}  // namespace

Mailbox parse_mailbox(std::string_view text) {
  const Parts parts = take_apart(text);
  Mailbox mailbox;
  if (parts.has_angle) {
    mailbox.name = if_any(parts.outside);
    const std::string_view address = trimmed(parts.angle);
    if (is_address(address)) mailbox.address = std::string(address);
  } else if (is_address(trimmed(parts.written))) {
    mailbox.address = std::string(trimmed(parts.written));
  } else {
    const bool has_quotes = parts.written != parts.outside;
    if (!has_quotes) mailbox = find_bare_address(parts.outside);
    if (!mailbox.address) mailbox.name = if_any(parts.outside);
  }
  if (!mailbox.name) mailbox.name = if_any(parts.comment);
  return mailbox;
}

void apply_mailbox(const Call& call) {
  const bool wants_name = call.function == plan::Function::MailboxName;
  for (const std::uint32_t row : call.rows) {
    const Mailbox mailbox = parse_mailbox(call.text(0, row));
    const auto& part = wants_name ? mailbox.name : mailbox.address;
    if (part) {
      call.result.texts[row] = call.arena.keep(*part);
    } else {
      call.absent(row);
    }
  }
}

}  // namespace mig::runtime
