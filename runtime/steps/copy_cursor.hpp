// What stands in the target about a copy: where it is, where it ends, how many rows there were.
//
// A page whose rows claimed their keys without a look at what stood there (ChunkWriter::Totals)
// keeps its own beginning in the cursor until it is known that none was refused: who finds such a
// cursor after a crash looks at that page again before it counts. A plain value.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace mig::runtime {

struct CopyCursor {
  std::string at;  // empty: at the start
  std::string end;
  std::int64_t total = 0;
  bool is_claimed = false;   // the page before `at`, …
  std::string claimed_from;  // … which began behind this

  std::string text() const {
    const auto place = [](const std::string& one) { return one.empty() ? "-" : one; };
    std::string text = fmt::format("{} {} {}", place(at), end, total);
    if (is_claimed) text += " " + place(claimed_from);
    return text;
  }
  static CopyCursor parse(std::string_view text) {
    std::array<std::string_view, 4> words;
    for (std::size_t i = 0; i < words.size() && !text.empty(); ++i) {
      const std::size_t space = text.find(' ');
      words[i] = text.substr(0, space);
      text.remove_prefix(space == text.npos ? text.size() : space + 1);
    }
    const auto place = [](std::string_view word) { return std::string(word == "-" ? "" : word); };
    CopyCursor cursor{place(words[0]), std::string(words[1])};
    std::from_chars(words[2].data(), words[2].data() + words[2].size(), cursor.total);
    cursor.is_claimed = !words[3].empty();
    cursor.claimed_from = place(words[3]);
    return cursor;
  }
};

}  // namespace mig::runtime
