// The server at a pair of file descriptors.
#include <array>
#include <cerrno>
#include <poll.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "runtime/cli/lsp/message_stream.hpp"
#include "runtime/cli/lsp/server.hpp"

namespace mig::cli::lsp {
namespace {

bool is_more_waiting(int input) {
  pollfd one{input, POLLIN, 0};
  return ::poll(&one, 1, 0) > 0;
}

// False once the editor has gone.
bool write_all(int output, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(output, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

int serve(int input, int output) {
  constexpr int kGone = 1;
  bool is_connected = true;
  Server server([&](const Json& message) {
    const std::string text = message.dump(-1, ' ', false, Json::error_handler_t::replace);
    is_connected = is_connected && write_all(output, framed(text));
  });
  MessageStream stream;
  std::array<char, 1 << 16> buffer;
  while (is_connected) {
    // What is typed faster than it is compiled is compiled once.
    if (!is_more_waiting(input)) server.publish();
    const ssize_t count = ::read(input, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return kGone;
    stream.feed(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    while (const auto message = stream.next()) {
      if (message->problem.empty()) {
        server.take(message->content);
      } else {
        server.refuse_frame(message->problem);
      }
      if (server.exit()) return *server.exit();
    }
  }
  return kGone;
}

}  // namespace mig::cli::lsp
