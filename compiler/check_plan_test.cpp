// `test "the owner says no" of split_users { refuse approve "shop-owner"; expect rolled_back }`
#include <algorithm>

#include "compiler/check_script.hpp"
#include "compiler/check_tests.hpp"
#include "compiler/form.hpp"

namespace mig::compiler {
namespace {

// Its head was checked with those of the other tests.
const syntax::Expr* subject_of(const syntax::Statement& test) {
  const bool is_whole = test.word.text == "test" && test.is_intact && test.operands.size() == 3;
  return is_whole ? &test.operands.back().value : nullptr;
}

}  // namespace

std::vector<const syntax::Statement*> tests_of(const Program& program, const Declaration& plan) {
  std::vector<const syntax::Statement*> tests;
  for (const syntax::Statement& statement : program.root().tree->statements) {
    const syntax::Expr* subject = subject_of(statement);
    if (subject != nullptr && name_of(*subject) == plan.name) tests.push_back(&statement);
  }
  return tests;
}

bool has_settings(const syntax::Statement& test) {
  return test.block && std::ranges::any_of(test.block->statements, [](const auto& line) {
           return line.word.text == "set";
         });
}

std::optional<PlanTest> check_plan_test(Analysis& analysis, const syntax::Statement& test) {
  static const syntax::Block kNothing;
  const auto& lines = (test.block ? *test.block : kNothing).statements;
  const std::size_t errors = analysis.diagnostics.error_count();
  const ScriptScope scope{analysis.sources, analysis.plan, analysis.constants,
                          analysis.program.root(), analysis.diagnostics};
  PlanTest checked{.name = text_of(test.operands.front().value).value_or(""),
                   .span = test.operands.front().value.span,
                   .plan = analysis.plan,
                   .script = check_script(scope, lines),
                   .expected_at = {}};
  if (analysis.diagnostics.error_count() != errors) return std::nullopt;
  for (const syntax::Statement& line : lines) {
    if (line.word.text == "expect") checked.expected_at.push_back(line.span);
  }
  if (!checked.expected_at.empty()) return checked;
  analysis.diagnostics.report(test.word.span, diag::MissingPart, "test", "expect")
      .help("say how the run has to end: `expect completed`");
  return std::nullopt;
}

}  // namespace mig::compiler
