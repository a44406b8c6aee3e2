#include "runtime/journal/reserve_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mig::runtime {

bool ReserveFile::set_aside() const {
  struct stat present {};
  if (stat(path_.c_str(), &present) == 0 && present.st_size >= bytes_) return true;
  const int file = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return false;
  const bool is_reserved = posix_fallocate(file, 0, bytes_) == 0;
  close(file);
  if (!is_reserved) unlink(path_.c_str());
  return is_reserved;
}

bool ReserveFile::give_back() const {
  return unlink(path_.c_str()) == 0;
}

}  // namespace mig::runtime
