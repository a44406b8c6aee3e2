// The only translation unit that instantiates PEGTL.
#include "grammar/parse.hpp"

#include <cassert>

#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/analyze.hpp>

#include "grammar/ask_builder.hpp"
#include "grammar/assume_missing.hpp"
#include "grammar/build_tree.hpp"
#include "grammar/rules.hpp"

namespace mig::syntax {

Parsed parse(const SourceSet& sources, FileId file) {
  TreeBuilder builder(sources, file);
  const std::string_view text = sources.text(file);
  tao::pegtl::memory_input<tao::pegtl::tracking_mode::lazy> in(text.data(),
                                                               text.data() + text.size(), "");
  const bool is_read = tao::pegtl::parse<rules::file, build::action>(in, builder);
  assert(is_read);
  return builder.finish();
}

std::size_t grammar_problems() {
  return tao::pegtl::analyze<rules::file>(-1);
}

}  // namespace mig::syntax
