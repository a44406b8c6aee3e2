// Bytes to and from a Redis server: a plain socket, or one inside TLS.
//
// A stream that failed once is not used again. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "runtime/result.hpp"
#include "runtime/stores/redis_address.hpp"

namespace mig::runtime {

struct RedisTimeouts {
  std::chrono::milliseconds connect{5000};
  std::chrono::milliseconds command{30000};  // the longest time without a byte from the server
};

class RedisStream {
 public:
  virtual ~RedisStream() = default;
  virtual Result<void> send(std::string_view bytes) = 0;
  // At least one byte, however many have come; Transient at the end or after the time.
  virtual Result<std::size_t> receive(std::span<char> into) = 0;
  // For whoever waits for several things at once.
  virtual int descriptor() const = 0;
};

// Through hiredis.
Result<std::unique_ptr<RedisStream>> open_plain_stream(const RedisAddress& address,
                                                       const RedisTimeouts& timeouts);
// Through Asio and OpenSSL. The chain and the host's name are verified, by the authorities of the
// system or those of `SSL_CERT_FILE`; there is no way to turn that off.
Result<std::unique_ptr<RedisStream>> open_tls_stream(const RedisAddress& address,
                                                     const RedisTimeouts& timeouts);

// What both say of a connection that ended, was never made, or gives no answer in time.
std::unexpected<Error> lost_connection(const RedisAddress& address);
std::unexpected<Error> no_connection(const RedisAddress& address, std::string_view why);
std::unexpected<Error> no_answer(const RedisAddress& address, std::chrono::milliseconds waited);

}  // namespace mig::runtime
