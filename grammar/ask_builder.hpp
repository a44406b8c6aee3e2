// The rules whose match depends on where the builder stands: inside brackets, or behind a string
// that was not closed.
//
// Only parse.cpp sees this header.
#pragma once

#include "grammar/build_tree.hpp"

namespace mig::syntax::build {

template <>
struct action<rules::gap> : p::maybe_nothing {
  template <class Rule, p::apply_mode A, p::rewind_mode M, template <class...> class Action,
            template <class...> class Control, class In>
  static bool match(In& in, Builder& b) {
    if (b.is_in_brackets()) return p::match<rules::breaks, A, M, Action, Control>(in, b);
    return p::match<Rule, A, M, Action, Control>(in, b);
  }
};
template <>
struct action<rules::cut> : p::maybe_nothing {
  template <class Rule, p::apply_mode, p::rewind_mode, template <class...> class,
            template <class...> class, class In>
  static bool match(In&, Builder& b) {
    return b.is_cut();
  }
};

}  // namespace mig::syntax::build
