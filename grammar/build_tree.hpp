// What each rule does to the tree: PEGTL actions that drive a TreeBuilder.
//
// Most rules reduce what the builder already holds when they succeed (`apply`). A rule that needs
// to know what was there before it began wraps its own match (`scoped`). No rule gives back what it
// has pushed, except `named`, which is wrapped for that. Only parse.cpp sees this header.
#pragma once

#include <cstdint>

#include "grammar/expected.hpp"
#include "grammar/tree_builder.hpp"

namespace mig::syntax::build {

namespace p = tao::pegtl;
using Builder = TreeBuilder;

template <class In>
std::uint32_t offset(const In& in, const Builder& b) {
  return static_cast<std::uint32_t>(in.current() - b.text().data());
}
template <class In>
std::uint32_t begin_of(const In& in, const Builder& b) {
  return static_cast<std::uint32_t>(in.begin() - b.text().data());
}
template <class In>
std::uint32_t end_of(const In& in, const Builder& b) {
  return static_cast<std::uint32_t>(in.end() - b.text().data());
}

template <class Rule>
struct action : p::nothing<Rule> {};

// A rule whose match is wrapped by `Derived::run(in, b, inner)`; inner() matches the rule itself.
template <class Derived>
struct scoped : p::maybe_nothing {
  template <class Rule, p::apply_mode A, p::rewind_mode M, template <class...> class Action,
            template <class...> class Control, class In>
  static bool match(In& in, Builder& b) {
    const auto inner = [&] { return p::match<Rule, A, M, Action, Control>(in, b); };
    if constexpr (A == p::apply_mode::nothing) {
      return inner();
    } else {
      return Derived::run(in, b, inner);
    }
  }
};

// Literals and names.
template <LiteralKind kind>
struct literal {
  template <class In>
  static void apply(const In& in, Builder& b) {
    b.push_literal(kind, begin_of(in, b), end_of(in, b));
  }
};
template <>
struct action<rules::quantity> : literal<LiteralKind::Quantity> {};
template <>
struct action<rules::compound> : literal<LiteralKind::Compound> {};
template <>
struct action<rules::timestamp> : literal<LiteralKind::Timestamp> {};
template <>
struct action<rules::time_of_day> : literal<LiteralKind::TimeOfDay> {};

template <LiteralKind kind>
struct text_literal : scoped<text_literal<kind>> {
  template <class In, class Inner>
  static bool run(In& in, Builder& b, const Inner& inner) {
    const std::uint32_t begin = offset(in, b);
    b.note_text(begin);
    if (!inner()) return false;
    b.push_literal(kind, begin, offset(in, b));
    return true;
  }
};
template <>
struct action<rules::text> : text_literal<LiteralKind::Text> {};
template <>
struct action<rules::block_text> : text_literal<LiteralKind::BlockText> {};

template <class In>
Word word_of(const In& in, const Builder& b) {
  return Word{b.span(begin_of(in, b), end_of(in, b)), std::string(in.begin(), in.end())};
}

template <>
struct action<rules::name> {
  template <class In>
  static void apply(const In& in, Builder& b) {
    Word word = word_of(in, b);
    b.push(Expr{word.span, Name{std::move(word.text)}}, 1);
  }
};
template <>
struct action<rules::field> {
  template <class In>
  static void apply(const In& in, Builder& b) {
    b.reduce_member(word_of(in, b));
  }
};
template <>
struct action<rules::present> {
  template <class In>
  static void apply(const In& in, Builder& b) {
    b.reduce_present(end_of(in, b));
  }
};

// Operators.
template <Operator op>
struct keyword_operator {
  template <class In>
  static void apply(const In& in, Builder& b) {
    b.push_operator(op, begin_of(in, b), end_of(in, b));
  }
};
template <>
struct action<rules::key_and> : keyword_operator<Operator::And> {};
template <>
struct action<rules::key_or> : keyword_operator<Operator::Or> {};

inline Operator operator_of(std::string_view text) {
  for (const Operator op :
       {Operator::Multiply, Operator::Divide, Operator::Add, Operator::Subtract, Operator::Concat,
        Operator::Range, Operator::Fallback, Operator::Less, Operator::LessEqual, Operator::Greater,
        Operator::GreaterEqual, Operator::Equal, Operator::NotEqual}) {
    if (text_of(op) == text) return op;
  }
  return Operator::In;
}
struct symbol_operator {
  template <class In>
  static void apply(const In& in, Builder& b) {
    b.push_operator(operator_of(std::string_view(in.begin(), in.size())), begin_of(in, b),
                    end_of(in, b));
  }
};
template <>
struct action<rules::op_product> : symbol_operator {};
template <>
struct action<rules::op_sum> : symbol_operator {};
template <>
struct action<rules::op_range> : symbol_operator {};
template <>
struct action<rules::op_fallback> : symbol_operator {};
template <>
struct action<rules::op_compare> : symbol_operator {};

template <class Op, class Next>
struct action<rules::operand_of<Op, Next>> {
  static void apply0(Builder& b) { b.reduce_binary(); }
};

// Nesting. What is too deep is skipped and stands as a Missing expression.
template <class Derived>
struct nested : scoped<nested<Derived>> {
  template <class In, class Inner>
  static bool run(In& in, Builder& b, const Inner& inner) {
    const std::uint32_t begin = offset(in, b);
    if (!Derived::starts(b.text().substr(begin))) return false;
    if (!b.enter(begin)) {
      in.bump(b.skip(begin) - begin);
      Derived::stand_in(b, begin);
      return true;
    }
    const bool is_matched = Derived::build(in, b, inner, begin);
    b.leave();
    return is_matched;
  }
  static void stand_in(Builder& b, std::uint32_t begin) { b.push_missing(begin); }
};

template <bool is_list>
struct items_action : nested<items_action<is_list>> {
  static bool starts(std::string_view rest) { return rest.starts_with(is_list ? '[' : '('); }
  template <class In, class Inner>
  static bool build(In& in, Builder& b, const Inner& inner, std::uint32_t begin) {
    const std::size_t from = b.expr_count();
    b.enter_brackets();
    const bool is_matched = inner();
    b.leave_brackets();
    if (is_matched) b.reduce_items(is_list, from, begin, offset(in, b));
    return is_matched;
  }
};
template <>
struct action<rules::list> : items_action<true> {};
template <>
struct action<rules::paren> : items_action<false> {};

template <>
struct action<rules::arguments> : nested<action<rules::arguments>> {
  static bool starts(std::string_view rest) { return rest.starts_with('('); }
  static void stand_in(Builder&, std::uint32_t) {}  // the callee alone remains
  template <class In, class Inner>
  static bool build(In& in, Builder& b, const Inner& inner, std::uint32_t) {
    const std::size_t from = b.argument_count();
    b.enter_brackets();
    const bool is_matched = inner();
    b.leave_brackets();
    if (is_matched) b.reduce_call(from, offset(in, b));
    return is_matched;
  }
};
template <>
struct action<rules::negation> : nested<action<rules::negation>> {
  static bool starts(std::string_view rest) { return rest.starts_with("not"); }
  template <class In, class Inner>
  static bool build(In&, Builder& b, const Inner& inner, std::uint32_t begin) {
    if (!inner()) return false;
    b.reduce_prefix(true, begin);
    return true;
  }
};
template <>
struct action<rules::choice> : nested<action<rules::choice>> {
  static bool starts(std::string_view rest) { return rest.starts_with("if"); }
  template <class In, class Inner>
  static bool build(In&, Builder& b, const Inner& inner, std::uint32_t begin) {
    if (!inner()) return false;
    b.reduce_if(begin);
    return true;
  }
};
template <>
struct action<rules::negate> : scoped<action<rules::negate>> {
  template <class In, class Inner>
  static bool run(In& in, Builder& b, const Inner& inner) {
    const std::uint32_t begin = offset(in, b);
    if (!inner()) return false;
    b.reduce_prefix(false, begin);
    return true;
  }
};

// Arguments.
template <>
struct action<rules::named> : scoped<action<rules::named>> {
  template <class In, class Inner>
  static bool run(In& in, Builder& b, const Inner& inner) {
    const std::uint32_t begin = offset(in, b);
    if (!inner()) return false;
    std::uint32_t end = begin;
    while (b.text()[end] != ' ' && b.text()[end] != '\t' && b.text()[end] != ':')
      ++end;
    b.push_argument_name(
        Word{b.span(begin, end), std::string(b.text().substr(begin, end - begin))});
    return true;
  }
};
template <>
struct action<rules::loop_part> {
  static void apply0(Builder& b) { b.push_argument_loop(); }
};
template <>
struct action<rules::argument> : scoped<action<rules::argument>> {
  template <class In, class Inner>
  static bool run(In&, Builder& b, const Inner& inner) {
    const std::size_t names = b.argument_name_count();
    const std::size_t loops = b.argument_loop_count();
    const std::size_t exprs = b.expr_count();
    if (!inner()) return false;
    b.reduce_argument(b.argument_name_count() > names, b.argument_loop_count() > loops,
                      b.expr_count() - exprs > 1);
    return true;
  }
};

// Statements.
template <Mark mark>
struct operand_action {
  static void apply0(Builder& b) { b.push_operand(mark); }
};
template <>
struct action<rules::plain_operand> : operand_action<Mark::None> {};
template <>
struct action<rules::arrow_operand> : operand_action<Mark::Arrow> {};
template <>
struct action<rules::colon_operand> : operand_action<Mark::Colon> {};
template <>
struct action<rules::assign_operand> : operand_action<Mark::Assign> {};
template <>
struct action<rules::comma_operand> : operand_action<Mark::Comma> {};

// The place of an operand's mark, kept across the expression that follows it.
template <class Rule>
struct mark_action : scoped<mark_action<Rule>> {
  template <class In, class Inner>
  static bool run(In& in, Builder& b, const Inner& inner) {
    const std::uint32_t begin = offset(in, b);
    if (!inner()) return false;
    b.set_mark(begin, offset(in, b));
    return true;
  }
};
template <>
struct action<rules::arrow> : mark_action<rules::arrow> {};
template <>
struct action<rules::colon> : mark_action<rules::colon> {};
template <>
struct action<rules::assign> : mark_action<rules::assign> {};
template <>
struct action<rules::comma> : mark_action<rules::comma> {};

template <>
struct action<rules::comment> {
  template <class In>
  static void apply(const In& in, Builder& b) {
    b.add_comment(begin_of(in, b), end_of(in, b));
  }
};
template <>
struct action<rules::word> {
  template <class In>
  static void apply(const In& in, Builder& b) {
    b.set_word(begin_of(in, b), end_of(in, b));
  }
};
template <>
struct action<rules::statement> : scoped<action<rules::statement>> {
  template <class In, class Inner>
  static bool run(In& in, Builder& b, const Inner& inner) {
    const std::uint32_t begin = offset(in, b);
    Builder::StatementFrame frame = b.open_statement(begin);
    if (!inner()) {
      b.abandon_statement(frame);
      return false;
    }
    b.close_statement(std::move(frame), begin);
    return true;
  }
};

// A region that is no statement is kept as one without a word.
struct wordless : scoped<wordless> {
  template <class In, class Inner>
  static bool run(In& in, Builder& b, const Inner& inner) {
    const std::uint32_t begin = offset(in, b);
    if (begin == b.text().size()) return false;
    Builder::StatementFrame frame = b.open_statement(begin);
    const Expected& expected =
        b.text().substr(begin).starts_with('}') ? kExpectedNoBrace : kExpectedStatement;
    b.report_at(begin, expected.message, expected.help);
    b.set_unexpected(begin, begin + 1);
    const bool is_matched = inner();
    assert(is_matched);
    b.close_statement(std::move(frame), begin);
    return is_matched;
  }
};
template <>
struct action<rules::nameless> : wordless {};
template <>
struct action<rules::stray_brace> : scoped<action<rules::stray_brace>> {
  template <class In, class Inner>
  static bool run(In& in, Builder& b, const Inner& inner) {
    return b.text().substr(offset(in, b)).starts_with('}') && wordless::run(in, b, inner);
  }
};
template <>
struct action<rules::junk> : scoped<action<rules::junk>> {
  template <class In, class Inner>
  static bool run(In& in, Builder& b, const Inner& inner) {
    const std::uint32_t begin = offset(in, b);
    const std::size_t exprs = b.expr_count();
    const bool is_matched = inner();
    b.drop_exprs(exprs);
    if (is_matched) b.set_unexpected(begin, offset(in, b));
    return is_matched;
  }
};

template <>
struct action<rules::unexpected> : scoped<action<rules::unexpected>> {
  template <class In, class Inner>
  static bool run(In& in, Builder& b, const Inner& inner) {
    b.report_next(offset(in, b), kExpectedEnd.message, kExpectedEnd.help);
    return action<rules::junk>::run(in, b, inner);
  }
};

template <>
struct action<rules::block> : nested<action<rules::block>> {
  static bool starts(std::string_view rest) { return rest.starts_with('{'); }
  static void stand_in(Builder& b, std::uint32_t begin) { b.set_unexpected(begin, b.skip(begin)); }
  template <class In, class Inner>
  static bool build(In& in, Builder& b, const Inner& inner, std::uint32_t begin) {
    Builder::BlockFrame frame = b.open_block(begin);
    const bool is_matched = inner();
    assert(is_matched);
    b.close_block(std::move(frame), offset(in, b));
    return is_matched;
  }
};
template <>
struct action<rules::close_brace> : scoped<action<rules::close_brace>> {
  template <class In, class Inner>
  static bool run(In& in, Builder& b, const Inner& inner) {
    const std::uint32_t at = offset(in, b);
    if (!inner()) return false;
    b.note_close_brace(at);
    return true;
  }
};

}  // namespace mig::syntax::build
