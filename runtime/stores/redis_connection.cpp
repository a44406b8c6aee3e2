#include "runtime/stores/redis_connection.hpp"

#include <algorithm>
#include <cassert>
#include <poll.h>

#include <fmt/format.h>

#include "runtime/stores/redis_info.hpp"

namespace mig::runtime {
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
      append({"AUTH", password});
    } else {
      append({"AUTH", address_->user, password});
    }
    const auto sent = stream_->send(out_.bytes());
    out_.wipe();
    MIG_TRY(sent);
    MIG_TRY(value());
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
  out_.begin_command(words);
  ++pending_;
}

void RedisConnection::append(std::span<const std::string_view> words) {
  out_.append(words);
  ++pending_;
}

void RedisConnection::append(std::initializer_list<std::string_view> words) {
  append(std::span(words.begin(), words.size()));
}

void RedisConnection::append(const RedisCommands& commands) {
  out_.append(commands);
  pending_ += commands.size();
}

template <class T>
Result<T> RedisConnection::lose(Error error) {
  is_lost_ = true;
  pending_ = 0;
  ++drops_;
  out_.clear();
  return std::unexpected(std::move(error));
}

Result<void> RedisConnection::send() {
  if (is_lost_) return lost_connection(*address_);
  if (out_.size() == 0) return {};
  if (auto sent = stream_->send(out_.bytes()); !sent) {
    return lose<void>(last_word(std::move(sent).error()));
  }
  out_.clear();
  return {};
}

// A server that closes a connection because of what it was sent says so first, among answers that
// nobody has read yet.
Error RedisConnection::last_word(Error lost) {
  RedisReply reply;
  pollfd arrived{.fd = stream_->descriptor(), .events = POLLIN, .revents = 0};
  while (true) {
    const auto is_whole = reader_.next(reply, shown());
    if (!is_whole) return lost;
    if (*is_whole && reply.is_error() && reply.text.starts_with("ERR Protocol error")) {
      return redis_error(reply, shown());
    }
    if (*is_whole) continue;
    if (poll(&arrived, 1, 0) != 1) return lost;
    const auto size = stream_->receive(in_);
    if (!size) return lost;
    reader_.feed({in_.data(), *size});
  }
}

// False where it is a text of more than `most` bytes, which was thrown away.
Result<bool> RedisConnection::read_one(RedisReply& into, std::size_t most) {
  while (true) {
    auto is_whole = reader_.next(into, shown());
    if (!is_whole) return lose<bool>(std::move(is_whole).error());
    if (*is_whole) return into.kind != RedisReply::Kind::Text || into.text.size() <= most;
    if (const auto coming = reader_.coming(); coming && *coming > most) {
      MIG_TRY(throw_away(reader_.give_up()));
      return false;
    }
    auto size = stream_->receive(in_);
    if (!size) return lose<bool>(std::move(size).error());
    reader_.feed({in_.data(), *size});
  }
}

Result<void> RedisConnection::reply(RedisReply& into) {
  MIG_TRY(send());
  assert(pending_ > 0 && "an answer needs a question");
  MIG_TRY(read_one(into));
  --pending_;
  return {};
}

Result<RedisReply> RedisConnection::reply() {
  RedisReply reply;
  MIG_TRY(this->reply(reply));
  return reply;
}

Result<void> RedisConnection::value(RedisReply& into) {
  MIG_TRY(reply(into));
  if (into.is_error()) return std::unexpected(redis_error(into, shown()));
  return {};
}

Result<RedisReply> RedisConnection::value() {
  RedisReply reply;
  MIG_TRY(value(reply));
  return reply;
}

Result<bool> RedisConnection::value_within(RedisReply& into, std::size_t most) {
  MIG_TRY(send());
  assert(pending_ > 0 && "an answer needs a question");
  MIG_ASSIGN(is_kept, read_one(into, most));
  --pending_;
  if (is_kept && into.is_error()) return std::unexpected(redis_error(into, shown()));
  return is_kept;
}

// Of what comes next; what stands behind it is read.
Result<void> RedisConnection::throw_away(std::size_t bytes) {
  while (bytes > 0) {
    auto size = stream_->receive(in_);
    if (!size) return lose<void>(std::move(size).error());
    const std::size_t dropped = std::min(bytes, *size);
    bytes -= dropped;
    if (dropped < *size) reader_.feed({in_.data() + dropped, *size - dropped});
  }
  return {};
}

Result<void> RedisConnection::drop_pending() {
  if (pending_ > 0) ++drops_;
  RedisReply unread;
  while (pending_ > 0) {
    MIG_TRY(send());
    MIG_TRY(read_one(unread, 0));
    --pending_;
  }
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
  MIG_TRY(send());
  pending_ = 0;
  RedisReply reply;
  MIG_TRY(read_one(reply));
  return reply;
}

}  // namespace mig::runtime
