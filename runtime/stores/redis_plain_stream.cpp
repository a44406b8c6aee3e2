#include <cerrno>
#include <cstring>
#include <sys/socket.h>

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include "runtime/stores/redis_stream.hpp"

namespace mig::runtime {
namespace {

timeval timeval_of(std::chrono::milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
}

class PlainStream final : public RedisStream {
 public:
  PlainStream(redisContext* context, const RedisAddress& address, const RedisTimeouts& timeouts)
      : context_(context), address_(&address), timeouts_(timeouts) {}

  Result<void> send(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(context_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return ended();
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
  }

  Result<std::size_t> receive(std::span<char> into) override {
    while (true) {
      const ssize_t received = recv(context_->fd, into.data(), into.size(), 0);
      if (received < 0 && errno == EINTR) continue;
      if (received <= 0) return ended(received == 0);
      return static_cast<std::size_t>(received);
    }
  }

  int descriptor() const override { return context_->fd; }

 private:
  struct Free {
    void operator()(redisContext* context) const { redisFree(context); }
  };

  std::unexpected<Error> ended(bool is_closed = false) const {
    const bool is_late = !is_closed && (errno == EAGAIN || errno == EWOULDBLOCK);
    return is_late ? no_answer(*address_, timeouts_.command) : lost_connection(*address_);
  }

  std::unique_ptr<redisContext, Free> context_;
  const RedisAddress* address_;  // of the connection, which outlives us
  RedisTimeouts timeouts_;
};

}  // namespace

std::unexpected<Error> lost_connection(const RedisAddress& address) {
  return fail(ErrorKind::Transient, fmt::format("`{}` closed the connection", address.shown),
              "check that the server runs; then run the same command again");
}

std::unexpected<Error> no_connection(const RedisAddress& address, std::string_view why) {
  return fail(ErrorKind::Transient, fmt::format("`{}` cannot be reached: {}", address.shown, why),
              "check that the server runs there and may be reached from here");
}

std::unexpected<Error> no_answer(const RedisAddress& address, std::chrono::milliseconds waited) {
  return fail(ErrorKind::Transient,
              fmt::format("`{}` has not answered for {} ms", address.shown, waited.count()),
              "look for slow commands with `SLOWLOG GET`, and at the network in between");
}

Result<std::unique_ptr<RedisStream>> open_plain_stream(const RedisAddress& address,
                                                       const RedisTimeouts& timeouts) {
  const timeval limit = timeval_of(timeouts.connect);
  redisContext* context = address.socket.empty()
                              ? redisConnectWithTimeout(address.host.c_str(), address.port, limit)
                              : redisConnectUnixWithTimeout(address.socket.c_str(), limit);
  if (context == nullptr) return no_connection(address, "no memory is left");
  auto stream = std::make_unique<PlainStream>(context, address, timeouts);
  if (context->err != 0) {
    const bool is_system = context->err == REDIS_ERR_IO;
    return no_connection(address, is_system ? std::strerror(errno) : context->errstr);
  }
  redisSetTimeout(context, timeval_of(timeouts.command));
  if (address.socket.empty()) redisEnableKeepAlive(context);
  return std::unique_ptr<RedisStream>(std::move(stream));
}

}  // namespace mig::runtime
