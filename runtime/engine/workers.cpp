#include "runtime/engine/workers.hpp"

#include <algorithm>
#include <cassert>

namespace mig::runtime {

std::size_t core_count() {
  return std::max(1U, std::thread::hardware_concurrency());
}

Worker::Worker() : thread_([this] { loop(); }) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Worker::start(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    assert(!is_busy_);
    task_ = std::move(task);
    is_busy_ = true;
  }
  changed_.notify_all();
}

void Worker::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !is_busy_; });
}

void Worker::run(std::function<void()> task, Duration interval,
                 const std::function<void()>& meanwhile) {
  start(std::move(task));
  std::unique_lock lock(mutex_);
  while (is_busy_) {
    if (changed_.wait_for(lock, interval, [this] { return !is_busy_; })) break;
    lock.unlock();
    meanwhile();
    lock.lock();
  }
}

void Worker::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_ending_ || is_busy_; });
    if (is_ending_) return;
    const std::function<void()> task = std::move(task_);
    lock.unlock();
    task();
    lock.lock();
    is_busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace mig::runtime
