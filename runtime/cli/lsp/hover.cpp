// `textDocument/hover`: what stands at a place, and what holds before and after it.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/explain.hpp"
#include "compiler/form.hpp"
#include "compiler/plan/gate.hpp"
#include "compiler/quantity.hpp"
#include "runtime/cli/lsp/answers.hpp"
#include "runtime/cli/lsp/declaration_text.hpp"
#include "runtime/cli/lsp/plan_facts.hpp"
#include "runtime/cli/lsp/side_names.hpp"
#include "runtime/cli/lsp/statement_help.hpp"
#include "runtime/cli/lsp/tree_walk.hpp"

namespace mig::cli::lsp {
namespace {

class HoverText {
 public:
  explicit HoverText(const Place& place)
      : place_(place),
        snapshot_(place.snapshot),
        around_(statements_at(place.snapshot.tree(), place.offset)) {}

  Answer write() {
    if (!around_.empty()) {
      add_name();
      add_word();
      if (parts_.empty()) add_expression();
      add_facts();
    }
    add_codes();
    if (parts_.empty()) return Json();
    Json hover{{"contents", markdown(fmt::format("{}", fmt::join(parts_, "\n\n---\n\n")))}};
    if (at_) hover["range"] = range_of(snapshot_.text(), *at_, place_.encoding());
    return hover;
  }

 private:
  const syntax::Statement& statement() const { return *around_.back().statement; }

  bool is_at(const syntax::Span& span) const {
    return span.begin <= place_.offset && place_.offset <= span.end;
  }

  void add(std::string text, const syntax::Span& at) {
    if (text.empty()) return;
    parts_.push_back(std::move(text));
    if (!at_) at_ = at;
  }

  void add_name() {
    const compiler::Occurrence* name = snapshot_.name_at(place_.offset);
    if (name != nullptr) add(declaration_text(snapshot_, name->declaration), name->at);
  }

  // A word of the statement table, or of a block that another word of it has.
  void add_word() {
    if (!is_at(statement().word.span)) return;
    const auto& context = around_.back().context;
    if (context) {
      const compiler::StatementRow* row = row_of(*context, statement().word.text);
      if (row != nullptr) add(help_of(*row), statement().word.span);
      return;
    }
    if (around_.size() < 2 || !parts_.empty()) return;
    const Placed& owner = around_[around_.size() - 2];
    if (!owner.context) return;
    const auto* row = row_of(*owner.context, owner.statement->word.text);
    const auto attributes = row == nullptr ? std::nullopt : compiler::attributes_of(*row);
    if (!attributes) return;
    const std::string& word = statement().word.text;
    if (std::ranges::find(*attributes, word, &compiler::Attribute::name) == attributes->end())
      return;
    add(fmt::format("`{}` of `{}`\n\n{}", word, row->word, code_block(row->form)),
        statement().word.span);
  }

  void add_expression() {
    const syntax::Expr* expr = expr_at(statement(), place_.offset);
    if (expr == nullptr) return;
    if (const auto* literal = std::get_if<syntax::Literal>(&expr->node)) {
      add(quantity_text(*literal), expr->span);
      return;
    }
    const std::string written(compiler::name_of(*expr));
    if (written.empty()) return;
    const auto side = side_named(place_.snapshot, place_.offset, written);
    if (side) {
      std::string text = fmt::format("`{}` is", written);
      for (const syntax::Span& one : *side)
        text += fmt::format("\n\n{}", declaration_text(snapshot_, one));
      return add(text, expr->span);
    }
    for (const auto& [module, functions] : compiler::library_modules()) {
      if (std::ranges::find(functions, written) != functions.end())
        return add(fmt::format("`{}` of `{}`", written, module), expr->span);
    }
    if (const auto metric = plan::metric_named(written)) {
      add(fmt::format("`{}` is {}", written, compiler::with_article(plan::unit_of(*metric))),
          expr->span);
    }
  }

  static std::string quantity_text(const syntax::Literal& literal) {
    std::expected<plan::Quantity, compiler::LiteralMistake> quantity =
        std::unexpected(compiler::LiteralMistake{});
    switch (literal.kind) {
      case syntax::LiteralKind::Quantity:
        if (const auto number = compiler::read_quantity(literal.raw)) {
          if (const auto* whole = std::get_if<plan::Quantity>(&*number)) quantity = *whole;
        }
        break;
      case syntax::LiteralKind::Compound:
        quantity = compiler::read_compound(literal.raw);
        break;
      case syntax::LiteralKind::Timestamp:
        quantity = compiler::read_timestamp(literal.raw);
        break;
      case syntax::LiteralKind::TimeOfDay:
        quantity = compiler::read_time_of_day(literal.raw);
        break;
      case syntax::LiteralKind::Text:
      case syntax::LiteralKind::BlockText:
        break;
    }
    if (!quantity || quantity->unit == plan::Unit::Number) return {};
    return fmt::format("`{}`, {}", print(*quantity), compiler::with_article(quantity->unit));
  }

  // Over the name of a phase, its word, or that of a step.
  void add_facts() {
    const auto is_in_plan = [](const Placed& placed) {
      return placed.statement->word.text == "plan";
    };
    if (std::ranges::none_of(around_, is_in_plan) || around_.size() < 2) return;
    const bool is_head = is_at(statement().word.span) ||
                         (statement().word.text == "phase" && !statement().operands.empty() &&
                          is_at(statement().operands.front().value.span));
    if (!is_head || !around_.back().context) return;
    const auto facts = PlanFacts(snapshot_).around(statement().span);
    if (!facts) return;
    add(fmt::format("**Before:** {}\n\n**After:** {}", facts->before, facts->after),
        statement().word.span);
  }

  void add_codes() {
    for (const compiler::Diagnostic& one : snapshot_.diagnostics().all()) {
      const syntax::Span at = snapshot_.sources().written_at(one.primary.span);
      if (at.file != snapshot_.tree().id || !is_at(at)) continue;
      const auto page = compiler::explain(one.code);
      if (page) add(fmt::format("**{}**: {}", one.code, page->title), at);
    }
  }

  const Place& place_;
  const Snapshot& snapshot_;
  std::vector<Placed> around_;
  std::vector<std::string> parts_;
  std::optional<syntax::Span> at_;
};

}  // namespace

Answer hover(const Place& place) {
  return HoverText(place).write();
}

}  // namespace mig::cli::lsp
