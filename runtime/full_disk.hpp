// Which of the system's errors mean that a disk, or somebody's share of it, is full.
//
// Used wherever a file is written; such an error gets Cause::DiskFull, and the run pauses.
#pragma once

#include <cerrno>

namespace mig::runtime {

inline bool is_disk_full(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT;
}

}  // namespace mig::runtime
