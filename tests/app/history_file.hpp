// Histories as lines of a file, one when an operation begins and one when its client was told.
//
//   b 17 put app-3 1000042 8123456789      operation 17 began: what, which row, which value, when
//   e 17 ok 1000042 8123459999 0           … and ended: ok or failed, what was read, when, how far
//                                          behind the answer may be
//
// Each line is one write, so that a client that is killed leaves an operation without an end: its
// outcome is unknown. A writer belongs to one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/app/history.hpp"

namespace mig::app {

class HistoryWriter {
 public:
  // Appends; several writers may share a file, `client` tells their operations apart.
  HistoryWriter(const std::filesystem::path& path, std::string client);
  ~HistoryWriter();
  HistoryWriter(const HistoryWriter&) = delete;
  HistoryWriter& operator=(const HistoryWriter&) = delete;

  // The end is said by the returned number.
  std::int64_t begin(const Operation& operation);
  void end(std::int64_t number, const Operation& operation);

 private:
  void put(const std::string& line) const;

  int file_ = -1;
  std::string client_;
  std::int64_t next_ = 1;
};

// Throws where a file is no history.
History read_history(const std::vector<std::filesystem::path>& files);

}  // namespace mig::app
