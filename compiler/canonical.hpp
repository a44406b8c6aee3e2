// What a text means, as a text: the form that source_hash is taken of and `mig dump typed` shows.
//
// Comments, layout, the order of attributes and how a literal is spelled (`60s`, `1m`) do not
// matter; everything else does. A `test` does not: it shows what a plan does and changes nothing of
// it, so who adds one changes nothing that was reviewed. Before params: `chunk` stays `chunk`.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "compiler/plan/hash.hpp"
#include "compiler/program.hpp"
#include "grammar/tree.hpp"

namespace mig::compiler {

std::string canonical(const syntax::File& file);

// Of all files of a compilation, by their paths.
plan::Hash source_hash(const std::vector<Input>& inputs);

}  // namespace mig::compiler
