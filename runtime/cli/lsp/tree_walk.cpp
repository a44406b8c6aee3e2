#include "runtime/cli/lsp/tree_walk.hpp"

#include "compiler/each_expr.hpp"

namespace mig::cli::lsp {
namespace {

using compiler::Context;

bool holds(const syntax::Span& span, std::uint32_t offset) {
  return span.begin <= offset && offset <= span.end;
}

void find(const std::vector<syntax::Statement>& statements, std::optional<Context> context,
          std::uint32_t offset, std::vector<Placed>& found) {
  // Where two meet in one place the later one begins there, and is meant.
  const syntax::Statement* at = nullptr;
  for (const syntax::Statement& statement : statements) {
    if (holds(statement.span, offset)) at = &statement;
  }
  if (at == nullptr) return;
  found.push_back(Placed{at, context});
  if (!at->block) return;
  find(at->block->statements, context_inside(at->word.text, context), offset, found);
}

void visit_all(const std::vector<syntax::Statement>& statements, std::optional<Context> context,
               const std::function<void(const Placed&)>& visit) {
  for (const syntax::Statement& statement : statements) {
    visit(Placed{&statement, context});
    if (!statement.block) continue;
    visit_all(statement.block->statements, context_inside(statement.word.text, context), visit);
  }
}

}  // namespace

std::optional<Context> context_inside(std::string_view word, std::optional<Context> outside) {
  if (!outside) return std::nullopt;
  switch (*outside) {
    case Context::File:
      if (word == "plan") return Context::Plan;
      if (word == "test") return Context::Test;
      // What a strategy stands for are steps, or phases with steps.
      if (word == "strategy") return Context::Strategy;
      return std::nullopt;
    case Context::Plan:
      if (word == "resource") return Context::Resource;
      if (word == "feature") return Context::Feature;
      [[fallthrough]];
    case Context::Resource:
    case Context::Feature:
    case Context::Strategy:
      if (word == "phase") return Context::Phase;
      if (word == "parallel" || word == "for") return outside;
      return std::nullopt;
    case Context::Phase:
      return word == "for" ? outside : std::nullopt;
    case Context::Test:
    case Context::Scenario:
      return std::nullopt;
  }
  return std::nullopt;
}

std::vector<Placed> statements_at(const syntax::File& file, std::uint32_t offset) {
  std::vector<Placed> found;
  find(file.statements, Context::File, offset, found);
  return found;
}

void each_statement(const syntax::File& file, const std::function<void(const Placed&)>& visit) {
  visit_all(file.statements, Context::File, visit);
}

const syntax::Expr* expr_at(const syntax::Statement& statement, std::uint32_t offset) {
  const syntax::Expr* innermost = nullptr;
  for (const syntax::Operand& operand : statement.operands) {
    compiler::each_expr(operand.value, [&](const syntax::Expr& expr) {
      const bool is_in = holds(expr.span, offset);
      const bool is_nearer = innermost == nullptr || holds(innermost->span, expr.span.begin);
      if (is_in && is_nearer) innermost = &expr;
    });
  }
  return innermost;
}

std::string head_of(const syntax::SourceSet& sources, const syntax::Statement& statement) {
  syntax::Span span = statement.span;
  if (statement.block) span.end = statement.block->span.begin;
  std::string head(sources.text(span));
  while (!head.empty() && (head.back() == ' ' || head.back() == '\n' || head.back() == '\r'))
    head.pop_back();
  return head;
}

std::string docs_of(const syntax::Statement& statement) {
  std::string text;
  for (const syntax::Doc& doc : statement.docs)
    text += doc.text + "\n";
  return text;
}

}  // namespace mig::cli::lsp
