// Commands in the form in which they travel (RESP), formatted once and sent together.
//
// Every word has its length in front, so no byte in it means anything. One thread.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace mig::runtime {

class RedisCommands {
 public:
  void append(std::span<const std::string_view> words);
  void append(std::initializer_list<std::string_view> words);
  // A command of many words: first how many they are, its name included, then each.
  void begin_command(std::size_t words);
  void add_word(std::string_view word);
  // Words that many commands have in common, formatted once: a part of each from there on.
  static std::string formatted(std::span<const std::string> words);
  void add_formatted(std::string_view words) { bytes_ += words; }
  // The other ones behind these.
  void append(const RedisCommands& others);
  // One command that was formatted before.
  void append_formatted(std::string_view command);

  std::size_t size() const { return size_; }  // in commands
  const std::string& bytes() const { return bytes_; }
  void clear();
  // Clears what may hold a password.
  void wipe();

 private:
  std::string bytes_;
  std::size_t size_ = 0;
};

}  // namespace mig::runtime
