#include "tests/mutants/mutate.hpp"

#include <array>

#include <fmt/format.h>

#include "grammar/parse.hpp"
#include "grammar/source.hpp"

namespace mig::mutants {
namespace {

constexpr std::array kModes = {"sync", "follow", "transaction", "app"};
constexpr std::array kShares = {"1%", "50%", "100%"};

class Mutator {
 public:
  explicit Mutator(std::string_view text)
      : text_(text),
        file_(sources_.add("plan.mig", text_)),
        parsed_(syntax::parse(sources_, file_)) {}

  std::vector<Mutant> run() {
    for (const syntax::Statement& statement : parsed_.file.statements) {
      if (statement.word.text == "plan" && statement.block) visit(*statement.block);
    }
    return std::move(mutants_);
  }

 private:
  std::string_view text_of(const syntax::Span& span) const { return sources_.text(span); }

  std::string shown(const syntax::Span& span) const {
    std::string_view line = text_of(span);
    line = line.substr(0, line.find('\n'));
    const std::size_t number = sources_.position(file_, span.begin).line;
    return fmt::format("line {}: {}{}", number, line.substr(0, 60), line.size() > 60 ? "…" : "");
  }

  void change(const syntax::Span& span, const std::string& to, std::string what) {
    std::string text = text_;
    text.replace(span.begin, span.end - span.begin, to);
    mutants_.push_back({std::move(what), std::move(text)});
  }

  void visit(const syntax::Block& block) {
    const auto& statements = block.statements;
    for (std::size_t i = 0; i < statements.size(); ++i) {
      const syntax::Statement& one = statements[i];
      const std::string written(text_of(one.span));
      change(one.span, "", "without " + shown(one.span));
      change(one.span, written + "; " + written, "twice " + shown(one.span));
      if (i + 1 < statements.size()) {
        const syntax::Span both{file_, one.span.begin, statements[i + 1].span.end};
        change(both, std::string(text_of(statements[i + 1].span)) + "; " + written,
               "after the next " + shown(one.span));
      }
      for (const syntax::Operand& operand : one.operands)
        visit(operand.value, one.word.text);
      if (one.block) visit(*one.block);
    }
  }

  void visit(const syntax::Expr& expr, std::string_view word) {
    const std::string_view written = text_of(expr.span);
    if (const auto* list = std::get_if<syntax::List>(&expr.node)) {
      for (const syntax::Expr& item : list->items)
        visit(item, word);
    }
    if (word == "mode" && std::holds_alternative<syntax::Name>(expr.node)) {
      for (const char* mode : kModes) {
        if (written != mode)
          change(expr.span, mode, fmt::format("{} in {}", mode, shown(expr.span)));
      }
    }
    if (!std::holds_alternative<syntax::Literal>(expr.node) || !written.ends_with('%')) return;
    for (const char* share : kShares) {
      if (written != share)
        change(expr.span, share, fmt::format("{} for {}", share, shown(expr.span)));
    }
  }

  std::string text_;
  syntax::SourceSet sources_;
  syntax::FileId file_;
  syntax::Parsed parsed_;
  std::vector<Mutant> mutants_;
};

}  // namespace

std::vector<Mutant> mutants_of(std::string_view text) {
  return Mutator(text).run();
}

}  // namespace mig::mutants
