#include "runtime/cli/lsp/message_stream.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace mig::cli::lsp {
namespace {

constexpr std::string_view kHeaderEnd = "\r\n\r\n";
constexpr std::size_t kLargestHeader = 16 << 10;

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return small;
}

std::string_view without_blanks(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t'))
    text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t'))
    text.remove_suffix(1);
  return text;
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = problem == std::errc() && end == text.data() + text.size();
  return is_whole ? std::optional(value) : std::nullopt;
}

// The value of the last such line; empty where there is none.
std::string_view content_length(std::string_view header) {
  std::string_view found;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find("\r\n"), header.size());
    const std::string_view line = header.substr(0, end);
    header.remove_prefix(std::min(end + 2, header.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (in_small_letters(without_blanks(line.substr(0, colon))) != "content-length") continue;
    found = without_blanks(line.substr(colon + 1));
  }
  return found;
}

}  // namespace

void MessageStream::feed(std::string_view bytes) {
  const std::size_t dropped = std::min(skipped_, bytes.size());
  skipped_ -= dropped;
  buffer_.append(bytes.substr(dropped));
}

std::optional<Incoming> MessageStream::next() {
  while (!wanted_) {
    const std::size_t end = buffer_.find(kHeaderEnd);
    if (end == std::string::npos) {
      if (buffer_.size() <= kLargestHeader) return std::nullopt;
      // The end of it may be the beginning of the next one's.
      buffer_.erase(0, buffer_.size() - kHeaderEnd.size());
      return Incoming{{}, "a header without an end"};
    }
    const std::string header = buffer_.substr(0, end);
    buffer_.erase(0, end + kHeaderEnd.size());
    if (auto problem = read_header(header)) return problem;
  }
  if (buffer_.size() < *wanted_) return std::nullopt;
  Incoming message{buffer_.substr(0, *wanted_), {}};
  buffer_.erase(0, *wanted_);
  wanted_.reset();
  return message;
}

std::optional<Incoming> MessageStream::read_header(std::string_view header) {
  const std::string_view written = content_length(header);
  const auto length = number(written);
  if (!length) return Incoming{{}, "a header without a `Content-Length` that is a number"};
  if (*length <= kLargest) {
    wanted_ = length;
    return std::nullopt;
  }
  const std::size_t there = std::min(*length, buffer_.size());
  buffer_.erase(0, there);
  skipped_ = *length - there;
  return Incoming{{}, fmt::format("a message of {} bytes", *length)};
}

std::string framed(std::string_view content) {
  return fmt::format("Content-Length: {}\r\n\r\n{}", content.size(), content);
}

}  // namespace mig::cli::lsp
