#include "runtime/traffic/file_lock.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>

namespace mig::runtime {

Result<FileLock> FileLock::wait(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) {
    FileLock lock(file);
    while (::flock(file, LOCK_EX) != 0) {
      if (errno == EINTR) continue;
      return fail(ErrorKind::Transient,
                  fmt::format("{} cannot be locked: {}", path, std::strerror(errno)),
                  "look at the file system that it is in");
    }
    return lock;
  }
  return fail(ErrorKind::Permanent,
              fmt::format("{} cannot be opened: {}", path, std::strerror(errno)),
              "give mig the right to write there");
}

FileLock::~FileLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace mig::runtime
