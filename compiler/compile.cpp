#include "compiler/compile.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/analysis.hpp"
#include "compiler/canonical.hpp"
#include "compiler/check_changelogs.hpp"
#include "compiler/check_ending.hpp"
#include "compiler/check_evidence.hpp"
#include "compiler/check_locks.hpp"
#include "compiler/check_mirrors.hpp"
#include "compiler/check_order.hpp"
#include "compiler/check_parts.hpp"
#include "compiler/check_plan.hpp"
#include "compiler/check_repeats.hpp"
#include "compiler/check_safety.hpp"
#include "compiler/check_secrets.hpp"
#include "compiler/check_tests.hpp"
#include "compiler/each_expr.hpp"
#include "compiler/expand.hpp"
#include "compiler/form.hpp"
#include "compiler/names.hpp"
#include "compiler/plan/verify.hpp"
#include "compiler/quantity.hpp"
#include "compiler/strategy_names.hpp"

namespace mig::compiler {
namespace {

constexpr std::int64_t kEdition = 1;

// The first statement is `mig 1`: which edition of the language the file is written in.
void check_edition(const Module& module, Diagnostics& diagnostics) {
  const auto& statements = module.tree->statements;
  if (statements.empty() || statements.front().word.text != "mig") {
    const syntax::FileId file = module.tree->id;
    diagnostics.report(syntax::Span{file, 0, 0}, diag::NoEdition)
        .help("the first line is `mig 1`")
        .fix(syntax::Span{file, 0, 0}, "mig 1\n");
    return;
  }
  const syntax::Statement& line = statements.front();
  Form form(line, "mig 1", diagnostics);
  const syntax::Expr* number = form.value();
  form.end();
  if (!form.ok()) return;
  const auto* literal = std::get_if<syntax::Literal>(&number->node);
  const auto value = literal != nullptr && literal->kind == syntax::LiteralKind::Quantity
                         ? read_quantity(literal->raw)
                         : std::unexpected(LiteralMistake{});
  const auto* edition = value ? std::get_if<plan::Quantity>(&*value) : nullptr;
  if (edition == nullptr || edition->unit != plan::Unit::Number || edition->value < 1) {
    diagnostics.report(number->span, diag::WrongForm, "mig").help("the first line is `mig 1`");
  } else if (edition->value > kEdition) {
    diagnostics.report(number->span, diag::NewerEdition, edition->value)
        .help("this mig reads edition 1; a newer mig reads this file");
  }
}

void check_words(const Module& module, Diagnostics& diagnostics) {
  const auto& statements = module.tree->statements;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const std::string& word = statements[i].word.text;
    if (i == 0 && word == "mig") continue;
    if (find_statement(Context::File, word) == nullptr) {
      report_unknown_statement(statements[i], Context::File, diagnostics);
      continue;
    }
    // Declarations are found by their name; one without a name would be passed over in silence.
    const bool has_name = word != "use" && word != "test";
    const bool is_nameless =
        has_name && statements[i].is_intact && declared_name(statements[i]) == nullptr;
    if (is_nameless)
      Form(statements[i], find_statement(Context::File, word)->form, diagnostics).misfit();
  }
}

// Elsewhere than in `join` a loop would be passed over in silence.
void check_loops(const Module& module, Diagnostics& diagnostics) {
  each_expr(*module.tree, [&](const syntax::Expr& expr) {
    const auto* call = std::get_if<syntax::Call>(&expr.node);
    if (call == nullptr) return;
    const std::string_view written = name_of(*call->callee);
    const bool is_join = written == "join" || nearest(written, {"join"});
    for (const syntax::Argument& argument : call->arguments) {
      if (!argument.loop || (is_join && !argument.name)) continue;
      diagnostics.report(argument.loop->span, diag::WrongForm, written)
          .help("only `join` takes a loop");
    }
  });
}

std::vector<const Declaration*> plans_of(const Program& program) {
  auto plans = program.declarations(DeclarationKind::Plan);
  std::erase_if(plans, [&](const Declaration* plan) { return plan->module != &program.root(); });
  return plans;
}

std::vector<std::string> environments_of(const Program& program) {
  std::vector<std::string> names;
  for (const Declaration* env : program.declarations(DeclarationKind::Env)) {
    if (env->module == &program.root()) names.push_back(env->name);
  }
  return names;
}

void check_declarations(Analysis& analysis) {
  check_stores(analysis);
  check_routers(analysis);
  check_services(analysis);
  check_entities(analysis);
  check_datasets(analysis);
  check_transforms(analysis);
  check_metrics(analysis);
  check_gates(analysis);
}

// Of several environments the first one shows what a plan is.
void note_plan(const Declaration& declaration, const plan::Plan& plan,
               const std::vector<syntax::Span>& step_spans, Insight& insight) {
  const bool is_known = std::ranges::any_of(
      insight.plans, [&](const DraftPlan& draft) { return draft.name == declaration.span; });
  if (!is_known) insight.plans.push_back(DraftPlan{declaration.span, plan, step_spans});
}

void note_declared(const plan::Plan& declared, Insight& insight) {
  for (const plan::Parameter& parameter : declared.parameters)
    insight.params.push_back(ResolvedParam{declared.env, parameter});
  if (insight.declared.entities.empty()) insight.declared = declared;
}

// What needs the whole of what is moved: a plan, or a view of it.
void check_whole(const plan::Plan& plan, const std::vector<syntax::Span>& step_spans,
                 Diagnostics& diagnostics) {
  check_evidence(plan, step_spans, diagnostics);
  const std::size_t errors = diagnostics.error_count();
  check_safety(plan, step_spans, diagnostics);
  check_mirrors(plan, step_spans, diagnostics);
  // Without sides of its own a plan is checked as each of its resources lives it.
  if (plan.resources.empty() || plan.seen_by) {
    const OrderedView ordered(plan, step_spans);
    check_parts(ordered, diagnostics);
    check_order(ordered, diagnostics);
    check_locks(ordered, diagnostics);
    check_changelogs(ordered, diagnostics);
    check_repeats(ordered, diagnostics);
  }
  if (diagnostics.error_count() == errors) check_ending(plan, step_spans, diagnostics);
}

// A test that sets params is about another plan, which is compiled for it.
void add_plan_test(syntax::SourceSet& sources, const std::vector<Input>& inputs,
                   const Settings& settings, Analysis& analysis, const syntax::Statement& test,
                   std::vector<PlanTest>& tests) {
  if (!has_settings(test) || settings.test != nullptr) {
    if (auto checked = check_plan_test(analysis, test)) tests.push_back(std::move(*checked));
    return;
  }
  Diagnostics own;
  Compilation compiled =
      compile(sources, inputs, Settings{.env = settings.env, .test = &test}, own);
  if (own.has_errors()) return analysis.diagnostics.take(own);
  std::ranges::move(compiled.plan_tests, std::back_inserter(tests));
}

}  // namespace

Compilation compile(syntax::SourceSet& sources, const std::vector<Input>& inputs,
                    const Settings& settings, Diagnostics& diagnostics, Insight* insight) {
  const WithLibrary whole(sources, inputs);
  Insight unasked(sources);
  Insight& found = insight == nullptr ? unasked : *insight;
  const Program program(whole.inputs(), diagnostics, &found.names);
  for (const Module& module : program.modules()) {
    check_edition(module, diagnostics);
    check_words(module, diagnostics);
    check_loops(module, diagnostics);
    check_secrets(*module.tree, diagnostics);
  }
  Constants constants(sources, program, settings, diagnostics, &found.names);
  Analysis analysis{.sources = sources,
                    .program = program,
                    .constants = constants,
                    .diagnostics = diagnostics,
                    .names = found.names};
  analysis.plan.env = settings.env;
  analysis.plan.parameters = constants.parameters();
  check_declarations(analysis);
  if (insight != nullptr) note_declared(analysis.plan, *insight);
  const Strategies strategies(program, sources, diagnostics);
  const bool are_declared = !diagnostics.has_errors();
  for (const Declaration* declaration : program.declarations(DeclarationKind::Strategy)) {
    if (const Strategy* one = strategies.find(*declaration)) index_names(*one, found.names);
  }
  Expander expander(sources, strategies, constants, diagnostics, &found.names);

  Compilation result;
  result.library = whole.used();
  result.environments = environments_of(program);
  result.settings_ok = constants.settings_ok();
  result.tests = check_tests(analysis);
  for (const Declaration* declaration : plans_of(program)) {
    const std::size_t errors = diagnostics.error_count();
    const auto is_whole = [&] { return are_declared && diagnostics.error_count() == errors; };
    Declaration expanded = *declaration;
    expanded.statement = expander.expand(*declaration);
    if (expanded.statement == nullptr) continue;
    Analysis own = analysis;
    std::vector<syntax::Span> step_spans;
    check_plan(own, expanded, step_spans);
    if (!is_whole()) continue;
    if (insight != nullptr) note_plan(*declaration, own.plan, step_spans, *insight);
    check_whole(own.plan, step_spans, diagnostics);
    for (std::uint32_t i = 0; i < own.plan.resources.size(); ++i)
      check_whole(view_of(own.plan, plan::ResourceId{i}), step_spans, diagnostics);
    if (is_whole()) result.proofs.push_back(prove_safe(own.plan, step_spans, diagnostics));
    const bool is_plan = is_whole();
    for (const syntax::Statement* test : tests_of(program, *declaration)) {
      const bool is_wanted = settings.test == nullptr || settings.test == test;
      if (is_plan && is_wanted)
        add_plan_test(sources, inputs, settings, own, *test, result.plan_tests);
    }
    result.plans.push_back(std::move(own.plan));
  }
  if (diagnostics.has_errors()) {
    result.plans.clear();
    result.proofs.clear();
    result.tests.clear();
    result.plan_tests.clear();
    return result;
  }
  result.declared = std::move(analysis.plan);
  result.drops = std::move(analysis.drops);
  for (const plan::Plan& plan : result.plans)
    assert(!flaw_of(plan));
  result.source_hash = source_hash(whole.inputs());
  return result;
}

std::vector<Compilation> compile_everywhere(syntax::SourceSet& sources,
                                            const std::vector<Input>& inputs,
                                            Diagnostics& diagnostics, Insight* insight) {
  Diagnostics none;
  auto names = environments_of(Program(inputs, none));
  if (names.empty()) names.emplace_back(plan::kDefaultEnvironment);
  std::vector<Compilation> all;
  // A file that could not be read as a whole is not compiled as one in any environment.
  const Diagnostics before = diagnostics;
  for (const std::string& name : names) {
    Diagnostics own = before;
    all.push_back(compile(sources, inputs, Settings{.env = name}, own, insight));
    diagnostics.take(own);
  }
  return all;
}

}  // namespace mig::compiler
