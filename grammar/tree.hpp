// The tree of one .mig file: plain data, no behaviour. Every construct of the language is a
// Statement; what its word means is decided by the compiler.
//
// A statement whose `is_intact` is false holds a mistake that was reported: it may lack operands,
// have an empty word, or hold Missing expressions. An intact one never does.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "grammar/source.hpp"

namespace mig::syntax {

struct Word {
  Span span;
  std::string text;
};

enum class LiteralKind {
  Quantity,   // 5  1.25  5%  10MB  2_000 rows  50 req/s
  Compound,   // 1h30m
  Timestamp,  // 2026-12-01  2026-12-01T22:00:00Z, with any zone or none
  TimeOfDay,  // 22:00
  Text,       // "text"
  BlockText   // """ … """
};

struct Literal {
  LiteralKind kind = LiteralKind::Quantity;
  std::string raw;    // as written
  std::string value;  // of Text and BlockText: escapes decoded, the block's indentation removed
};

enum class Operator {
  Multiply,
  Divide,
  Add,
  Subtract,
  Concat,
  Range,
  Fallback,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Equal,
  NotEqual,
  In,
  And,
  Or
};

struct Expr;
struct Argument;
using ExprBox = std::unique_ptr<Expr>;

struct Name {
  std::string text;
};
struct Call {
  ExprBox callee;
  std::vector<Argument> arguments;
};
struct Member {
  ExprBox object;
  Word field;
};
struct Present {  // postfix `?`
  ExprBox value;
};
struct List {
  std::vector<Expr> items;
};
struct Paren {
  std::vector<Expr> items;
};
struct Negate {
  ExprBox value;
};
struct Not {
  ExprBox value;
};
struct Binary {
  Operator op = Operator::Add;
  Span op_span;
  ExprBox lhs;
  ExprBox rhs;
};
struct If {
  ExprBox condition;
  ExprBox then_value;
  ExprBox else_value;
};
struct Missing {};

struct Expr {
  Span span;
  std::variant<Literal, Name, Call, Member, Present, List, Paren, Negate, Not, Binary, If, Missing>
      node;
};

struct Argument {
  std::optional<Word> name;  // `name: value`
  Expr value;
  std::optional<Expr> loop;      // `for d in list`: the comparison `d in list`
  std::optional<Expr> fallback;  // `= fallback`
};

enum class Mark { None, Arrow, Colon, Assign, Comma };

struct Operand {
  Mark mark = Mark::None;
  Expr value;
  Span mark_span;  // empty, before the value, where there is no mark
};

struct Doc {  // one line `## text`
  Span span;
  std::string text;
};

struct Statement;

struct Block {
  std::vector<Statement> statements;
  Span span;  // with both braces
};

struct Statement {
  std::vector<Doc> docs;
  Word word;
  std::vector<Operand> operands;
  std::optional<Block> block;
  Span span;  // from the word to the last operand or the closing brace
  bool is_intact = true;
};

struct File {
  FileId id;
  std::vector<Statement> statements;
  std::vector<Span> comments;  // all of them, docs too, in the order of the text
};

// The same meaning: everything but spans, comments and the layout of texts.
bool equal_meaning(const Expr& a, const Expr& b);
bool equal_meaning(const Statement& a, const Statement& b);
bool equal_meaning(const File& a, const File& b);

// `<=`, `and`, …
std::string_view text_of(Operator op);

}  // namespace mig::syntax
