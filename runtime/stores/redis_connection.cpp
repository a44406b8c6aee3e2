#include "runtime/stores/redis_connection.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

void append_number(std::string& out, char mark, std::size_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out += mark;
  out.append(digits, end);
  out += "\r\n";
}

// The words of INFO are lines `name:value`.
std::string_view info_value(std::string_view info, std::string_view name) {
  std::size_t at = 0;
  while (at < info.size()) {
    const std::size_t end = std::min(info.find("\r\n", at), info.size());
    const std::string_view line = info.substr(at, end - at);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) {
      return line.substr(name.size() + 1);
    }
    at = end + 2;
  }
  return {};
}

}  // namespace

Result<RedisConnection> RedisConnection::open(std::string_view url, RedisTimeouts timeouts) {
  MIG_ASSIGN(address, RedisAddress::parse(url));
  return open(std::move(address), timeouts);
}

Result<RedisConnection> RedisConnection::open(RedisAddress address, RedisTimeouts timeouts) {
  auto kept = std::make_unique<RedisAddress>(std::move(address));
  MIG_ASSIGN(stream,
             kept->is_tls ? open_tls_stream(*kept, timeouts) : open_plain_stream(*kept, timeouts));
  RedisConnection connection(std::move(kept), std::move(stream));
  MIG_TRY(connection.log_in());
  MIG_TRY(connection.refuse_other_modes());
  return connection;
}

Result<void> RedisConnection::log_in() {
  if (address_->password) {
    const std::string_view password = address_->password->reveal();
    if (address_->user.empty()) {
      MIG_TRY(call({"AUTH", password}));
    } else {
      MIG_TRY(call({"AUTH", address_->user, password}));
    }
    std::ranges::fill(out_, '\0');
  }
  if (address_->database == 0) return {};
  MIG_TRY(call({"SELECT", std::to_string(address_->database)}));
  return {};
}

Result<void> RedisConnection::refuse_other_modes() {
  MIG_ASSIGN(info, call({"INFO", "server"}));
  const std::string_view mode = info_value(info.text, "redis_mode");
  if (mode == "standalone") return {};
  if (mode == "cluster") {
    return fail(ErrorKind::Permanent, fmt::format("`{}` is part of a Redis Cluster", shown()),
                "connect to a single server; moving rows of a Redis Cluster is not supported");
  }
  return fail(ErrorKind::Permanent, fmt::format("`{}` is no Redis server that keeps rows", shown()),
              "a sentinel tells which server is the primary; put that one into the URL");
}

void RedisConnection::begin_command(std::size_t words) {
  assert(words > 0 && "a command has a name");
  append_number(out_, '*', words);
  ++pending_;
}

void RedisConnection::add_word(std::string_view word) {
  append_number(out_, '$', word.size());
  out_ += word;
  out_ += "\r\n";
}

void RedisConnection::append(std::span<const std::string_view> words) {
  begin_command(words.size());
  for (const std::string_view word : words)
    add_word(word);
}

void RedisConnection::append(std::initializer_list<std::string_view> words) {
  append(std::span(words.begin(), words.size()));
}

template <class T>
Result<T> RedisConnection::lose(Error error) {
  is_lost_ = true;
  pending_ = 0;
  out_.clear();
  return std::unexpected(std::move(error));
}

Result<void> RedisConnection::send() {
  if (is_lost_) return lost_connection(*address_);
  if (out_.empty()) return {};
  if (auto sent = stream_->send(out_); !sent) return lose<void>(std::move(sent).error());
  out_.clear();
  return {};
}

Result<RedisReply> RedisConnection::read_one() {
  RedisReply reply;
  while (true) {
    auto is_whole = reader_.next(reply, shown());
    if (!is_whole) return lose<RedisReply>(std::move(is_whole).error());
    if (*is_whole) return reply;
    auto size = stream_->receive(in_);
    if (!size) return lose<RedisReply>(std::move(size).error());
    reader_.feed({in_.data(), *size});
  }
}

Result<RedisReply> RedisConnection::reply() {
  MIG_TRY(send());
  assert(pending_ > 0 && "an answer needs a question");
  MIG_ASSIGN(reply, read_one());
  --pending_;
  return std::move(reply);
}

Result<RedisReply> RedisConnection::value() {
  MIG_ASSIGN(reply, this->reply());
  if (reply.is_error()) return std::unexpected(redis_error(reply, shown()));
  return std::move(reply);
}

Result<void> RedisConnection::drop_pending() {
  while (pending_ > 0)
    MIG_TRY(reply());
  return {};
}

Result<RedisReply> RedisConnection::call(std::span<const std::string_view> words) {
  MIG_TRY(drop_pending());
  append(words);
  return value();
}

Result<RedisReply> RedisConnection::call(std::initializer_list<std::string_view> words) {
  return call(std::span(words.begin(), words.size()));
}

Result<RedisReply> RedisConnection::pushed() {
  if (is_lost_) return lost_connection(*address_);
  return read_one();
}

}  // namespace mig::runtime
