#include "compiler/names.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace mig::compiler {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    rows[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j)
    rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.size()][b.size()];
}

constexpr std::size_t kLongestName = 64;  // beyond it nobody slips by a letter or two

}  // namespace

std::optional<std::string> nearest(std::string_view written,
                                   const std::vector<std::string>& candidates) {
  if (written.size() > kLongestName) return std::nullopt;
  std::optional<std::string> best;
  // Of one letter nothing would be left as it was.
  std::size_t best_distance =
      std::min(std::max<std::size_t>(1, written.size() / 3) + 1, written.size());
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestName || candidate == written) continue;
    const std::size_t edits = distance(written, candidate);
    if (edits < best_distance) {
      best = candidate;
      best_distance = edits;
    }
  }
  return best;
}

std::string with_article(std::string_view noun) {
  const bool is_vowel = std::string_view("aeiou").find(noun.front()) != std::string_view::npos;
  return fmt::format("{} {}", is_vowel ? "an" : "a", noun);
}

std::string did_you_mean(std::string_view written, const std::vector<std::string>& candidates) {
  const auto near = nearest(written, candidates);
  return near ? fmt::format("did you mean `{}`?", *near) : std::string();
}

}  // namespace mig::compiler
