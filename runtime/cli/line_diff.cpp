#include "runtime/cli/line_diff.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

namespace mig::cli {

namespace {

constexpr std::size_t kContext = 3;
// Beyond this many pairs of lines, the differing middle is shown as removed and added whole.
constexpr std::size_t kMaxPairs = std::size_t{16} << 20;

using Lines = std::vector<std::string_view>;

Lines split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

struct Edit {
  char sign;  // ' ', '-' or '+'
  std::string_view line;
};

// The longest common subsequence of the lines [from, …end) of both sides, as edits.
void diff_middle(const Lines& a, const Lines& b, std::size_t from, std::size_t a_end,
                 std::size_t b_end, std::vector<Edit>& edits) {
  const std::size_t rows = a_end - from;
  const std::size_t columns = b_end - from;
  std::vector<std::uint32_t> common;
  const bool is_small = (rows + 1) * (columns + 1) <= kMaxPairs;
  const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t& {
    return common[i * (columns + 1) + j];
  };
  if (is_small) {
    common.assign((rows + 1) * (columns + 1), 0);
    for (std::size_t i = rows; i-- > 0;) {
      for (std::size_t j = columns; j-- > 0;) {
        at(i, j) = a[from + i] == b[from + j] ? at(i + 1, j + 1) + 1
                                              : std::max(at(i + 1, j), at(i, j + 1));
      }
    }
  }
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < rows || j < columns) {
    if (is_small && i < rows && j < columns && a[from + i] == b[from + j]) {
      edits.push_back({' ', a[from + i]});
      ++i, ++j;
    } else if (i < rows && (!is_small || j == columns || at(i + 1, j) >= at(i, j + 1))) {
      edits.push_back({'-', a[from + i++]});
    } else {
      edits.push_back({'+', b[from + j++]});
    }
  }
}

std::vector<Edit> diff(const Lines& a, const Lines& b) {
  std::size_t from = 0;
  while (from < a.size() && from < b.size() && a[from] == b[from])
    ++from;
  std::size_t same = 0;
  while (same < a.size() - from && same < b.size() - from &&
         a[a.size() - 1 - same] == b[b.size() - 1 - same])
    ++same;
  std::vector<Edit> edits;
  edits.reserve(a.size() + b.size());
  for (std::size_t i = 0; i < from; ++i)
    edits.push_back({' ', a[i]});
  diff_middle(a, b, from, a.size() - same, b.size() - same, edits);
  for (std::size_t i = a.size() - same; i < a.size(); ++i)
    edits.push_back({' ', a[i]});
  return edits;
}

}  // namespace

std::string line_diff(std::string_view path, std::string_view before, std::string_view after) {
  if (before == after) return {};
  const std::vector<Edit> edits = diff(split(before), split(after));
  std::string out = fmt::format("--- {0}\n+++ {0}\n", path);
  const auto is_edit = [](const Edit& edit) { return edit.sign != ' '; };
  std::size_t old_line = 1;
  std::size_t new_line = 1;
  for (std::size_t at = 0; at < edits.size();) {
    const auto change =
        std::find_if(edits.begin() + static_cast<std::ptrdiff_t>(at), edits.end(), is_edit);
    if (change == edits.end()) break;
    const auto first = static_cast<std::size_t>(change - edits.begin());
    const std::size_t begin = std::max(at, first - std::min(first, kContext));
    std::size_t last = first;  // the last edit of this hunk
    for (std::size_t i = first; i < edits.size() && i <= last + 2 * kContext; ++i) {
      if (is_edit(edits[i])) last = i;
    }
    const std::size_t end = std::min(edits.size(), last + kContext + 1);
    old_line += begin - at;
    new_line += begin - at;
    std::string body;
    std::size_t old_count = 0;
    std::size_t new_count = 0;
    for (std::size_t i = begin; i < end; ++i) {
      body += edits[i].sign;
      body += edits[i].line;
      if (!edits[i].line.ends_with('\n')) body += "\n\\ No newline at end of file\n";
      if (edits[i].sign != '+') ++old_count;
      if (edits[i].sign != '-') ++new_count;
    }
    out += fmt::format("@@ -{},{} +{},{} @@\n{}", old_count == 0 ? old_line - 1 : old_line,
                       old_count, new_count == 0 ? new_line - 1 : new_line, new_count, body);
    old_line += old_count;
    new_line += new_count;
    at = end;
  }
  return out;
}

}  // namespace mig::cli
