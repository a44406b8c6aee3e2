// Where names stand in a program, and which declaration each of them means.
//
// Filled by the passes at the places where they resolve a name; an editor reads it for definitions,
// references and renames. What a strategy stands for at one of its uses is written in the strategy,
// so its names are kept at their places there. One compilation, one thread.
#pragma once

#include <set>
#include <tuple>
#include <vector>

#include "grammar/source.hpp"

namespace mig::compiler {

// A name as it is written somewhere, and where the same name is declared. A declaration means
// itself.
struct Occurrence {
  syntax::Span at;
  syntax::Span declaration;
};

class NameIndex {
 public:
  // `sources` outlives the index.
  explicit NameIndex(const syntax::SourceSet& sources) : sources_(&sources) {}

  void declare(const syntax::Span& name) { refer(name, name); }
  void refer(const syntax::Span& at, const syntax::Span& declaration);

  // Each once, in the order of the texts. Inside a strategy one name may mean several things, each
  // at another use.
  std::vector<Occurrence> all() const;

 private:
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;
  const syntax::SourceSet* sources_;
  std::set<std::pair<Key, Key>> known_;
};

}  // namespace mig::compiler
