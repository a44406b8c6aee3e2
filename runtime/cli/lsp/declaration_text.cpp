#include "runtime/cli/lsp/declaration_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "runtime/cli/lsp/protocol.hpp"
#include "runtime/cli/lsp/tree_walk.hpp"

namespace mig::cli::lsp {
namespace {

// What is longer is shown by its first line alone.
constexpr std::ptrdiff_t kMostLines = 24;

// A word that declares something whose whole text says what it is, or only the line above its
// block.
bool says_all_in_its_head(std::string_view word) {
  return word == "plan" || word == "phase" || word == "transform" || word == "resource" ||
         word == "feature";
}

std::string text_of(const Snapshot& snapshot, const syntax::Statement& statement) {
  const std::string whole(snapshot.sources().text(statement.span));
  const bool is_long = std::ranges::count(whole, '\n') > kMostLines;
  return is_long || says_all_in_its_head(statement.word.text)
             ? head_of(snapshot.sources(), statement)
             : whole;
}

std::string with_docs(const std::string& code, const std::string& docs) {
  return docs.empty() ? code_block(code) : fmt::format("{}\n\n{}", code_block(code), docs);
}

// The value of a param in each environment.
std::string values_of(const Snapshot& snapshot, std::string_view name) {
  std::string lines;
  for (const compiler::ResolvedParam& one : snapshot.insight().params) {
    if (one.parameter.name != name) continue;
    lines += fmt::format("\n- `{}`: `{}`{}", one.environment, one.parameter.value,
                         one.parameter.from == "default" ? " (default)" : "");
  }
  return lines;
}

// `u: UserV1` of a transform, `steps: [ratio] = [1%, 100%]` of a strategy.
std::string parameter_text(const Snapshot& snapshot, const syntax::Statement& statement,
                           const syntax::Span& declaration) {
  if (statement.operands.empty()) return {};
  const auto* call = std::get_if<syntax::Call>(&statement.operands.front().value.node);
  if (call == nullptr) return {};
  for (const syntax::Argument& argument : call->arguments) {
    if (!argument.name || argument.name->span != declaration) continue;
    const syntax::Span& end = argument.fallback ? argument.fallback->span : argument.value.span;
    return fmt::format("{}\n\nof `{}`", code_block(snapshot.sources().text(declaration.to(end))),
                       compiler::name_of(*call->callee));
  }
  return {};
}

}  // namespace

std::string declaration_text(const Snapshot& snapshot, const syntax::Span& declaration) {
  const syntax::File* tree = snapshot.tree_of(declaration.file);
  if (tree == nullptr) return {};
  const auto around = statements_at(*tree, declaration.begin);
  if (around.empty()) return {};
  const syntax::Statement& statement = *around.back().statement;
  const std::string parameter = parameter_text(snapshot, statement, declaration);
  if (!parameter.empty()) return parameter;
  if (statement.word.text == "param" && around.size() == 1) {
    return with_docs(text_of(snapshot, statement), docs_of(statement)) +
           values_of(snapshot, snapshot.sources().text(declaration));
  }
  std::string text = with_docs(text_of(snapshot, statement), docs_of(statement));
  const bool is_part = around.size() > 1 && !around[around.size() - 2].statement->operands.empty();
  if (is_part) {
    const syntax::Statement& outside = *around[around.size() - 2].statement;
    text += fmt::format("\n\nin `{}`", head_of(snapshot.sources(), outside));
  }
  return text;
}

}  // namespace mig::cli::lsp
