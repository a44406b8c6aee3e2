#include <utility>

#include "grammar/layout.hpp"
#include "grammar/parse.hpp"
#include "grammar/print.hpp"

namespace mig::syntax {

namespace {

// A text in its canonical layout, with what it took to get there.
struct Formatted {
  std::string text;
  Parsed parsed;  // of the text before
};

Formatted format_once(std::string text) {
  SourceSet sources;
  const FileId file = sources.add("", std::move(text));
  Parsed parsed = parse(sources, file);
  std::string laid_out = lay_out(parsed.file, &sources);
  return Formatted{std::move(laid_out), std::move(parsed)};
}

}  // namespace

// A text with mistakes may have been read in a way that another layout would change. The result is
// therefore read again, and where that finds another tree the text is left as it is.
std::string format(const SourceSet& sources, FileId file) {
  std::string original(sources.text(file));
  Formatted first = format_once(original);
  if (first.text.size() > SourceSet::kMaxBytes) return original;
  Formatted second = format_once(first.text);
  const bool is_same = equal_meaning(first.parsed.file, second.parsed.file) &&
                       first.parsed.mistakes.size() == second.parsed.mistakes.size() &&
                       first.parsed.file.comments.size() == second.parsed.file.comments.size();
  return is_same && second.text == first.text ? first.text : original;
}

}  // namespace mig::syntax
