// The one place where threads are started: slices run here, so that the decision thread can keep
// the lease alive while a slice takes its time, and what a slice does beside itself.
//
// One thread calls a Worker, and gives it one task at a time. Whatever a task touches belongs to it
// until `run` or `wait` returns.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>

#include "runtime/clock.hpp"

namespace mig::runtime {

// How many can run at once; at least one.
std::size_t core_count();

class Worker {
 public:
  Worker();
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs `task` on the worker, until `wait`.
  void start(std::function<void()> task);
  void wait();

  // Runs `task` and returns when it is done; calls `meanwhile` here every `interval` until then.
  void run(std::function<void()> task, Duration interval, const std::function<void()>& meanwhile);

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> task_;
  bool is_busy_ = false;
  bool is_ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace mig::runtime
