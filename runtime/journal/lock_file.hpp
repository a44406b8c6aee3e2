// A file beside the journal whose locks show which lease holders are alive: the kernel frees them
// with the process, however it dies.
//
// The locks are courtesy and speed; correctness is the lease's epoch. Each (resource, epoch) is a
// byte of its own, so a successor's lock never waits for a stopped predecessor. The file's text
// names the last holder, for messages. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "runtime/result.hpp"

namespace mig::runtime {

class LockFile {
 public:
  // Creates the file (mode 0600) where it is absent.
  static Result<LockFile> open(const std::filesystem::path& path);

  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&&) = delete;
  ~LockFile();

  // True when a process other than the owner of this LockFile holds that lease's lock.
  bool is_held_elsewhere(std::string_view resource, std::int64_t epoch) const;
  // False when somebody else holds it.
  bool lock(std::string_view resource, std::int64_t epoch);
  void unlock(std::string_view resource, std::int64_t epoch);

  // The text of the file. `last_holder` is 0 when it names nobody.
  void write_holder(pid_t process, std::string_view text);
  static pid_t last_holder(const std::filesystem::path& path);

 private:
  explicit LockFile(int file) : file_(file) {}

  int file_;
};

}  // namespace mig::runtime
