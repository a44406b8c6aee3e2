// Lines of cells whose columns line up in runs, as a table without rules. Used by the layout.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mig::syntax {

struct AlignedLine {
  std::size_t indentation = 0;
  // Joined by one space; a line of one cell is never padded. Cell n + 1 begins at `marks[n]`.
  std::vector<std::string> cells;
  std::vector<char> marks;  // ':', '=' or '{'
  std::string word;         // lines of different words do not align their first `{`
  std::string comment;      // behind the line
  bool is_aligned = false;  // takes part in runs
};

// Code points, which is what an editor counts.
std::size_t width(std::string_view text);

// Pads the cells of each run of aligned lines and writes the lines out.
std::string write_aligned(std::vector<AlignedLine> lines);

}  // namespace mig::syntax
