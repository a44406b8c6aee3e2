// A connection to one Redis server, and the way commands travel: many at once, answers in order.
//
// It logs in, selects the database and refuses what is no single server (a cluster, a sentinel). A
// lost connection stays lost: its error is Transient, and when to try again is the caller's. One
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/redis_address.hpp"
#include "runtime/stores/redis_commands.hpp"
#include "runtime/stores/redis_reply.hpp"
#include "runtime/stores/redis_stream.hpp"

namespace mig::runtime {

class RedisConnection {
 public:
  static Result<RedisConnection> open(RedisAddress address, RedisTimeouts timeouts = {});
  static Result<RedisConnection> open(std::string_view url, RedisTimeouts timeouts = {});

  // Adds a command to what is sent next. Words are any bytes.
  void append(std::span<const std::string_view> words);
  void append(std::initializer_list<std::string_view> words);
  void append(const RedisCommands& commands);
  // The same for a command of many words: first how many they are, then each.
  void begin_command(std::size_t words);
  void add_word(std::string_view word) { out_.add_word(word); }
  void add_formatted(std::string_view words) { out_.add_formatted(words); }

  // Commands whose answer nobody has read yet.
  std::size_t pending() const { return pending_; }
  // Sends what was appended. `reply` does so by itself; a caller who has something to do meanwhile
  // sends first.
  Result<void> send();
  // The next answer in order; an error of the server is an answer. REQUIRES: one is pending.
  Result<RedisReply> reply();
  // The same into the memory of an answer that nobody needs any more, for who reads many.
  Result<void> reply(RedisReply& into);
  // The next answer, which must not be an error.
  Result<RedisReply> value();
  Result<void> value(RedisReply& into);
  // The same, but false where it is a text of more than `most` bytes: then it is thrown away as it
  // comes, and nobody has to have room for it.
  Result<bool> value_within(RedisReply& into, std::size_t most);
  // One command and its answer, which must not be an error. Drops answers that nobody read.
  Result<RedisReply> call(std::initializer_list<std::string_view> words);
  Result<RedisReply> call(std::span<const std::string_view> words);
  // Reads and drops what is pending: a caller that left in the middle must not be answered later.
  Result<void> drop_pending();
  // How often answers that somebody waited for were dropped or lost, for who leaves some on their
  // way from one call to the next.
  std::uint64_t drops() const { return drops_; }

  // The next message to a subscriber, whose commands are answered by messages too: nothing is
  // pending there.
  Result<RedisReply> pushed();

  // Nothing more can be sent or read; open another connection.
  bool is_lost() const { return is_lost_; }
  const RedisAddress& address() const { return *address_; }
  const std::string& shown() const { return address_->shown; }
  int descriptor() const { return stream_->descriptor(); }

 private:
  static constexpr std::size_t kAnySize = std::numeric_limits<std::size_t>::max();

  RedisConnection(std::unique_ptr<RedisAddress> address, std::unique_ptr<RedisStream> stream)
      : address_(std::move(address)), stream_(std::move(stream)) {}
  Result<void> log_in();
  Result<void> refuse_other_modes();
  Result<bool> read_one(RedisReply& into, std::size_t most = kAnySize);
  Result<void> throw_away(std::size_t bytes);
  Error last_word(Error lost);
  template <class T>
  Result<T> lose(Error error);

  std::unique_ptr<RedisAddress> address_;  // the stream refers to it
  std::unique_ptr<RedisStream> stream_;
  RedisReplyReader reader_;
  RedisCommands out_;
  std::vector<char> in_ = std::vector<char>(std::size_t{256} * 1024);
  std::size_t pending_ = 0;
  std::uint64_t drops_ = 0;
  bool is_lost_ = false;
};

}  // namespace mig::runtime
