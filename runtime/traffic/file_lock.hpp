// A lock that goes with its process: a file beside the one that it is about, locked as a whole.
// One thread.
#pragma once

#include <string>
#include <utility>

#include "runtime/result.hpp"

namespace mig::runtime {

class FileLock {
 public:
  // Makes the file where it is missing, and waits until it is ours.
  static Result<FileLock> wait(const std::string& path);

  FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int file) : file_(file) {}

  int file_;  // closing it gives the lock back
};

}  // namespace mig::runtime
