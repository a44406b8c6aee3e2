// What stands in the target about a copy: where it is, where it ends, how many rows there were.
//
// A page whose rows claimed their keys without a look at what stood there (ChunkWriter::Totals)
// keeps its own beginning in the cursor until it is known that none was refused: who finds such a
// cursor after a crash looks at that page again before it counts. Where the rest of a copy was
// split into ranges (copy_lanes.hpp), the cursor stays where it was and says how many there are. A
// plain value.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "runtime/result.hpp"
#include "runtime/steps/step.hpp"
#include "runtime/stores/applied.hpp"
#include "runtime/stores/effect.hpp"

namespace mig::runtime {

struct CopyCursor {
  std::string at;  // empty: at the start
  std::string end;
  std::int64_t total = 0;
  bool is_claimed = false;   // the page before `at`, …
  std::string claimed_from;  // … which began behind this
  std::size_t ranges = 0;    // that the rest of the copy was split into; 0: it was not
  // Rows before `at` that were too large for their page, by their places: not moved yet, and not
  // counted. The copy goes on with them.
  std::vector<std::string> large;

  void move_on(const std::string& to, bool claims) {
    is_claimed = claims;
    claimed_from = std::exchange(at, to);
  }

  std::string text() const {
    const auto place = [](const std::string& one) { return one.empty() ? "-" : one; };
    std::string text = fmt::format("{} {} {}", place(at), end, total);
    if (is_claimed) text += " " + place(claimed_from);
    if (ranges > 0) text += fmt::format(" /{}", ranges);
    if (!is_claimed && !large.empty()) text += " " + std::string(kSettled);
    for (const std::string& one : large)
      text += " " + one;
    return text;
  }
  static CopyCursor parse(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
      const std::size_t space = text.find(' ');
      words.push_back(text.substr(0, space));
      text.remove_prefix(space == text.npos ? text.size() : space + 1);
    }
    words.resize(std::max(words.size(), kFixed));
    const auto place = [](std::string_view word) { return std::string(word == "-" ? "" : word); };
    CopyCursor cursor{place(words[0]), std::string(words[1])};
    std::from_chars(words[2].data(), words[2].data() + words[2].size(), cursor.total);
    if (words[3].starts_with('/')) {
      std::from_chars(words[3].data() + 1, words[3].data() + words[3].size(), cursor.ranges);
      return cursor;
    }
    cursor.is_claimed = !words[3].empty() && words[3] != kSettled;
    if (cursor.is_claimed) cursor.claimed_from = place(words[3]);
    cursor.large.assign(words.begin() + kFixed, words.end());
    return cursor;
  }

  // Nothing is left to be moved.
  bool is_at_end() const { return at == end && large.empty(); }

 private:
  static constexpr std::string_view kSettled = "=";  // instead of where claims began; no place
  static constexpr std::size_t kFixed = 4;           // words before those of `large`
};

// The note of a page whose claims are known: so many of them were refused.
inline Applied settled(Applied applied, std::size_t refused) {
  CopyCursor cursor = CopyCursor::parse(applied.cursor);
  const auto kept = static_cast<std::int64_t>(refused);
  applied.counts.moved -= kept;
  applied.counts.written -= kept;
  applied.counts.kept += kept;
  cursor.is_claimed = false;
  applied.cursor = cursor.text();
  applied.finished = cursor.is_at_end();
  return applied;
}

inline plan::Counts operator+(const plan::Counts& one, const plan::Counts& other) {
  return {one.read + other.read, one.moved + other.moved, one.kept + other.kept,
          one.rejected + other.rejected, one.written + other.written};
}

// Whether the note that an effect found is the one that its step went on from.
inline bool stands_at(const Effect& effect, const std::string& cursor) {
  const std::optional<Applied>& present = effect.applied();
  return present && present->cursor == cursor;
}
inline std::unexpected<Error> cursor_moved() {
  return fail(ErrorKind::Conflict, "the copy's cursor moved under it",
              "only one runner may copy; look with `mig status`");
}

// What a copy says at its end, and that it has come there.
inline std::string summary(const plan::Counts& counts) {
  return fmt::format("{} rows read: {} moved, {} kept, {} rejected; {} rows written", counts.read,
                     counts.moved, counts.kept, counts.rejected, counts.written);
}

inline Outcome ended(const Applied& applied) {
  return {Done{.summary = summary(applied.counts), .counts = applied.counts}, {}};
}

}  // namespace mig::runtime
