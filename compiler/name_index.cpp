#include "compiler/name_index.hpp"

namespace mig::compiler {

void NameIndex::refer(const syntax::Span& at, const syntax::Span& declaration) {
  const auto key = [&](const syntax::Span& span) {
    return Key{sources_->template_of(span.file).index, span.begin, span.end};
  };
  known_.emplace(key(at), key(declaration));
}

std::vector<Occurrence> NameIndex::all() const {
  const auto span = [](const Key& key) {
    return syntax::Span{{std::get<0>(key)}, std::get<1>(key), std::get<2>(key)};
  };
  std::vector<Occurrence> occurrences;
  occurrences.reserve(known_.size());
  for (const auto& [at, declaration] : known_)
    occurrences.push_back(Occurrence{span(at), span(declaration)});
  return occurrences;
}

}  // namespace mig::compiler
