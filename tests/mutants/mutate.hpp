// Every small change of a plan's text that somebody could make by mistake: a statement left out,
// written twice, or exchanged with the next one; another mode, another share.
//
// Used by mig_mutants. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mig::mutants {

struct Mutant {
  std::string what;  // `without line 12: writes old, new`
  std::string text;
};

// Of the statements in the plans of a file, at every depth. REQUIRES: the text parses.
std::vector<Mutant> mutants_of(std::string_view text);

}  // namespace mig::mutants
