#include "runtime/cli/replace_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mig::cli {

namespace {

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

std::string replace_file(const std::string& path, std::string_view text) {
  // A link stays a link: what it points to is rewritten.
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return std::strerror(errno);
  const std::string target = resolved;
  std::free(resolved);
  struct stat status {};
  if (::stat(target.c_str(), &status) != 0) return std::strerror(errno);
  if (::access(target.c_str(), W_OK) != 0) return std::strerror(errno);
  std::string temporary = target + ".XXXXXX";
  const int descriptor = ::mkstemp(temporary.data());
  if (descriptor < 0) return std::strerror(errno);
  const bool is_written = write_all(descriptor, text) &&
                          ::fchmod(descriptor, status.st_mode & 07777U) == 0 &&
                          ::fsync(descriptor) == 0;
  int error = is_written ? 0 : errno;
  if (::close(descriptor) != 0 && error == 0) error = errno;
  if (error == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
  if (error == 0) return {};
  ::unlink(temporary.c_str());
  return std::strerror(error);
}

}  // namespace mig::cli
