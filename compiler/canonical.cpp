#include "compiler/canonical.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/blocks.hpp"
#include "compiler/plan/overloaded.hpp"
#include "compiler/quantity.hpp"
#include "grammar/print.hpp"

namespace mig::compiler {
namespace {

// One spelling a value: `1m` for `60s`, with the unit's name where the value alone would not tell.
std::string canonical(const syntax::Literal& literal) {
  const auto shown = [](const std::expected<plan::Quantity, LiteralMistake>& quantity,
                        const std::string& raw) {
    if (!quantity) return raw;
    return fmt::format("{} {}", quantity->value, name(quantity->unit));
  };
  switch (literal.kind) {
    case syntax::LiteralKind::Text:
    case syntax::LiteralKind::BlockText:
      return print(plan::Value(literal.value));
    case syntax::LiteralKind::Compound:
      return shown(read_compound(literal.raw), literal.raw);
    case syntax::LiteralKind::Timestamp:
      return shown(read_timestamp(literal.raw), literal.raw);
    case syntax::LiteralKind::TimeOfDay:
      return shown(read_time_of_day(literal.raw), literal.raw);
    case syntax::LiteralKind::Quantity: {
      const auto number = read_quantity(literal.raw);
      if (!number) return literal.raw;
      if (const auto* quantity = std::get_if<plan::Quantity>(&*number))
        return shown(*quantity, literal.raw);
      return print(std::get<plan::Decimal>(*number));
    }
  }
  assert(false && "every literal has a kind");
  return literal.raw;
}

// Fully bracketed: no precedence to remember, no layout.
std::string canonical(const syntax::Expr& expr) {
  const auto list = [](const std::vector<syntax::Expr>& items) {
    std::vector<std::string> texts;
    texts.reserve(items.size());
    for (const syntax::Expr& item : items)
      texts.push_back(canonical(item));
    return fmt::format("{}", fmt::join(texts, ", "));
  };
  return std::visit(
      plan::Overloaded{
          [](const syntax::Literal& literal) { return canonical(literal); },
          [](const syntax::Name& name) { return name.text; },
          [&](const syntax::Call& call) {
            std::vector<std::string> arguments;
            for (const syntax::Argument& argument : call.arguments) {
              std::string text = argument.name ? argument.name->text + ": " : std::string();
              text += canonical(argument.value);
              if (argument.loop) text += " for " + canonical(*argument.loop);
              if (argument.fallback) text += " = " + canonical(*argument.fallback);
              arguments.push_back(std::move(text));
            }
            return fmt::format("{}({})", canonical(*call.callee), fmt::join(arguments, ", "));
          },
          [](const syntax::Member& member) {
            return fmt::format("{}.{}", canonical(*member.object), member.field.text);
          },
          [](const syntax::Present& present) { return canonical(*present.value) + "?"; },
          [&](const syntax::List& items) { return fmt::format("[{}]", list(items.items)); },
          [&](const syntax::Paren& paren) {
            // Around one expression a parenthesis only groups, and grouping is shown anyway.
            return paren.items.size() == 1 ? canonical(paren.items.front())
                                           : fmt::format("({})", list(paren.items));
          },
          [](const syntax::Negate& negate) {
            return fmt::format("-({})", canonical(*negate.value));
          },
          [](const syntax::Not& negation) {
            return fmt::format("not ({})", canonical(*negation.value));
          },
          [](const syntax::Binary& binary) {
            return fmt::format("({} {} {})", canonical(*binary.lhs), syntax::text_of(binary.op),
                               canonical(*binary.rhs));
          },
          [](const syntax::If& choice) {
            return fmt::format("(if {} then {} else {})", canonical(*choice.condition),
                               canonical(*choice.then_value), canonical(*choice.else_value));
          },
          [](const syntax::Missing&) { return std::string("?"); },
      },
      expr.node);
}

std::string_view mark_text(syntax::Mark mark) {
  switch (mark) {
    case syntax::Mark::None:
      return "";
    case syntax::Mark::Arrow:
      return "-> ";
    case syntax::Mark::Colon:
      return ": ";
    case syntax::Mark::Assign:
      return "= ";
    case syntax::Mark::Comma:
      return ", ";
  }
  assert(false && "every mark has a text");
  return "";
}

// Attributes (`name = value`) mean the same in any order; declarations of a file do too. Phases,
// steps, fields and the lines of a transform keep theirs.
bool is_attribute(const syntax::Statement& statement) {
  return statement.operands.size() >= 1 && statement.operands.front().mark == syntax::Mark::Assign;
}

void append(std::string& out, const syntax::Statement& statement, int depth);

void append_block(std::string& out, const syntax::Block& block, int depth) {
  std::vector<std::string> attributes;
  std::vector<std::string> others;
  for (const syntax::Statement& inner : block.statements) {
    std::string text;
    append(text, inner, depth + 1);
    (is_attribute(inner) ? attributes : others).push_back(std::move(text));
  }
  std::ranges::sort(attributes);
  for (const auto& text : attributes)
    out += text;
  for (const auto& text : others)
    out += text;
}

void append(std::string& out, const syntax::Statement& statement, int depth) {
  out.append(static_cast<std::size_t>(depth) * 2, ' ');
  out += statement.word.text;
  for (const syntax::Operand& operand : statement.operands) {
    out += ' ';
    out += mark_text(operand.mark);
    out += canonical(operand.value);
  }
  if (!statement.block) {
    out += '\n';
    return;
  }
  out += " {\n";
  append_block(out, *statement.block, depth);
  out.append(static_cast<std::size_t>(depth) * 2, ' ');
  out += "}\n";
}

}  // namespace

std::string canonical(const syntax::File& file) {
  std::string edition;
  std::vector<std::string> declarations;
  for (const syntax::Statement& statement : file.statements) {
    if (statement.word.text == "test") continue;
    std::string text;
    append(text, statement, 0);
    if (statement.word.text == "mig") {
      edition += text;
    } else {
      declarations.push_back(std::move(text));
    }
  }
  std::ranges::sort(declarations);
  for (const std::string& text : declarations)
    edition += text;
  return edition;
}

plan::Hash source_hash(const std::vector<Input>& inputs) {
  std::vector<std::string> texts;
  for (const Input& input : inputs) {
    const std::string text = canonical(*input.tree);
    texts.push_back(fmt::format("{} {}\n{}", input.path, text.size(), text));
  }
  // The root file's own name is no part of what it means.
  if (!inputs.empty()) {
    const std::string text = canonical(*inputs.front().tree);
    texts.front() = fmt::format("root {}\n{}", text.size(), text);
  }
  std::ranges::sort(texts);
  std::string all;
  for (const std::string& text : texts)
    all += text;
  return plan::sha256(all);
}

}  // namespace mig::compiler
