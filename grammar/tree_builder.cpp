#include "grammar/tree_builder.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "grammar/literal_text.hpp"

namespace mig::syntax {

namespace {

// Below the limit on nesting, so that the limit also holds for trees that grow without brackets,
// such as `a.b.c…` and `a + b + c…`.
constexpr int kMaxExprDepth = 2 * kMaxNesting;

ExprBox box(Expr expr) {
  return std::make_unique<Expr>(std::move(expr));
}

}  // namespace

TreeBuilder::TreeBuilder(const SourceSet& sources, FileId file)
    : sources_(sources), file_(file), text_(sources.text(file)) {}

Parsed TreeBuilder::finish() {
  assert(exprs_.empty());
  assert(operands_.empty());
  assert(arguments_.empty());
  assert(open_blocks_.empty());
  assert(nesting_ == 0);
  std::ranges::stable_sort(mistakes_, {}, [](const Mistake& one) { return one.at.begin; });
  return Parsed{File{file_, std::move(statements_), std::move(comments_)}, std::move(mistakes_)};
}

TreeBuilder::Built TreeBuilder::pop() {
  assert(!exprs_.empty());
  Built built = std::move(exprs_.back());
  exprs_.pop_back();
  return built;
}

void TreeBuilder::push(Expr expr, int depth) {
  if (depth > kMaxExprDepth) {
    const Span at = expr.span;
    if (!is_too_deep_) {
      report(at.begin, token_end(at.begin), "this expression is too long",
             "split it into several `let`, or shorten it");
    }
    is_too_deep_ = true;
    is_mistaken_ = true;
    expr = Expr{at, Missing{}};
    depth = 1;
  }
  exprs_.push_back(Built{std::move(expr), depth});
}

void TreeBuilder::push_missing(std::uint32_t at) {
  while (at > 0 && (text_[at - 1] == ' ' || text_[at - 1] == '\t' || text_[at - 1] == '\n' ||
                    text_[at - 1] == '\r')) {
    --at;
  }
  exprs_.push_back(Built{Expr{span(at, at), Missing{}}, 1});
}

void TreeBuilder::push_literal(LiteralKind kind, std::uint32_t begin, std::uint32_t end) {
  Literal literal{kind, std::string(text_.substr(begin, end - begin)), {}};
  if (kind == LiteralKind::Text || kind == LiteralKind::BlockText) {
    DecodedText decoded =
        kind == LiteralKind::Text ? decode_text(literal.raw) : decode_block_text(literal.raw);
    for (auto& mistake : decoded.mistakes) {
      report(begin + mistake.begin, begin + mistake.end, std::move(mistake.message),
             std::move(mistake.help));
    }
    literal.value = std::move(decoded.value);
  }
  exprs_.push_back(Built{Expr{span(begin, end), std::move(literal)}, 1});
}

void TreeBuilder::push_operator(Operator op, std::uint32_t begin, std::uint32_t end) {
  operators_.push_back(op);
  operator_spans_.push_back(span(begin, end));
}

void TreeBuilder::reduce_binary() {
  assert(!operators_.empty());
  Built rhs = pop();
  Built lhs = pop();
  const Span whole = lhs.expr.span.to(rhs.expr.span);
  const int depth = std::max(lhs.depth, rhs.depth) + 1;
  Binary binary{operators_.back(), operator_spans_.back(), box(std::move(lhs.expr)),
                box(std::move(rhs.expr))};
  operators_.pop_back();
  operator_spans_.pop_back();
  push(Expr{whole, std::move(binary)}, depth);
}

void TreeBuilder::reduce_member(Word field) {
  Built object = pop();
  const Span whole = object.expr.span.to(field.span);
  push(Expr{whole, Member{box(std::move(object.expr)), std::move(field)}}, object.depth + 1);
}

void TreeBuilder::reduce_present(std::uint32_t end) {
  Built value = pop();
  const Span whole = span(value.expr.span.begin, end);
  push(Expr{whole, Present{box(std::move(value.expr))}}, value.depth + 1);
}

void TreeBuilder::reduce_prefix(bool is_not, std::uint32_t begin) {
  Built value = pop();
  const Span whole = span(begin, std::max(begin, value.expr.span.end));
  if (is_not) {
    push(Expr{whole, Not{box(std::move(value.expr))}}, value.depth + 1);
  } else {
    push(Expr{whole, Negate{box(std::move(value.expr))}}, value.depth + 1);
  }
}

void TreeBuilder::reduce_if(std::uint32_t begin) {
  Built otherwise = pop();
  Built then = pop();
  Built condition = pop();
  const Span whole = span(begin, std::max(begin, otherwise.expr.span.end));
  const int depth = std::max({condition.depth, then.depth, otherwise.depth}) + 1;
  push(Expr{whole, If{box(std::move(condition.expr)), box(std::move(then.expr)),
                      box(std::move(otherwise.expr))}},
       depth);
}

void TreeBuilder::reduce_items(bool is_list, std::size_t from, std::uint32_t begin,
                               std::uint32_t end) {
  assert(from <= exprs_.size());
  std::vector<Expr> items;
  items.reserve(exprs_.size() - from);
  int depth = 0;
  for (std::size_t i = from; i < exprs_.size(); ++i) {
    depth = std::max(depth, exprs_[i].depth);
    items.push_back(std::move(exprs_[i].expr));
  }
  exprs_.erase(exprs_.begin() + static_cast<std::ptrdiff_t>(from), exprs_.end());
  if (is_list) {
    push(Expr{span(begin, end), List{std::move(items)}}, depth + 1);
  } else {
    push(Expr{span(begin, end), Paren{std::move(items)}}, depth + 1);
  }
}

void TreeBuilder::reduce_argument(bool is_named, bool has_loop, bool has_default) {
  Argument argument;
  int depth = 0;
  if (has_default) {
    Built fallback = pop();
    depth = fallback.depth;
    argument.fallback = std::move(fallback.expr);
  }
  if (has_loop) {
    Built loop = std::move(argument_loops_.back());
    argument_loops_.pop_back();
    depth = std::max(depth, loop.depth);
    argument.loop = std::move(loop.expr);
  }
  Built value = pop();
  argument.value = std::move(value.expr);
  if (is_named) {
    argument.name = std::move(argument_names_.back());
    argument_names_.pop_back();
  }
  arguments_.push_back(std::move(argument));
  argument_depths_.push_back(std::max(depth, value.depth));
}

void TreeBuilder::reduce_call(std::size_t from, std::uint32_t end) {
  assert(from <= arguments_.size());
  Built callee = pop();
  int depth = callee.depth;
  Call call{box(std::move(callee.expr)), {}};
  call.arguments.reserve(arguments_.size() - from);
  for (std::size_t i = from; i < arguments_.size(); ++i) {
    depth = std::max(depth, argument_depths_[i]);
    call.arguments.push_back(std::move(arguments_[i]));
  }
  arguments_.erase(arguments_.begin() + static_cast<std::ptrdiff_t>(from), arguments_.end());
  argument_depths_.resize(from);
  const Span whole = span(call.callee->span.begin, end);
  push(Expr{whole, std::move(call)}, depth + 1);
}

TreeBuilder::StatementFrame TreeBuilder::open_statement(std::uint32_t begin) {
  StatementFrame frame{operands_.size(), std::exchange(is_mistaken_, false), next_doc_, {}};
  for (; next_doc_ < comments_.size() && comments_[next_doc_].end <= begin; ++next_doc_) {
    const Span& comment = comments_[next_doc_];
    std::string_view text = text_.substr(comment.begin, comment.end - comment.begin);
    if (!text.starts_with("##") || !is_own_line(comment.begin)) continue;
    text.remove_prefix(text.starts_with("## ") ? 3 : 2);
    frame.docs.push_back(Doc{comment, std::string(text)});
  }
  word_ = Word{span(begin, begin), {}};
  end_ = begin;
  return frame;
}

void TreeBuilder::set_word(std::uint32_t begin, std::uint32_t end) {
  word_ = Word{span(begin, end), std::string(text_.substr(begin, end - begin))};
  end_ = end;
}

void TreeBuilder::push_operand(Mark mark) {
  Built value = pop();
  const std::uint32_t begin = value.expr.span.begin;
  const Span at = mark == Mark::None ? span(begin, begin) : mark_span_;
  end_ = std::max(at.end, value.expr.span.end);
  operands_.push_back(Operand{mark, std::move(value.expr), at});
}

void TreeBuilder::set_unexpected(std::uint32_t begin, std::uint32_t end) {
  while (end > begin && (text_[end - 1] == ' ' || text_[end - 1] == '\t' || text_[end - 1] == '\r'))
    --end;
  end_ = end;
}

void TreeBuilder::close_statement(StatementFrame frame, std::uint32_t begin) {
  assert(frame.operands <= operands_.size());
  Statement statement;
  statement.docs = std::move(frame.docs);
  statement.word = std::move(word_);
  const auto first = operands_.begin() + static_cast<std::ptrdiff_t>(frame.operands);
  statement.operands.assign(std::make_move_iterator(first),
                            std::make_move_iterator(operands_.end()));
  operands_.erase(first, operands_.end());
  statement.block = std::exchange(block_, std::nullopt);
  statement.span = span(begin, std::max(begin, end_));
  statement.is_intact = !is_mistaken_;
  is_mistaken_ = frame.is_outer_mistaken;
  while (next_doc_ < comments_.size() && comments_[next_doc_].begin < end_)
    ++next_doc_;
  statements_.push_back(std::move(statement));
}

// The docs go back to whatever begins here instead.
void TreeBuilder::abandon_statement(const StatementFrame& frame) {
  is_mistaken_ = frame.is_outer_mistaken;
  next_doc_ = frame.next_doc;
}

TreeBuilder::BlockFrame TreeBuilder::open_block(std::uint32_t begin) {
  open_blocks_.push_back(begin);
  return BlockFrame{statements_.size(), std::move(word_)};
}

void TreeBuilder::close_block(BlockFrame frame, std::uint32_t end) {
  assert(frame.statements <= statements_.size());
  assert(!open_blocks_.empty());
  Block block;
  while (text_[end - 1] == ' ' || text_[end - 1] == '\t' || text_[end - 1] == '\r' ||
         text_[end - 1] == '\n')
    --end;  // of a block without its brace
  block.span = span(open_blocks_.back(), end);
  open_blocks_.pop_back();
  const auto first = statements_.begin() + static_cast<std::ptrdiff_t>(frame.statements);
  block.statements.assign(std::make_move_iterator(first),
                          std::make_move_iterator(statements_.end()));
  statements_.erase(first, statements_.end());
  block_ = std::move(block);
  word_ = std::move(frame.word);
  end_ = end;
}

void TreeBuilder::note_close_brace(std::uint32_t at) {
  assert(!open_blocks_.empty());
  const std::uint32_t open = open_blocks_.back();
  if (suspect_ || !is_own_line(at)) return;
  if (line_begin(at) > open && indentation(at) < indentation(open)) suspect_ = open;
}

bool TreeBuilder::is_cut() const {
  return !open_blocks_.empty() && open_blocks_.back() >= cut_begin_ &&
         open_blocks_.back() < cut_end_;
}

void TreeBuilder::add_comment(std::uint32_t begin, std::uint32_t end) {
  if (!comments_.empty() && begin <= comments_.back().begin) return;  // looked at once before
  if (end > begin && text_[end - 1] == '\r') --end;
  comments_.push_back(span(begin, end));
}

}  // namespace mig::syntax
