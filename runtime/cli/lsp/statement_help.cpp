#include "runtime/cli/lsp/statement_help.hpp"

#include <fmt/format.h>

#include "runtime/cli/lsp/protocol.hpp"

namespace mig::cli::lsp {
namespace {

using compiler::Context;

// A row with several forms has "` or `" between them, as a message quotes it.
std::string forms_of(const compiler::StatementRow& row) {
  std::string lines;
  std::string_view rest = row.form;
  constexpr std::string_view kOr = "` or `";
  while (true) {
    const std::size_t end = rest.find(kOr);
    lines += rest.substr(0, end);
    if (end == std::string_view::npos) return lines;
    lines += '\n';
    rest.remove_prefix(end + kOr.size());
  }
}

}  // namespace

const compiler::StatementRow* row_of(Context context, std::string_view word) {
  if (const auto* row = compiler::find_statement(context, word)) return row;
  if (context != Context::Strategy) return nullptr;
  if (const auto* row = compiler::find_statement(Context::Phase, word)) return row;
  return compiler::find_statement(Context::Plan, word);
}

std::string help_of(const compiler::StatementRow& row) {
  std::string text = fmt::format("`{}` {}\n\n{}", row.word, row.about, code_block(forms_of(row)));
  const auto attributes = compiler::attributes_of(row);
  if (!attributes || attributes->empty()) return text;
  text += "\n\nIn its block: ";
  for (std::size_t i = 0; i < attributes->size(); ++i) {
    const compiler::Attribute& one = attributes->at(i);
    text +=
        fmt::format("{}`{}`{}", i == 0 ? "" : ", ", one.name, one.required ? " (required)" : "");
  }
  return text;
}

}  // namespace mig::cli::lsp
