#include "grammar/source.hpp"

#include <algorithm>
#include <cassert>

namespace mig::syntax {

Span Span::to(const Span& last) const {
  assert(file == last.file);
  return Span{file, std::min(begin, last.begin), std::max(end, last.end)};
}

FileId SourceSet::add(std::string path, std::string text) {
  assert(text.size() <= kMaxBytes);
  std::vector<std::uint32_t> starts{0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts.push_back(static_cast<std::uint32_t>(i + 1));
  }
  const FileId id{static_cast<std::uint32_t>(files_.size())};
  files_.push_back(File{std::move(path), std::move(text), std::move(starts), {}});
  return id;
}

FileId SourceSet::add_embedded(const std::string& path, std::string_view text) {
  const auto known = embedded_.find(path);
  if (known != embedded_.end()) return known->second;
  const FileId id = add(path, std::string(text));
  embedded_.emplace(path, id);
  return id;
}

FileId SourceSet::add_expansion(FileId of, const Span& use) {
  const auto& outer = files_.at(of.index).expansion;
  const FileId original = outer ? outer->of : of;
  const FileId next{static_cast<std::uint32_t>(files_.size())};
  const auto [known, fresh] =
      expansions_.emplace(UseKey{original, use.file, use.begin, use.end}, next);
  if (fresh) files_.push_back(File{{}, {}, {}, Expansion{original, use}});
  return known->second;
}

std::optional<Span> SourceSet::use_of(FileId file) const {
  const auto& expansion = files_.at(file.index).expansion;
  return expansion ? std::optional(expansion->use) : std::nullopt;
}

FileId SourceSet::template_of(FileId file) const {
  const auto& expansion = files_.at(file.index).expansion;
  return expansion ? expansion->of : file;
}

Span SourceSet::written_at(Span span) const {
  while (const auto use = use_of(span.file))
    span = *use;
  return span;
}

const SourceSet::File& SourceSet::text_file(FileId file) const {
  const File& own = files_.at(file.index);
  return own.expansion ? files_.at(own.expansion->of.index) : own;
}

std::string_view SourceSet::path(FileId file) const {
  return text_file(file).path;
}

std::string_view SourceSet::text(FileId file) const {
  return text_file(file).text;
}

std::string_view SourceSet::text(const Span& span) const {
  assert(span.begin <= span.end);
  return text(span.file).substr(span.begin, span.end - span.begin);
}

Position SourceSet::position(FileId file, std::uint32_t offset) const {
  const File& source = text_file(file);
  assert(offset <= source.text.size());
  const auto after = std::upper_bound(source.line_starts.begin(), source.line_starts.end(), offset);
  const auto line = static_cast<std::uint32_t>(after - source.line_starts.begin());
  std::uint32_t column = 1;
  for (std::uint32_t i = source.line_starts[line - 1]; i < offset; ++i) {
    const bool continuation = (static_cast<unsigned char>(source.text[i]) & 0xC0U) == 0x80U;
    if (!continuation) ++column;
  }
  return Position{line, column};
}

std::string_view SourceSet::line(FileId file, std::uint32_t number) const {
  const File& source = text_file(file);
  assert(number >= 1 && number <= source.line_starts.size());
  const std::size_t begin = source.line_starts[number - 1];
  std::size_t end =
      number < source.line_starts.size() ? source.line_starts[number] - 1 : source.text.size();
  if (end > begin && source.text[end - 1] == '\r') --end;
  return std::string_view(source.text).substr(begin, end - begin);
}

std::uint32_t SourceSet::line_count(FileId file) const {
  return static_cast<std::uint32_t>(text_file(file).line_starts.size());
}

void SourceSet::mask(const Span& span) {
  const auto& expansion = files_.at(span.file.index).expansion;
  std::string& content = files_.at(expansion ? expansion->of.index : span.file.index).text;
  assert(span.end <= content.size());
  for (std::uint32_t i = span.begin; i < span.end; ++i) {
    if (content[i] != '\n') content[i] = '*';
  }
}

}  // namespace mig::syntax
