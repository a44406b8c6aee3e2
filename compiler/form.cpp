#include "compiler/form.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/names.hpp"

namespace mig::compiler {

std::string_view name_of(const syntax::Expr& expr) {
  const auto* name = std::get_if<syntax::Name>(&expr.node);
  return name == nullptr ? std::string_view() : std::string_view(name->text);
}

std::optional<std::string> text_of(const syntax::Expr& expr) {
  const auto* literal = std::get_if<syntax::Literal>(&expr.node);
  const bool is_text = literal != nullptr && (literal->kind == syntax::LiteralKind::Text ||
                                              literal->kind == syntax::LiteralKind::BlockText);
  return is_text ? std::optional(literal->value) : std::nullopt;
}

Form::Form(const syntax::Statement& statement, std::string_view example, Diagnostics& diagnostics)
    : statement_(statement),
      example_(example),
      diagnostics_(diagnostics),
      ok_(statement.is_intact) {}

const syntax::Operand* Form::peek() const {
  if (!ok_ || next_ >= statement_.operands.size()) return nullptr;
  return &statement_.operands[next_];
}

void Form::misfit() {
  if (!ok_) return;
  ok_ = false;
  const syntax::Span at = next_ < statement_.operands.size() ? statement_.operands[next_].value.span
                                                             : statement_.word.span;
  diagnostics_.report(at, diag::WrongForm, statement_.word.text)
      .help(fmt::format("it is written like `{}`", example_));
}

const syntax::Expr* Form::value(syntax::Mark mark) {
  const syntax::Expr* found = value_if(mark);
  if (found == nullptr) misfit();
  return found;
}

const syntax::Expr* Form::value_if(syntax::Mark mark) {
  const syntax::Operand* operand = peek();
  if (operand == nullptr || operand->mark != mark) return nullptr;
  ++next_;
  return &operand->value;
}

bool Form::word_if(std::string_view text) {
  const syntax::Operand* operand = peek();
  const bool fits =
      operand != nullptr && operand->mark == syntax::Mark::None && name_of(operand->value) == text;
  if (fits) ++next_;
  return fits;
}

bool Form::word(std::string_view text) {
  const bool fits = word_if(text);
  if (!fits) misfit();
  return fits;
}

const syntax::Expr* Form::name(syntax::Mark mark) {
  const syntax::Operand* operand = peek();
  if (operand == nullptr || operand->mark != mark || name_of(operand->value).empty()) {
    misfit();
    return nullptr;
  }
  ++next_;
  return &operand->value;
}

std::vector<const syntax::Expr*> Form::list() {
  std::vector<const syntax::Expr*> items;
  const syntax::Expr* item = value();
  while (item != nullptr) {
    items.push_back(item);
    item = value_if(syntax::Mark::Comma);
  }
  return items;
}

void Form::end() {
  if (peek() != nullptr) misfit();
}

Attributes::Attributes(const syntax::Statement& statement, const StatementRow& row,
                       Diagnostics& diagnostics) {
  const auto known = attributes_of(row);
  assert(known.has_value());
  if (statement.block) {
    for (const syntax::Statement& inner : statement.block->statements) {
      const auto found = std::ranges::find(*known, inner.word.text, &Attribute::name);
      if (found == known->end()) {
        report_unknown(inner, row, *known, diagnostics);
      } else {
        add(inner, *found, diagnostics);
      }
    }
  }
  for (const Attribute& attribute : *known) {
    if (attribute.required && !mentions(attribute.name) && statement.is_intact) {
      ok_ = false;
      diagnostics.report(statement.word.span, diag::MissingPart, row.word, attribute.name)
          .help(fmt::format("it is written like `{}`", row.form));
    }
  }
}

void Attributes::add(const syntax::Statement& inner, const Attribute& attribute,
                     Diagnostics& diagnostics) {
  const WrittenAttribute* before = find(attribute.name);
  if (before != nullptr && !attribute.repeated) {
    ok_ = false;
    diagnostics.report(inner.word.span, diag::DeclaredTwice, attribute.name)
        .label(before->statement->word.span, "it is declared here");
    return;
  }
  const bool is_assignment =
      !inner.operands.empty() && inner.operands.front().mark == syntax::Mark::Assign;
  written_.push_back({&inner, is_assignment ? &inner.operands.front().value : nullptr});
  if (attribute.shape == AttributeShape::Own) return;
  const bool is_word = attribute.shape == AttributeShape::Word;
  Form form(inner, is_word ? attribute.name : attribute.name + " = …", diagnostics);
  if (!is_word) form.value(syntax::Mark::Assign);
  form.end();
  ok_ = ok_ && form.ok();
}

void Attributes::report_unknown(const syntax::Statement& inner, const StatementRow& row,
                                const std::vector<Attribute>& known, Diagnostics& diagnostics) {
  ok_ = false;
  if (inner.word.text.empty()) return;  // a mistake of syntax, and reported as one
  std::vector<std::string> names;
  names.reserve(known.size());
  for (const Attribute& attribute : known)
    names.push_back(attribute.name);
  auto report =
      diagnostics.report(inner.word.span, diag::UnknownAttribute, row.word, inner.word.text);
  if (const auto near = nearest(inner.word.text, names)) {
    misspelled_.push_back(*near);
    report.instead(near);
  } else if (names.empty()) {
    report.help(fmt::format("`{}` has no block", row.word));
  } else {
    report.help(fmt::format("`{}` has {}", row.word, fmt::join(names, ", ")));
  }
}

bool Attributes::mentions(std::string_view name) const {
  return find(name) != nullptr || std::ranges::find(misspelled_, name) != misspelled_.end();
}

const WrittenAttribute* Attributes::find(std::string_view name) const {
  const auto found = std::ranges::find_if(written_, [&](const WrittenAttribute& attribute) {
    return attribute.statement->word.text == name;
  });
  return found == written_.end() ? nullptr : &*found;
}

std::vector<const syntax::Statement*> Attributes::all(std::string_view name) const {
  std::vector<const syntax::Statement*> found;
  for (const WrittenAttribute& attribute : written_) {
    if (attribute.statement->word.text == name) found.push_back(attribute.statement);
  }
  return found;
}

void report_unknown_statement(const syntax::Statement& statement, Context context,
                              Diagnostics& diagnostics) {
  const std::string& word = statement.word.text;
  if (word.empty()) return;  // a mistake of syntax, and reported as one
  if (is_later(word)) {
    diagnostics.report(statement.word.span, diag::LaterStatement, word)
        .note("the language knows the word; this version of mig does not carry it out yet");
    return;
  }
  auto report = diagnostics.report(statement.word.span, diag::UnknownStatement, word);
  const auto near = nearest(word, words_of(context));
  if (near) {
    report.instead(near);
  } else if (const auto elsewhere = context_of(word)) {
    static constexpr std::string_view kWhere[] = {
        "at the top of a file", "in a plan",     "in a resource", "in a feature",
        "in a phase",           "in a strategy", "in a test",     "in a scenario"};
    report.help(fmt::format("`{}` stands {}", word, kWhere[static_cast<std::size_t>(*elsewhere)]));
  } else {
    static constexpr std::string_view kBlocks[] = {"a file",    "a plan",    "a resource",
                                                   "a feature", "a phase",   "a strategy",
                                                   "a test",    "a scenario"};
    report.help(fmt::format("{} has {}", kBlocks[static_cast<std::size_t>(context)],
                            fmt::join(words_of(context), ", ")));
  }
}

}  // namespace mig::compiler
