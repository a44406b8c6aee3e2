#include "grammar/aligned_lines.hpp"

#include <algorithm>

namespace mig::syntax {

namespace {

// Whether two lines share the column behind their cell `level`, given that they share those before.
bool share_column(const AlignedLine& a, const AlignedLine& b, std::size_t level) {
  if (a.marks.size() <= level || b.marks.size() <= level) return false;
  if (a.marks[level] != b.marks[level]) return false;
  return level > 0 || a.marks[level] != '{' || a.word == b.word;
}

void align(std::vector<AlignedLine>& lines, std::size_t from, std::size_t to, std::size_t level) {
  while (from < to) {
    std::size_t end = from + 1;
    while (end < to && share_column(lines[from], lines[end], level))
      ++end;
    if (lines[from].marks.size() > level) {
      std::size_t widest = 0;
      for (std::size_t i = from; i < end; ++i)
        widest = std::max(widest, width(lines[i].cells[level]));
      for (std::size_t i = from; i < end; ++i) {
        std::string& cell = lines[i].cells[level];
        cell.append(widest - width(cell), ' ');
      }
      align(lines, from, end, level + 1);
    }
    from = end;
  }
}

}  // namespace

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string write_aligned(std::vector<AlignedLine> lines) {
  for (std::size_t from = 0; from < lines.size();) {
    std::size_t to = from + 1;
    if (lines[from].is_aligned) {
      while (to < lines.size() && lines[to].is_aligned)
        ++to;
      align(lines, from, to, 0);
    }
    from = to;
  }
  std::string out;
  for (const AlignedLine& line : lines) {
    if (!line.cells.empty()) out.append(line.indentation, ' ');
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      if (i > 0) out += ' ';
      out += line.cells[i];
    }
    if (!line.comment.empty()) out += "  " + line.comment;
    out += '\n';
  }
  return out;
}

}  // namespace mig::syntax
