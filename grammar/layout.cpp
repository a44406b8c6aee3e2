#include "grammar/layout.hpp"

#include <algorithm>
#include <cassert>

#include "grammar/aligned_lines.hpp"
#include "grammar/print.hpp"

namespace mig::syntax {

namespace {

constexpr std::size_t kIndentation = 2;

struct Cells {
  std::vector<std::string> texts;
  std::vector<char> marks;

  void begin(char mark, std::string text) {
    marks.push_back(mark);
    texts.push_back(std::move(text));
  }
  std::string joined() const {
    std::string out;
    for (const std::string& text : texts) {
      if (!out.empty()) out += ' ';
      out += text;
    }
    return out;
  }
};

// A type is written `rows/s`, without the blanks of a division.
std::string print_type(const Expr& type) {
  const auto* rate = std::get_if<Binary>(&type.node);
  if (rate == nullptr || rate->op != Operator::Divide) return print(type);
  return print(*rate->lhs) + '/' + print(*rate->rhs);
}

Cells cells_of(const Statement& statement) {
  Cells cells{{statement.word.text}, {}};
  for (const Operand& operand : statement.operands) {
    const std::string value = print(operand.value);
    switch (operand.mark) {
      case Mark::None:
        cells.texts.back() += ' ' + value;
        break;
      case Mark::Comma:
        cells.texts.back() += ", " + value;
        break;
      case Mark::Arrow:
        cells.texts.back() += " -> " + value;
        break;
      case Mark::Colon:
        cells.texts.back() += ':';
        cells.begin(':', print_type(operand.value));
        break;
      case Mark::Assign:
        cells.begin('=', "= " + value);
        break;
    }
  }
  return cells;
}

bool has_break(std::string_view text) {
  return text.find('\n') != std::string_view::npos;
}

class Layout {
 public:
  Layout(const File& file, const SourceSet* sources) : file_(file), sources_(sources) {
    if (sources_ != nullptr) text_ = sources_->text(file.id);
  }

  std::string run() {
    emit_all(file_.statements, 0);
    emit_comments_before(text_.size(), 0);
    return write_aligned(std::move(lines_));
  }

 private:
  std::string_view text_of(const Span& span) const {
    return text_.substr(span.begin, span.end - span.begin);
  }

  // The part of a statement before its block.
  static Span head_of(const Statement& statement) {
    std::uint32_t end = statement.word.span.end;
    if (!statement.operands.empty()) end = statement.operands.back().value.span.end;
    return Span{statement.span.file, statement.span.begin, end};
  }

  bool has_comment_within(const Span& span) const {
    const auto next = std::ranges::lower_bound(file_.comments, span.begin, {},
                                               [](const Span& s) { return s.begin; });
    return next != file_.comments.end() && next->begin < span.end;
  }

  AlignedLine& add_line(std::size_t depth, std::vector<std::string> cells) {
    is_block_start_ = false;
    lines_.push_back(AlignedLine{depth * kIndentation, std::move(cells), {}, {}, {}, false});
    return lines_.back();
  }

  void keep_blank_line(std::uint32_t begin) {
    if (sources_ == nullptr || is_block_start_ || lines_.empty() || begin < last_end_) return;
    const std::string_view between = text_.substr(last_end_, begin - last_end_);
    if (std::ranges::count(between, '\n') > 1) add_line(0, {});
  }

  void emit_comments_before(std::size_t offset, std::size_t depth) {
    while (sources_ != nullptr && next_comment_ < file_.comments.size() &&
           file_.comments[next_comment_].begin < offset) {
      const Span comment = file_.comments[next_comment_++];
      keep_blank_line(comment.begin);
      add_line(depth, {trimmed(comment)});
      last_end_ = comment.end;
    }
  }

  std::string trimmed(const Span& comment) const {
    std::string text(text_of(comment));
    while (text.back() == ' ' || text.back() == '\t')
      text.pop_back();
    return text;
  }

  // Takes the comment that follows `end` in the same line, if there is one.
  void emit_comment_behind(std::uint32_t end, AlignedLine& line) {
    last_end_ = end;
    if (sources_ == nullptr || next_comment_ >= file_.comments.size()) return;
    const Span comment = file_.comments[next_comment_];
    if (comment.begin < end) return;
    const std::string_view between = text_.substr(end, comment.begin - end);
    if (between.find_first_not_of(" \t;") != std::string_view::npos) return;
    line.comment = trimmed(comment);
    last_end_ = comment.end;
    ++next_comment_;
  }

  void emit_all(const std::vector<Statement>& statements, std::size_t depth) {
    is_block_start_ = true;
    for (const Statement& statement : statements) {
      emit_comments_before(statement.span.begin, depth);
      keep_blank_line(statement.span.begin);
      if (sources_ == nullptr) {
        for (const Doc& doc : statement.docs)
          add_line(depth, {doc.text.empty() ? "##" : "## " + doc.text});
      }
      emit(statement, depth);
    }
  }

  // As it was written: only the first line is indented anew.
  void emit_verbatim(const Span& span, std::size_t depth) {
    AlignedLine& line = add_line(depth, {std::string(text_of(span))});
    while (next_comment_ < file_.comments.size() && file_.comments[next_comment_].begin < span.end)
      ++next_comment_;
    emit_comment_behind(span.end, line);
  }

  void emit(const Statement& statement, std::size_t depth) {
    if (sources_ != nullptr && !statement.is_intact) {
      emit_verbatim(statement.span, depth);
      return;
    }
    Cells cells = cells_of(statement);
    bool is_single = true;
    if (sources_ != nullptr && must_keep_breaks(statement, cells, depth)) {
      const Span head = head_of(statement);
      cells = Cells{{std::string(text_of(head))}, {}};
      is_single = false;
      while (next_comment_ < file_.comments.size() &&
             file_.comments[next_comment_].begin < head.end)
        ++next_comment_;
    }
    if (has_break(cells.joined())) is_single = false;
    if (!statement.block) {
      emit_line(statement, std::move(cells), is_single, depth);
      return;
    }
    if (const auto block = one_line(*statement.block)) {
      const std::size_t length = depth * kIndentation + width(cells.joined()) + 1 + width(*block);
      if (statement.block->statements.empty() || (is_single && length <= kLineWidth)) {
        cells.begin('{', *block);
        emit_line(statement, std::move(cells), is_single, depth);
        return;
      }
    }
    emit_block(statement, *statement.block, cells, depth);
  }

  void emit_line(const Statement& statement, Cells cells, bool is_single, std::size_t depth) {
    AlignedLine& line = add_line(depth, std::move(cells.texts));
    line.marks = std::move(cells.marks);
    line.word = statement.word.text;
    line.is_aligned = is_single;
    emit_comment_behind(statement.span.end, line);
  }

  void emit_block(const Statement& statement, const Block& block, const Cells& cells,
                  std::size_t depth) {
    AlignedLine& opener = add_line(depth, {cells.joined() + " {"});
    emit_comment_behind(block.span.begin + (sources_ == nullptr ? 0 : 1), opener);
    emit_all(block.statements, depth + 1);
    if (sources_ != nullptr) emit_comments_before(block.span.end, depth + 1);
    emit_comment_behind(statement.span.end, add_line(depth, {"}"}));
  }

  // A head with comments inside, or one of several lines that would not fit into one.
  bool must_keep_breaks(const Statement& statement, const Cells& cells, std::size_t depth) const {
    const Span head = head_of(statement);
    if (has_comment_within(head)) return true;
    const bool fits = depth * kIndentation + width(cells.joined()) + 2 <= kLineWidth;
    return !fits && has_break(text_of(head));
  }

  // The text of a block that was one line, or is empty, in one line.
  std::optional<std::string> one_line(const Block& block) const {
    if (sources_ == nullptr || has_comment_within(block.span)) {
      if (sources_ == nullptr && block.statements.empty()) return "{}";
      return std::nullopt;
    }
    if (block.statements.empty()) return "{}";
    if (has_break(text_of(block.span))) return std::nullopt;
    std::string out = "{ ";
    for (std::size_t i = 0; i < block.statements.size(); ++i) {
      if (i > 0) out += "; ";
      const Statement& statement = block.statements[i];
      if (!statement.is_intact) {
        out += text_of(statement.span);
        continue;
      }
      out += cells_of(statement).joined();
      if (!statement.block) continue;
      const auto inner = one_line(*statement.block);
      assert(inner.has_value());
      out += ' ' + *inner;
    }
    return out + " }";
  }

  const File& file_;
  const SourceSet* sources_;
  std::string_view text_;
  std::vector<AlignedLine> lines_;
  std::size_t next_comment_ = 0;
  std::uint32_t last_end_ = 0;  // of what was written last, in the text
  bool is_block_start_ = true;
};

}  // namespace

std::string print_compact(const Statement& statement) {
  std::string out;
  for (const Doc& doc : statement.docs)
    out += doc.text.empty() ? "##\n" : "## " + doc.text + '\n';
  out += cells_of(statement).joined();
  if (!statement.block) return out;
  const std::vector<Statement>& inside = statement.block->statements;
  if (inside.empty()) return out + " {}";
  const bool holds_blocks = std::ranges::any_of(
      inside, [](const Statement& one) { return one.block.has_value() || !one.docs.empty(); });
  out += holds_blocks ? " {\n" : " { ";
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (i > 0) out += holds_blocks ? "\n" : "; ";
    out += print_compact(inside[i]);
  }
  return out + (holds_blocks ? "\n}" : " }");
}

std::string lay_out(const File& file, const SourceSet* sources) {
  return Layout(file, sources).run();
}

}  // namespace mig::syntax
