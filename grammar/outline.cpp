#include "grammar/outline.hpp"

#include "grammar/literal_text.hpp"

namespace mig::syntax {

namespace {

std::string_view kind_of(LiteralKind kind) {
  switch (kind) {
    case LiteralKind::Quantity:
      return "quantity";
    case LiteralKind::Compound:
      return "compound";
    case LiteralKind::Timestamp:
      return "timestamp";
    case LiteralKind::TimeOfDay:
      return "time-of-day";
    case LiteralKind::Text:
      return "text";
    case LiteralKind::BlockText:
      return "block-text";
  }
  return "";
}

std::string_view text_of(Mark mark) {
  switch (mark) {
    case Mark::None:
      return "";
    case Mark::Arrow:
      return "-> ";
    case Mark::Colon:
      return ": ";
    case Mark::Assign:
      return "= ";
    case Mark::Comma:
      return ", ";
  }
  return "";
}

// An expression as nested lists: `(<= (call p95 reads) (quantity 40ms))`.
struct Nested {
  std::string& out;

  void put(const Expr& expr) {
    out += ' ';
    std::visit(*this, expr.node);
  }
  void put_all(std::string_view head, const std::vector<Expr>& items) {
    out += '(';
    out += head;
    for (const Expr& item : items)
      put(item);
    out += ')';
  }

  void operator()(const Literal& literal) {
    const bool is_text =
        literal.kind == LiteralKind::Text || literal.kind == LiteralKind::BlockText;
    out += '(';
    out += kind_of(literal.kind);
    out += ' ';
    out += is_text ? quote_text(literal.value) : literal.raw;
    out += ')';
  }
  void operator()(const Name& name) { out += name.text; }
  void operator()(const Call& call) {
    out += "(call";
    put(*call.callee);
    for (const Argument& argument : call.arguments) {
      if (argument.name) out += " " + argument.name->text + ":";
      put(argument.value);
      if (argument.loop) out += " for", put(*argument.loop);
      if (!argument.fallback) continue;
      out += " =";
      put(*argument.fallback);
    }
    out += ')';
  }
  void operator()(const Member& member) {
    out += "(.";
    put(*member.object);
    out += " " + member.field.text + ")";
  }
  void operator()(const Present& present) {
    out += "(?";
    put(*present.value);
    out += ')';
  }
  void operator()(const List& list) { put_all("list", list.items); }
  void operator()(const Paren& paren) { put_all("paren", paren.items); }
  void operator()(const Negate& negate) {
    out += "(negate";
    put(*negate.value);
    out += ')';
  }
  void operator()(const Not& negation) {
    out += "(not";
    put(*negation.value);
    out += ')';
  }
  void operator()(const Binary& binary) {
    out += '(';
    out += mig::syntax::text_of(binary.op);
    put(*binary.lhs);
    put(*binary.rhs);
    out += ')';
  }
  void operator()(const If& choice) {
    out += "(if";
    put(*choice.condition);
    put(*choice.then_value);
    put(*choice.else_value);
    out += ')';
  }
  void operator()(const Missing&) { out += "(missing)"; }
};

void put_statement(const SourceSet& sources, const Statement& statement, std::size_t depth,
                   std::string& out) {
  const std::string indentation(depth * 2, ' ');
  for (const Doc& doc : statement.docs)
    out += indentation + "## " + doc.text + "\n";
  const Position at = sources.position(statement.span.file, statement.span.begin);
  out += indentation + (statement.word.text.empty() ? "(unread)" : statement.word.text);
  out += "  @" + std::to_string(at.line) + ":" + std::to_string(at.column);
  out += statement.is_intact ? "\n" : "  (mistaken)\n";
  for (const Operand& operand : statement.operands) {
    out += indentation + "  ";
    out += text_of(operand.mark);
    std::visit(Nested{out}, operand.value.node);
    out += '\n';
  }
  if (!statement.block) return;
  out += indentation + "  {\n";
  for (const Statement& inner : statement.block->statements)
    put_statement(sources, inner, depth + 2, out);
  out += indentation + "  }\n";
}

}  // namespace

std::string outline(const SourceSet& sources, const File& file) {
  std::string out;
  for (const Statement& statement : file.statements)
    put_statement(sources, statement, 0, out);
  return out;
}

}  // namespace mig::syntax
