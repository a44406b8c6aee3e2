// What happens where a rule is written `expect<...>` and its text is not there: the mistake is
// reported, a stand-in is pushed, and reading goes on. Only parse.cpp sees this header.
#pragma once

#include "grammar/build_tree.hpp"

namespace mig::syntax::build {

template <class Rule>
struct assume {
  template <class In>
  static void run(In& in, Builder& b) {
    const std::uint32_t at = offset(in, b);
    const Expected& expected = ExpectedAt<Rule>::value;
    b.report_next(at, expected.message, expected.help);
    b.push_missing(at);
    if constexpr (requires { action<Rule>::apply0(b); }) action<Rule>::apply0(b);
  }
};
template <>
struct assume<rules::argument> {
  template <class In>
  static void run(In& in, Builder& b) {
    const Expected& expected = ExpectedAt<rules::argument>::value;
    b.report_next(offset(in, b), expected.message, expected.help);
    b.push_missing(offset(in, b));
    b.reduce_argument(false, false, false);
  }
};
template <>
struct assume<rules::field> {
  template <class In>
  static void run(In& in, Builder& b) {
    const std::uint32_t at = offset(in, b);
    const Expected& expected = ExpectedAt<rules::field>::value;
    b.report_next(at, expected.message, expected.help);
    b.reduce_member(Word{b.span(at, at), {}});
  }
};
template <class Rule, char open, char close>
struct assume_closer {
  template <class In>
  static void run(In& in, Builder& b) {
    const std::uint32_t at = offset(in, b);
    const Expected& expected = ExpectedAt<Rule>::value;
    b.report_next(at, expected.message, expected.help);
    in.bump(b.recover_closer(at, open, close) - at);
  }
};
template <>
struct assume<rules::close_paren> : assume_closer<rules::close_paren, '(', ')'> {};
template <>
struct assume<rules::close_bracket> : assume_closer<rules::close_bracket, '[', ']'> {};
template <>
struct assume<rules::text_end> {
  template <class In>
  static void run(In& in, Builder& b) {
    b.report_unclosed_text(offset(in, b));
  }
};
template <>
struct assume<rules::block_end> {
  template <class In>
  static void run(In&, Builder& b) {
    b.report_unclosed_block_text();
  }
};
template <>
struct assume<rules::close_brace> {
  template <class In>
  static void run(In&, Builder& b) {
    b.report_unclosed_block();
  }
};

template <class R>
struct action<rules::missing<R>> : p::maybe_nothing {
  template <class Rule, p::apply_mode A, p::rewind_mode, template <class...> class,
            template <class...> class, class In>
  static bool match(In& in, Builder& b) {
    if constexpr (A == p::apply_mode::action) assume<R>::run(in, b);
    return true;
  }
};

}  // namespace mig::syntax::build
