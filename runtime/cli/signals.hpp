// The terminal's wish to stop, and waiting that hears it.
//
// The first SIGINT or SIGTERM asks for a clean stop at the next slice; a second one ends the
// process at once, which the journal survives as it survives any kill.
#pragma once

#include <atomic>

#include "runtime/engine/executor.hpp"

namespace mig::cli {

// Installs the handlers; the flag they set. Once a process.
const std::atomic<bool>& stop_on_signals();

// Waits for a moment or for a signal, whichever comes first.
class SignalWaiter final : public runtime::Waiter {
 public:
  explicit SignalWaiter(const runtime::Clock& clock) : clock_(clock) {}
  void wait(runtime::Instant until, runtime::Duration look_every) override;

 private:
  const runtime::Clock& clock_;
};

}  // namespace mig::cli
