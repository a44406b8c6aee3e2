// Holds the half-built tree while a file is read: stacks of finished pieces that the rules reduce,
// and the mistakes met on the way. Knows nothing of PEGTL; build_tree.hpp drives it.
//
// Places are byte offsets. A piece that is missing is reported and replaced by a Missing
// expression, so every reduction finds what it needs on its stack.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/parse.hpp"

namespace mig::syntax {

class TreeBuilder {
 public:
  TreeBuilder(const SourceSet& sources, FileId file);

  std::string_view text() const { return text_; }
  Span span(std::uint32_t begin, std::uint32_t end) const { return Span{file_, begin, end}; }
  Parsed finish();

  // Expressions. An expression that becomes too deep is reported and replaced.
  void push(Expr expr, int depth);
  void push_missing(std::uint32_t at);
  void push_literal(LiteralKind kind, std::uint32_t begin, std::uint32_t end);
  void push_operator(Operator op, std::uint32_t begin, std::uint32_t end);
  void reduce_binary();
  void reduce_member(Word field);
  void reduce_present(std::uint32_t end);
  void reduce_prefix(bool is_not, std::uint32_t begin);
  void reduce_if(std::uint32_t begin);
  void drop_exprs(std::size_t from) {
    exprs_.erase(exprs_.begin() + static_cast<std::ptrdiff_t>(from), exprs_.end());
  }
  std::size_t expr_count() const { return exprs_.size(); }
  void reduce_items(bool is_list, std::size_t from, std::uint32_t begin, std::uint32_t end);
  std::size_t argument_count() const { return arguments_.size(); }
  void push_argument_name(Word name) { argument_names_.push_back(std::move(name)); }
  std::size_t argument_name_count() const { return argument_names_.size(); }
  // Takes the expression on top as the loop of the argument that is being read.
  void push_argument_loop() { argument_loops_.push_back(pop()); }
  std::size_t argument_loop_count() const { return argument_loops_.size(); }
  void reduce_argument(bool is_named, bool has_loop, bool has_default);
  void reduce_call(std::size_t from, std::uint32_t end);

  // Statements.
  struct StatementFrame {
    std::size_t operands = 0;
    bool is_outer_mistaken = false;
    std::size_t next_doc = 0;
    std::vector<Doc> docs;
  };
  StatementFrame open_statement(std::uint32_t begin);
  void set_word(std::uint32_t begin, std::uint32_t end);
  void push_operand(Mark mark);
  void set_mark(std::uint32_t begin, std::uint32_t end) { mark_span_ = span(begin, end); }
  void set_unexpected(std::uint32_t begin, std::uint32_t end);
  void close_statement(StatementFrame frame, std::uint32_t begin);
  void abandon_statement(const StatementFrame& frame);
  struct BlockFrame {
    std::size_t statements = 0;
    Word word;
  };
  BlockFrame open_block(std::uint32_t begin);
  void close_block(BlockFrame frame, std::uint32_t end);
  void note_close_brace(std::uint32_t at);
  // True while the innermost block began on a line that a text without end has cut off.
  bool is_cut() const;
  void add_comment(std::uint32_t begin, std::uint32_t end);

  // Mistakes. All mark the current statement as not intact.
  void report(std::uint32_t begin, std::uint32_t end, std::string message, std::string help);
  // At the token that begins at `at`.
  void report_at(std::uint32_t at, std::string_view message, std::string_view help);
  // At the token behind `at`, or where the line before it ends.
  void report_next(std::uint32_t at, std::string_view message, std::string_view help);
  void report_unclosed_text(std::uint32_t at);
  void report_unclosed_block_text();
  void report_unclosed_block();
  // Where reading goes on after a closer that is missing at `at`: behind the closer if it comes
  // later in the line.
  std::uint32_t recover_closer(std::uint32_t at, char open, char close);
  void note_text(std::uint32_t begin) { text_begin_ = begin; }

  // Nesting. `enter` is false where it would become too deep; then nothing is entered.
  bool enter(std::uint32_t at);
  void leave() { --nesting_; }
  // The end of what begins at `at` and is not read: a bracketed stretch, or the rest of a line.
  std::uint32_t skip(std::uint32_t at) const;
  // Inside ( ) and [ ] line ends are spaces.
  void enter_brackets() { ++brackets_; }
  void leave_brackets() { --brackets_; }
  bool is_in_brackets() const { return brackets_ > 0; }

 private:
  struct Built {
    Expr expr;
    int depth = 1;
  };
  Built pop();
  bool is_own_line(std::uint32_t at) const;
  std::uint32_t line_begin(std::uint32_t at) const;
  std::uint32_t line_end(std::uint32_t at) const;
  std::uint32_t indentation(std::uint32_t at) const;
  std::uint32_t token_end(std::uint32_t at) const;

  const SourceSet& sources_;
  FileId file_;
  std::string_view text_;
  std::vector<Built> exprs_;
  std::vector<Operator> operators_;
  std::vector<Span> operator_spans_;
  std::vector<Argument> arguments_;
  std::vector<int> argument_depths_;
  std::vector<Word> argument_names_;
  std::vector<Built> argument_loops_;
  std::vector<Operand> operands_;
  std::vector<Statement> statements_;
  std::vector<std::uint32_t> open_blocks_;  // where their braces are
  std::optional<Block> block_;              // the finished block of the current statement
  Word word_;
  std::uint32_t end_ = 0;  // of the current statement, as far as it was read
  Span mark_span_;
  std::vector<Span> comments_;
  std::size_t next_doc_ = 0;
  std::vector<Mistake> mistakes_;
  bool has_too_many_ = false;
  bool is_mistaken_ = false;
  bool is_too_deep_ = false;
  std::optional<std::uint32_t> suspect_;  // a block that ends left of where it began
  std::uint32_t text_begin_ = 0;
  std::uint32_t cut_begin_ = 0;  // the line that a text without end cut off, or nothing
  std::uint32_t cut_end_ = 0;
  std::uint32_t closerless_end_[2] = {0, 0};  // no `)` and no `]` was found before here
  int nesting_ = 0;
  int brackets_ = 0;
};

}  // namespace mig::syntax
