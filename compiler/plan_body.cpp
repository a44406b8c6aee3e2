#include "compiler/plan_body.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {

std::string about(const syntax::Statement& statement) {
  std::string text;
  for (const syntax::Doc& doc : statement.docs) {
    if (!text.empty()) text += '\n';
    text += doc.text;
  }
  return text;
}

const std::vector<syntax::Statement>& PlanBody::statements() const {
  static const syntax::Block kNothing;
  return statement_.block ? statement_.block->statements : kNothing.statements;
}

std::vector<const syntax::Statement*> PlanBody::all(std::string_view word) const {
  std::vector<const syntax::Statement*> found;
  for (const syntax::Statement& statement : statements()) {
    if (statement.word.text == word) found.push_back(&statement);
  }
  return found;
}

const syntax::Statement* PlanBody::only(std::string_view word) {
  const auto found = all(word);
  for (std::size_t i = 1; i < found.size(); ++i) {
    analysis_.diagnostics.report(found[i]->word.span, diag::DeclaredTwice, word)
        .label(found[0]->word.span, "it is declared here");
  }
  return found.empty() ? nullptr : found.front();
}

std::vector<const syntax::Expr*> PlanBody::names_of(const syntax::Statement& statement) {
  Form form(statement, find_statement(context_, statement.word.text)->form, analysis_.diagnostics);
  auto names = form.list();
  form.end();
  return form.ok() ? names : std::vector<const syntax::Expr*>();
}

const syntax::Expr* PlanBody::only_name(const syntax::Statement& statement, std::string_view help) {
  const auto names = names_of(statement);
  if (names.size() > 1) {
    analysis_.diagnostics.report(names[1]->span, diag::WrongForm, statement.word.text)
        .help(std::string(help));
  }
  return names.empty() ? nullptr : names.front();
}

void PlanBody::missing(std::string_view word) {
  const auto words = words_of(context_);
  const auto stands_for = [&](const syntax::Statement& statement) {
    const std::string& written = statement.word.text;
    return find_statement(context_, written) == nullptr && nearest(written, words) == word;
  };
  if (std::ranges::any_of(statements(), stands_for)) return;
  missing_.emplace_back(word);
}

void PlanBody::report_missing() {
  if (missing_.empty() || !statement_.is_intact) return;
  const std::string words = fmt::format("{}", fmt::join(missing_, "`, `"));
  const Context outside = context_ == Context::Plan ? Context::File : Context::Plan;
  const std::string& word = statement_.word.text;
  analysis_.diagnostics.report(name_, diag::MissingPart, word, words)
      .help(fmt::format("it is written like `{}`", find_statement(outside, word)->form));
}

}  // namespace mig::compiler
