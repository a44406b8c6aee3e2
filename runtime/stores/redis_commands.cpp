#include "runtime/stores/redis_commands.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace mig::runtime {
namespace {

void append_number(std::string& out, char mark, std::size_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out += mark;
  out.append(digits, end);
  out += "\r\n";
}

}  // namespace

void RedisCommands::begin_command(std::size_t words) {
  assert(words > 0 && "a command has a name");
  append_number(bytes_, '*', words);
  ++size_;
}

void RedisCommands::add_word(std::string_view word) {
  append_number(bytes_, '$', word.size());
  bytes_ += word;
  bytes_ += "\r\n";
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

void RedisCommands::clear() {
  bytes_.clear();
  size_ = 0;
}

void RedisCommands::wipe() {
  std::ranges::fill(bytes_, '\0');
  clear();
}

}  // namespace mig::runtime
