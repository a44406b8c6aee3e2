#include "runtime/cli/signals.hpp"

#include <algorithm>
#include <cassert>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace mig::cli {
namespace {

// A signal handler may touch no more than this: a flag, and a pipe that wakes whoever waits.
std::atomic<bool> is_stopping{false};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
int wake_pipe[2] = {-1, -1};           // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

extern "C" void on_signal(int number) {
  if (is_stopping.exchange(true)) {
    std::signal(number, SIG_DFL);
    ::raise(number);
    return;
  }
  const char byte = 0;
  (void)!::write(wake_pipe[1], &byte, 1);
}

}  // namespace

const std::atomic<bool>& stop_on_signals() {
  if (wake_pipe[0] >= 0) return is_stopping;
  const int made = ::pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK);
  assert(made == 0);
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM})
    ::sigaction(number, &action, nullptr);
  return is_stopping;
}

void SignalWaiter::wait(runtime::Instant until, runtime::Duration look_every) {
  const runtime::Instant now = clock_.now();
  if (until <= now || is_stopping) return;
  using std::chrono::milliseconds;
  const auto look = std::chrono::ceil<milliseconds>(look_every);
  const auto left = until - now < look ? std::chrono::ceil<milliseconds>(until - now) : look;
  pollfd wake{wake_pipe[0], POLLIN, 0};
  ::poll(&wake, 1, static_cast<int>(left.count()));
}

}  // namespace mig::cli
