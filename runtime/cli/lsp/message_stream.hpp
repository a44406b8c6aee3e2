// Messages in a stream of bytes, as the language server protocol frames them: header lines, one of
// them `Content-Length`, an empty line, and so many bytes.
//
// Used by the server's loop, which hands in what it has read. Whatever comes in, the stream finds
// its next message again. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mig::cli::lsp {

// One message, or why what stood in the stream was none.
struct Incoming {
  std::string content;
  std::string problem;  // empty: `content` is a whole message
};

class MessageStream {
 public:
  // Larger than any plan that is read, with room for its escapes.
  static constexpr std::size_t kLargest = std::size_t{128} << 20;

  void feed(std::string_view bytes);
  // The next message; nothing while it is not whole.
  std::optional<Incoming> next();

 private:
  std::optional<Incoming> read_header(std::string_view header);

  std::string buffer_;
  std::optional<std::size_t> wanted_;  // the header was read, and so many bytes follow
  std::size_t skipped_ = 0;            // of a message that is too large, still to come
};

// The message with its header.
std::string framed(std::string_view content);

}  // namespace mig::cli::lsp
