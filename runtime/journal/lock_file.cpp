#include "runtime/journal/lock_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "runtime/data/sha256.hpp"

namespace mig::runtime {
namespace {

// Byte of a lease's lock: 41 bits of the resource's hash, 20 bits of the epoch. Two leases on one
// byte would only make one of them look alive for longer than it is.
struct flock place_of(std::string_view resource, std::int64_t epoch, short type) {
  const Sha256 digest = sha256(resource);
  std::int64_t place = 0;
  for (int i = 0; i < 6; ++i)
    place = place << 8 | digest[static_cast<std::size_t>(i)];
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = (place >> 7) << 20 | (epoch & 0xfffff);
  lock.l_len = 1;
  return lock;
}

}  // namespace

Result<LockFile> LockFile::open(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) {
    return fail(
        ErrorKind::Permanent,
        fmt::format("the lock file `{}` cannot be opened: {}", path.string(), std::strerror(errno)),
        "give the journal's owner write permission on its folder");
  }
  return LockFile(file);
}

LockFile::LockFile(LockFile&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

LockFile::~LockFile() {
  if (file_ >= 0) close(file_);
}

bool LockFile::is_held_elsewhere(std::string_view resource, std::int64_t epoch) const {
  struct flock lock = place_of(resource, epoch, F_WRLCK);
  // Where the kernel cannot answer, the holder counts as alive and its lease's time decides.
  if (fcntl(file_, F_OFD_GETLK, &lock) != 0) return true;
  return lock.l_type != F_UNLCK;
}

bool LockFile::lock(std::string_view resource, std::int64_t epoch) {
  struct flock lock = place_of(resource, epoch, F_WRLCK);
  return fcntl(file_, F_OFD_SETLK, &lock) == 0;
}

void LockFile::unlock(std::string_view resource, std::int64_t epoch) {
  struct flock lock = place_of(resource, epoch, F_UNLCK);
  fcntl(file_, F_OFD_SETLK, &lock);
}

void LockFile::write_holder(pid_t process, std::string_view text) {
  const std::string line = fmt::format("{} {}\n", process, text);
  // The text is for messages; a full disk must not stop a takeover.
  if (ftruncate(file_, 0) != 0) return;
  if (pwrite(file_, line.data(), line.size(), 0) < 0) return;
}

pid_t LockFile::last_holder(const std::filesystem::path& path) {
  std::ifstream in(path);
  pid_t process = 0;
  in >> process;
  return in ? process : 0;
}

}  // namespace mig::runtime
