// The grammar of .mig files as PEGTL rules, and nothing else: no actions, no messages.
//
// Only parse.cpp sees this header. A rule never throws: what must follow is written `expect<...>`,
// which falls back to `missing<...>`, an empty match that assume_missing.hpp fills in. Three
// rules ask the builder: `gap` (line ends are spaces inside brackets), `cut` (a string that is not
// closed ends its line) and `too_deep`.
#pragma once

#include <tao/pegtl.hpp>

namespace mig::syntax::rules {

namespace p = tao::pegtl;

// Matches nothing and always succeeds: the place where R was expected and is assumed.
template <class R>
struct missing : p::success {};
template <class R>
struct expect : p::sor<R, missing<R>> {};

// Trivia.
struct comment : p::seq<p::one<'#'>, p::until<p::at<p::eolf>>> {};
struct blanks : p::star<p::blank> {};                            // within a line
struct breaks : p::star<p::sor<p::plus<p::space>, comment>> {};  // anywhere
struct gap : p::star<p::blank> {};                               // `breaks` inside ( ) and [ ]

// Words.
struct word_char : p::sor<p::alnum, p::one<'_'>> {};
struct identifier : p::seq<p::sor<p::alpha, p::one<'_'>>, p::star<word_char>> {};
template <char... C>
struct keyword : p::seq<p::string<C...>, p::not_at<word_char>> {};
struct key_and : keyword<'a', 'n', 'd'> {};
struct key_or : keyword<'o', 'r'> {};
struct key_not : keyword<'n', 'o', 't'> {};
struct key_if : keyword<'i', 'f'> {};
struct key_in : keyword<'i', 'n'> {};
struct key_for : keyword<'f', 'o', 'r'> {};
struct key_then : keyword<'t', 'h', 'e', 'n'> {};
struct key_else : keyword<'e', 'l', 's', 'e'> {};
struct reserved
    : p::seq<p::at<p::one<'a', 'o', 'n', 'i'>>, p::sor<key_and, key_or, key_not, key_if>> {};

// Literals.
struct digits : p::seq<p::digit, p::star<p::sor<p::digit, p::seq<p::one<'_'>, p::at<p::digit>>>>> {
};
struct noun : p::sor<keyword<'r', 'o', 'w', 's'>, keyword<'r', 'o', 'w'>, keyword<'r', 'e', 'q'>,
                     keyword<'k', 'e', 'y', 's'>, keyword<'k', 'e', 'y'>> {};
struct per : p::seq<p::one<'/'>, p::plus<p::alpha>> {};
struct unit : p::sor<p::one<'%'>, p::seq<p::alpha, p::star<word_char>, p::opt<per>>,
                     p::seq<p::one<' '>, noun, p::opt<per>>> {};
struct quantity : p::seq<digits, p::opt<p::one<'.'>, digits>, p::opt<unit>> {};
struct duration_part : p::seq<digits, p::sor<p::string<'m', 's'>, p::one<'d', 'h', 'm', 's'>>> {};
struct compound : p::seq<duration_part, p::plus<duration_part>, p::not_at<word_char>> {};
struct two_digits : p::rep<2, p::digit> {};
struct clock_time : p::seq<two_digits, p::one<':'>, two_digits, p::opt<p::one<':'>, two_digits>> {};
struct zone
    : p::sor<p::one<'Z'>, p::seq<p::one<'+', '-'>, two_digits, p::opt<p::one<':'>>, two_digits>> {};
struct fraction : p::seq<p::one<'.'>, p::plus<p::digit>> {};
struct date : p::seq<p::rep<4, p::digit>, p::one<'-'>, two_digits, p::one<'-'>, two_digits> {};
struct timestamp : p::seq<date, p::opt<p::one<'T'>, clock_time, p::opt<fraction>, p::opt<zone>>> {};
struct time_of_day : p::seq<clock_time, p::not_at<p::digit>> {};
struct number : p::seq<p::at<p::digit>, p::sor<timestamp, time_of_day, compound, quantity>> {};

struct text_end : p::one<'"'> {};
struct text_char : p::sor<p::seq<p::one<'\\'>, p::not_at<p::eolf>, p::any>,
                          p::seq<p::not_at<p::eol>, p::not_one<'"', '\\'>>, p::one<'\\'>> {};
struct text : p::seq<p::one<'"'>, p::star<text_char>, expect<text_end>> {};
struct triple : p::string<'"', '"', '"'> {};
struct block_end : triple {};
struct block_char : p::sor<p::seq<p::one<'\\'>, p::any>, p::seq<p::not_at<triple>, p::any>> {};
struct block_text : p::seq<triple, p::star<block_char>, expect<block_end>> {};

// Expressions, from the tightest to the loosest.
struct expression;
template <class Close>
struct close : p::sor<p::seq<breaks, Close>, missing<Close>> {};
struct close_paren : p::one<')'> {};
struct close_bracket : p::one<']'> {};
struct separator : p::one<','> {};
// An element that is not there, with a comma behind its place: `[1%, , 5%]`.
template <class E>
struct element : p::sor<E, p::seq<p::at<separator>, missing<E>>> {};
template <class E, class Close>
struct elements : p::seq<p::opt<breaks, element<E>, p::star<breaks, separator, breaks, element<E>>,
                                p::opt<breaks, separator>>,
                         close<Close>> {};

struct name : p::seq<p::not_at<reserved>, identifier> {};
struct argument_name : name {};
struct named : p::seq<argument_name, blanks, p::one<':'>> {};
struct fallback : p::seq<expression> {};
struct default_value
    : p::seq<breaks, p::one<'='>, p::not_at<p::one<'='>>, breaks, expect<fallback>> {};
struct argument_value : p::seq<expression> {};
struct bare_argument : p::seq<expression> {};
struct argument_loop : p::seq<expression> {};
struct loop_part : p::seq<breaks, key_for, breaks, expect<argument_loop>> {};
struct argument : p::seq<p::sor<p::seq<named, breaks, expect<argument_value>>, bare_argument>,
                         p::opt<loop_part>, p::opt<default_value>> {};
struct open_paren : p::one<'('> {};
struct open_bracket : p::one<'['> {};
struct arguments : p::seq<open_paren, elements<argument, close_paren>> {};
struct list_item : p::seq<expression> {};
struct paren_item : p::seq<expression> {};
struct paren : p::seq<open_paren, elements<paren_item, close_paren>> {};
struct list : p::seq<open_bracket, elements<list_item, close_bracket>> {};
struct field : identifier {};
struct member : p::seq<p::one<'.'>, p::not_at<p::one<'.'>>, expect<field>> {};
struct present : p::seq<p::one<'?'>, p::not_at<p::one<'?'>>> {};
struct primary : p::sor<name, number, block_text, text, paren, list> {};
struct postfix : p::seq<primary, p::star<p::sor<member, arguments, present>>> {};
struct negated : p::seq<postfix> {};
struct negate : p::seq<p::one<'-'>, p::not_at<p::one<'>'>>, gap, expect<negated>> {};
struct unary : p::sor<postfix, negate> {};

struct op_product : p::one<'*', '/'> {};
struct op_sum : p::sor<p::two<'+'>, p::one<'+'>, p::seq<p::one<'-'>, p::not_at<p::one<'>'>>>> {};
struct op_range : p::two<'.'> {};
struct op_fallback : p::two<'?'> {};
struct op_compare : p::sor<p::two<'='>, p::string<'!', '='>, p::string<'<', '='>,
                           p::string<'>', '='>, p::one<'<', '>'>, key_in> {};
// The operand behind an operator; its message depends on the operator.
template <class Op, class Next>
struct operand_of : p::seq<Next> {};
template <class Op, class Next>
struct chain : p::seq<Next, p::star<gap, Op, breaks, expect<operand_of<Op, Next>>>> {};
template <class Op, class Next>
struct single : p::seq<Next, p::opt<gap, Op, breaks, expect<operand_of<Op, Next>>>> {};
// `and` and `or` may also begin a line.
template <class Op, class Next>
struct loose : p::seq<Next, p::star<breaks, Op, breaks, expect<operand_of<Op, Next>>>> {};

struct product : chain<op_product, unary> {};
struct sum : chain<op_sum, product> {};
struct range : single<op_range, sum> {};
struct otherwise : chain<op_fallback, range> {};
struct comparison : single<op_compare, otherwise> {};
struct negation;
struct condition : p::sor<negation, comparison> {};
struct denied : p::seq<condition> {};
struct negation : p::seq<key_not, gap, expect<denied>> {};
struct conjunction : loose<key_and, condition> {};
struct disjunction : loose<key_or, conjunction> {};
struct if_condition : p::seq<disjunction> {};
struct then_value : p::seq<expression> {};
struct else_value : p::seq<expression> {};
struct then_part : p::seq<breaks, key_then, breaks, expect<then_value>> {};
struct else_part : p::seq<breaks, key_else, breaks, expect<else_value>> {};
struct choice : p::seq<key_if, breaks, expect<if_condition>, expect<then_part>, expect<else_part>> {
};
struct expression : p::sor<choice, disjunction> {};

// Statements: one shape for every construct.
struct end_of_line : p::seq<blanks, p::opt<comment>, p::eolf> {};
struct statement_end : p::seq<blanks, p::sor<p::one<';'>, p::at<p::one<'}'>>, end_of_line>> {};
struct after_arrow : p::seq<expression> {};
struct after_colon : p::seq<expression> {};
struct after_assign : p::seq<expression> {};
struct after_comma : p::seq<expression> {};
struct arrow : p::string<'-', '>'> {};
struct colon : p::one<':'> {};
struct comma : p::one<','> {};
struct assign : p::seq<p::one<'='>, p::not_at<p::one<'='>>> {};
struct plain_operand : p::seq<expression> {};
struct arrow_operand : p::seq<arrow, blanks, expect<after_arrow>> {};
struct colon_operand : p::seq<colon, blanks, expect<after_colon>> {};
struct assign_operand : p::seq<assign, blanks, expect<after_assign>> {};
struct comma_operand : p::seq<comma, breaks, expect<after_comma>> {};
struct operand
    : p::sor<plain_operand, arrow_operand, colon_operand, assign_operand, comma_operand> {};

struct item;
struct stray_brace : p::one<'}'> {};
struct close_brace : p::one<'}'> {};
struct open_brace : p::one<'{'> {};
struct cut : p::failure {};
struct block_item : p::seq<p::not_at<cut>, breaks, p::not_at<p::sor<close_brace, p::eof>>, item> {};
struct block : p::seq<open_brace, p::star<block_item>,
                      p::sor<p::seq<p::not_at<cut>, breaks, close_brace>, missing<close_brace>>> {};

// What cannot be read, up to a place where reading can go on.
struct junk_piece : p::sor<block_text, text,
                           p::seq<p::not_at<p::sor<p::eol, p::one<';', '{', '}', '#'>>>, p::any>> {
};
struct junk : p::plus<junk_piece> {};
struct unexpected : junk {};  // behind the operands of a statement
// `else "…"` may begin a line: it belongs to the rule above it.
struct otherwise_operand : p::seq<breaks, p::at<key_else, blanks, p::one<'"'>>, plain_operand> {};
struct word : p::seq<p::not_at<p::sor<key_and, key_or>>, identifier> {};
struct block_and_end : p::seq<blanks, block, p::opt<statement_end>> {};
struct statement
    : p::seq<word, p::star<p::sor<p::seq<blanks, operand>, otherwise_operand>>,
             p::sor<block_and_end, statement_end,
                    p::seq<blanks, unexpected, p::sor<block_and_end, p::opt<statement_end>>>>> {};
struct nameless : p::sor<p::seq<junk, p::sor<block_and_end, p::opt<statement_end>>>,
                         p::seq<block, p::opt<statement_end>>, p::one<';'>> {};
struct item : p::sor<statement, nameless> {};
struct file
    : p::seq<p::star<breaks, p::not_at<p::eof>, p::sor<stray_brace, item>>, breaks, p::eof> {};

}  // namespace mig::syntax::rules
