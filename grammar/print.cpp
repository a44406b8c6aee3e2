#include "grammar/print.hpp"

#include "grammar/layout.hpp"

namespace mig::syntax {

namespace {

// Appends expressions to one text, so that a deep tree costs no copies.
struct ExprPrinter {
  std::string& out;

  void print(const Expr& expr) { std::visit(*this, expr.node); }
  void print_all(const std::vector<Expr>& items) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += ", ";
      print(items[i]);
    }
  }

  // Behind a name stands a type, as in `pace: rows/s`: no blanks as those of a division.
  void print_type(const Expr& type) {
    const auto* rate = std::get_if<Binary>(&type.node);
    if (rate == nullptr || rate->op != Operator::Divide) return print(type);
    print(*rate->lhs);
    out += '/';
    print(*rate->rhs);
  }

  void operator()(const Literal& literal) { out += literal.raw; }
  void operator()(const Name& name) { out += name.text; }
  void operator()(const Call& call) {
    print(*call.callee);
    out += '(';
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      const Argument& argument = call.arguments[i];
      if (i > 0) out += ", ";
      if (argument.name) out += argument.name->text + ": ";
      argument.name ? print_type(argument.value) : print(argument.value);
      if (argument.loop) out += " for ", print(*argument.loop);
      if (!argument.fallback) continue;
      out += " = ";
      print(*argument.fallback);
    }
    out += ')';
  }
  void operator()(const Member& member) {
    print(*member.object);
    out += '.';
    out += member.field.text;
  }
  void operator()(const Present& present) {
    print(*present.value);
    out += '?';
  }
  void operator()(const List& list) {
    out += '[';
    print_all(list.items);
    out += ']';
  }
  void operator()(const Paren& paren) {
    out += '(';
    print_all(paren.items);
    out += ')';
  }
  void operator()(const Negate& negate) {
    out += '-';
    print(*negate.value);
  }
  void operator()(const Not& negation) {
    out += "not ";
    print(*negation.value);
  }
  void operator()(const Binary& binary) {
    const bool is_tight = binary.op == Operator::Range;
    print(*binary.lhs);
    if (!is_tight) out += ' ';
    out += text_of(binary.op);
    if (!is_tight) out += ' ';
    print(*binary.rhs);
  }
  void operator()(const If& choice) {
    out += "if ";
    print(*choice.condition);
    out += " then ";
    print(*choice.then_value);
    out += " else ";
    print(*choice.else_value);
  }
  void operator()(const Missing&) {}
};

}  // namespace

std::string print(const Expr& expr) {
  std::string out;
  ExprPrinter{out}.print(expr);
  return out;
}

std::string print(const File& file) {
  return lay_out(file, nullptr);
}

}  // namespace mig::syntax
