// Rows that wait to be read because their connection is wanted for something else: in memory up to
// a limit, beyond it in a temporary file without a name, which goes with its end.
//
// Used by PostgresStatement. One thread.
#pragma once

#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/result.hpp"

namespace mig::runtime {

// The text of each column; no address where it is NULL.
using RowCells = std::vector<std::string_view>;

class ParkedRows {
 public:
  explicit ParkedRows(std::size_t memory = std::size_t{4} << 20) : memory_(memory) {}

  Result<void> add(const RowCells& row);
  // The oldest row, valid until the next call; false where there is none.
  Result<bool> next(RowCells& row);
  void clear();

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::size_t memory_;
  std::size_t in_memory_ = 0;
  std::deque<std::string> rows_;
  std::string current_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  long written_ = 0;
  long read_ = 0;
};

}  // namespace mig::runtime
