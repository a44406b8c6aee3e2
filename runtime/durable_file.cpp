#include "runtime/durable_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace mig::runtime {
namespace {

std::error_code last_error() {
  return {errno, std::generic_category()};
}

// Closes at the end of a scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_;
};

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Another process may write at the same moment, so the name is this one's own.
std::error_code write_beside(const std::filesystem::path& temporary, std::string_view text,
                             const struct stat* present) {
  const Descriptor file{
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644)};
  if (!file.is_open()) return last_error();
  const bool is_written =
      (present == nullptr || ::fchmod(file.number(), present->st_mode & 07777U) == 0) &&
      write_all(file.number(), text) && ::fsync(file.number()) == 0;
  return is_written ? std::error_code() : last_error();
}

}  // namespace

std::error_code replace_durably(const std::filesystem::path& path, std::string_view text) {
  struct stat status {};
  const bool is_there = ::stat(path.c_str(), &status) == 0;
  if (!is_there && errno != ENOENT) return last_error();
  // Whoever made a file read-only does not want it replaced either.
  if (is_there && ::access(path.c_str(), W_OK) != 0) return last_error();
  std::error_code error;
  const auto target = is_there ? std::filesystem::canonical(path, error) : path;
  if (error) return error;
  const auto folder = target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  const Descriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.is_open()) return last_error();
  const std::filesystem::path temporary =
      target.string() + "." + std::to_string(::getpid()) + ".part";
  error = write_beside(temporary, text, is_there ? &status : nullptr);
  if (!error && ::rename(temporary.c_str(), target.c_str()) != 0) error = last_error();
  if (error) {
    ::unlink(temporary.c_str());
    return error;
  }
  // A file system that cannot sync a folder says EINVAL and orders the rename by itself.
  if (::fsync(directory.number()) != 0 && errno != EINVAL) return last_error();
  return {};
}

}  // namespace mig::runtime
