#include "runtime/stores/redis_commands.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace mig::runtime {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

void append_number(std::string& out, char mark, std::size_t number) {
  char line[24];
  line[0] = mark;
  char* const end = std::to_chars(line + 1, line + sizeof line - kLineEnd.size(), number).ptr;
  out.append(line, std::ranges::copy(kLineEnd, end).out);
}

void append_word(std::string& out, std::string_view word) {
  append_number(out, '$', word.size());
  out += word;
  out += kLineEnd;
}

}  // namespace

void RedisCommands::begin_command(std::size_t words) {
  assert(words > 0 && "a command has a name");
  append_number(bytes_, '*', words);
  ++size_;
}

void RedisCommands::add_word(std::string_view word) {
  append_word(bytes_, word);
}

std::string RedisCommands::formatted(std::span<const std::string> words) {
  std::string bytes;
  for (const std::string& word : words)
    append_word(bytes, word);
  return bytes;
}

void RedisCommands::append(std::span<const std::string_view> words) {
  begin_command(words.size());
  for (const std::string_view word : words)
    add_word(word);
}

void RedisCommands::append(std::initializer_list<std::string_view> words) {
  append(std::span(words.begin(), words.size()));
}

void RedisCommands::append(const RedisCommands& others) {
  bytes_ += others.bytes_;
  size_ += others.size_;
}

void RedisCommands::append_formatted(std::string_view command) {
  bytes_ += command;
  ++size_;
}

void RedisCommands::clear() {
  bytes_.clear();
  size_ = 0;
}

void RedisCommands::wipe() {
  std::ranges::fill(bytes_, '\0');
  clear();
}

}  // namespace mig::runtime
