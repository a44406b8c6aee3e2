// Disk space set aside beside the journal. When the disk is full it is given back, so that the
// journal can still say why the run stopped. Used by sqlite_journal; one thread.
#pragma once

#include <cstdint>
#include <filesystem>

namespace mig::runtime {

class ReserveFile {
 public:
  ReserveFile(std::filesystem::path path, std::int64_t bytes)
      : path_(std::move(path)), bytes_(bytes) {}

  // Sets the space aside unless it already is. False when the disk has none to spare; a journal
  // works without, it only dies less politely.
  bool set_aside() const;
  // True when there was something to give back.
  bool give_back() const;

 private:
  std::filesystem::path path_;
  std::int64_t bytes_;
};

}  // namespace mig::runtime
