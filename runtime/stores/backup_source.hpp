// The rows of one dataset on their way into a backup, from whatever store they stand in.
//
// First `begin`, then `copy` until the last page, then, with the file opened anew, `compare` until
// it is true. After an error all of it begins again with another source, but where `can_go_on`.
// One thread.
#pragma once

#include <cstdint>

#include "runtime/result.hpp"
#include "runtime/stores/backup_file.hpp"

namespace mig::runtime {

struct BackupPage {
  std::int64_t rows = 0;
  bool is_last = false;
};

class BackupSource {
 public:
  virtual ~BackupSource() = default;

  // Makes the table. Permanent where there is nothing to back up.
  virtual Result<void> begin(BackupFile& file) = 0;
  virtual Result<BackupPage> copy(BackupFile& file) = 0;
  // Looks at some of what was written. Permanent where it is not what the store holds, or held at
  // the moment that the backup is of.
  virtual Result<bool> compare(const Database& file) = 0;
  // Whether a copy that failed for a while goes on where it stood.
  virtual bool can_go_on() const = 0;
};

}  // namespace mig::runtime
