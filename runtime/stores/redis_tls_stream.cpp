#define ASIO_STANDALONE
#define ASIO_NO_DEPRECATED
#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl.hpp>
#include <asio/write.hpp>
#include <functional>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "runtime/stores/redis_stream.hpp"

namespace mig::runtime {
namespace {

using Socket = asio::ssl::stream<asio::ip::tcp::socket>;

std::string reason_of(const std::error_code& error) {
  return error.category() == asio::error::get_ssl_category() ? "" : error.message();
}

class TlsStream final : public RedisStream {
 public:
  TlsStream(const RedisAddress& address, const RedisTimeouts& timeouts)
      : address_(&address), timeouts_(timeouts), socket_(work_, trust_) {}

  Result<void> connect() {
    std::error_code error;
    trust_.set_default_verify_paths(error);
    if (error) return no_connection(*address_, "the system's certificates cannot be read");
    socket_.set_verify_mode(asio::ssl::verify_peer, error);
    socket_.set_verify_callback(asio::ssl::host_name_verification(address_->host), error);
    // Servers that serve several names choose their certificate by this one.
    SSL_set_tlsext_host_name(socket_.native_handle(), address_->host.c_str());
    asio::ip::tcp::resolver resolver(work_);
    const auto places = resolver.resolve(address_->host, std::to_string(address_->port), error);
    if (error) return no_connection(*address_, error.message());
    MIG_TRY(finish(timeouts_.connect, [&](auto done) {
      asio::async_connect(socket_.lowest_layer(), places,
                          [done](std::error_code result, const auto&) { done(result, 0); });
    }));
    if (!result_) return no_connection(*address_, "it does not answer in time");
    if (*result_) return no_connection(*address_, reason_of(*result_));
    socket_.lowest_layer().set_option(asio::ip::tcp::no_delay(true), error);
    MIG_TRY(finish(timeouts_.connect, [&](auto done) {
      socket_.async_handshake(Socket::client, [done](std::error_code result) { done(result, 0); });
    }));
    if (!result_) return no_connection(*address_, "it does not answer to TLS in time");
    if (*result_) return untrusted();
    return {};
  }

  Result<void> send(std::string_view bytes) override {
    MIG_TRY(finish(timeouts_.command, [&](auto done) {
      asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), done);
    }));
    if (!result_) return no_answer(*address_, timeouts_.command);
    if (*result_) return lost_connection(*address_);
    return {};
  }

  Result<std::size_t> receive(std::span<char> into) override {
    MIG_TRY(finish(timeouts_.command, [&](auto done) {
      socket_.async_read_some(asio::buffer(into.data(), into.size()), done);
    }));
    if (!result_) return no_answer(*address_, timeouts_.command);
    if (*result_ || size_ == 0) return lost_connection(*address_);
    return size_;
  }

  int descriptor() const override {
    return const_cast<Socket&>(socket_).lowest_layer().native_handle();
  }

 private:
  // Starts one operation and waits for it. `result_` stays empty where the time was up first; what
  // is still under way then is given up with its socket, before its buffers end.
  template <class Start>
  Result<void> finish(std::chrono::milliseconds limit, Start start) {
    result_.reset();
    size_ = 0;
    start([this](std::error_code result, std::size_t size) {
      result_ = result;
      size_ = size;
    });
    work_.restart();
    work_.run_for(limit);
    if (result_) return {};
    std::error_code ignored;
    socket_.lowest_layer().close(ignored);
    work_.run();
    result_.reset();
    return {};
  }

  std::unexpected<Error> untrusted() {
    const long verdict = SSL_get_verify_result(socket_.native_handle());
    if (verdict == X509_V_OK) {
      return fail(ErrorKind::Permanent,
                  fmt::format("`{}` does not speak TLS, or its certificate is for another name",
                              address_->shown),
                  "use the name that the certificate is for, or `redis://` for a port without TLS");
    }
    return fail(ErrorKind::Permanent,
                fmt::format("the certificate of `{}` is not trusted: {}", address_->shown,
                            X509_verify_cert_error_string(verdict)),
                "name the file of its authority in `SSL_CERT_FILE`");
  }

  const RedisAddress* address_;  // of the connection, which outlives us
  RedisTimeouts timeouts_;
  asio::io_context work_{1};
  asio::ssl::context trust_{asio::ssl::context::tls_client};
  Socket socket_;
  std::optional<std::error_code> result_;
  std::size_t size_ = 0;
};

}  // namespace

Result<std::unique_ptr<RedisStream>> open_tls_stream(const RedisAddress& address,
                                                     const RedisTimeouts& timeouts) {
  try {
    auto stream = std::make_unique<TlsStream>(address, timeouts);
    MIG_TRY(stream->connect());
    return std::unique_ptr<RedisStream>(std::move(stream));
  } catch (const std::exception&) {  // OpenSSL without memory or without its ciphers
    return no_connection(address, "TLS cannot be set up here");
  }
}

}  // namespace mig::runtime
