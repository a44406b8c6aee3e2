// The language server: messages in, messages out, and in between what an editor has open.
//
// Used by `mig lsp`, which connects it to the standard input and output. It reads plan files and
// touches no store. One thread; a message is answered before the next is looked at.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/cli/lsp/answers.hpp"
#include "runtime/cli/lsp/published.hpp"
#include "runtime/cli/lsp/workspace.hpp"

namespace mig::cli::lsp {

class Server {
 public:
  using Send = std::function<void(const Json& message)>;
  explicit Server(Send send) : send_(std::move(send)) {}

  // One message as it came. Whatever it holds, the server goes on.
  void take(std::string_view content);
  // What came was no message.
  void refuse_frame(const std::string& why);
  // Tells what is wrong now; to be called when no message is waiting.
  void publish();

  // The exit code, once the editor has said `exit`.
  std::optional<int> exit() const { return exit_; }

 private:
  enum class Stage { Fresh, Running, ShutDown };

  void take_request(const Json& id, const std::string& method, const Json& params);
  void take_notification(const std::string& method, const Json& params);
  void reply(const Json& id, Answer answer);

  Answer initialize(const Json& params);
  Answer answer(const std::string& method, const Json& params);
  Answer answer_about(const std::string& method, const Json& params);

  void did_open(const Json& params);
  void did_change(const Json& params);
  void did_close(const Json& params);

  Send send_;
  Stage stage_ = Stage::Fresh;
  std::optional<int> exit_;
  Workspace workspace_;
  Published published_;
};

// Serves until the editor says `exit` or goes away: the exit code.
int serve(int input, int output);

}  // namespace mig::cli::lsp
