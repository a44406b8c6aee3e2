// The texts a compilation reads, and places in them.
//
// Every tree node, diagnostic and plan step points into a SourceSet by byte range; lines and
// columns are computed only when somebody prints them. A SourceSet owns its texts and only grows,
// so a view into it stays valid for its lifetime. Not synchronised: one compilation, one thread.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace mig::syntax {

// Index of a file in its SourceSet.
struct FileId {
  std::uint32_t index = 0;
  constexpr auto operator<=>(const FileId&) const = default;
};

// Bytes [begin, end) of one file. An empty span is a place between two bytes.
struct Span {
  FileId file;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  constexpr bool operator==(const Span&) const = default;
  // The smallest span that holds both. REQUIRES: both are in one file.
  Span to(const Span& last) const;
};

// Counted from 1. Columns count Unicode code points, as editors and terminals show them.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  constexpr auto operator<=>(const Position&) const = default;
};

class SourceSet {
 public:
  // Largest text that is read; a plan file beyond it is a mistake, not a plan.
  static constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

  // REQUIRES: text is UTF-8 and no longer than kMaxBytes; the reader of files checks both.
  FileId add(std::string path, std::string text);
  // A text that comes with the program. The same path again is the same file.
  FileId add_embedded(const std::string& path, std::string_view text);
  // The text of a template once more, for what it stands for at one use: its spans show the
  // template, and know where it was used. The same template at the same use is the same file.
  FileId add_expansion(FileId of, const Span& use);

  std::size_t size() const { return files_.size(); }
  std::string_view path(FileId file) const;
  std::string_view text(FileId file) const;
  std::string_view text(const Span& span) const;
  Position position(FileId file, std::uint32_t offset) const;
  // The line's text without its line end. REQUIRES: the line exists.
  std::string_view line(FileId file, std::uint32_t number) const;
  std::uint32_t line_count(FileId file) const;
  // Where the template was used whose expansion this file is; absent for any other file.
  std::optional<Span> use_of(FileId file) const;
  // The file in which a text is written: of an expansion its template, else the file itself.
  FileId template_of(FileId file) const;
  // The place itself or, inside an expansion, its outermost use: what the author of a plan wrote.
  Span written_at(Span span) const;

  // Overwrites a place with `*`: what is printed from now on does not show it. For secrets.
  void mask(const Span& span);

 private:
  struct Expansion {
    FileId of;  // never an expansion itself
    Span use;
  };
  struct File {
    std::string path;
    std::string text;
    std::vector<std::uint32_t> line_starts;
    std::optional<Expansion> expansion;  // then the text is that of another file
  };
  using UseKey = std::tuple<FileId, FileId, std::uint32_t, std::uint32_t>;

  // The file whose text it is.
  const File& text_file(FileId file) const;

  std::deque<File> files_;
  std::map<std::string, FileId> embedded_;
  std::map<UseKey, FileId> expansions_;
};

}  // namespace mig::syntax
