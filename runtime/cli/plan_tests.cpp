#include "runtime/cli/plan_tests.hpp"

#include <cassert>

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "compiler/plan/hash.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/cli/inverse_report.hpp"
#include "runtime/cli/transform_tests.hpp"
#include "runtime/inverse/inverse_check.hpp"
#include "runtime/sim/simulate.hpp"

namespace mig::cli {
namespace {

using Report = std::function<void(const PlanTestResult&)>;

// The statement with that word in the plan, or in its resource.
syntax::Span place_of_back(const syntax::File& root, const plan::Plan& view) {
  const auto find = [](const std::vector<syntax::Statement>& statements, std::string_view word,
                       const std::string& name) -> const syntax::Statement* {
    for (const syntax::Statement& statement : statements) {
      if (statement.word.text != word) continue;
      const bool fits = name.empty() || compiler::name_of(statement.operands.front().value) == name;
      if (fits) return &statement;
    }
    return nullptr;
  };
  const syntax::Statement* around = find(root.statements, "plan", view.name);
  assert(around != nullptr && around->block);
  if (view.seen_by) {
    around = find(around->block->statements, "resource", view.at(*view.seen_by).name);
    assert(around != nullptr && around->block);
  }
  const syntax::Statement* back = find(around->block->statements, "back", "");
  assert(back != nullptr);
  return back->span;
}

std::uint32_t seed_of(const plan::Plan& plan) {
  const plan::Hash hash = plan::plan_hash(plan);
  std::uint32_t seed = 0;
  for (std::size_t i = 0; i < sizeof seed; ++i)
    seed = seed << 8U | hash.bytes[i];
  return seed;
}

// Rows of the old side that tests give: a rule that lets few rows through lets these.
std::vector<runtime::Row> examples_of(const compiler::Compilation& compilation,
                                      plan::EntityId entity) {
  std::vector<runtime::Row> rows;
  std::vector<runtime::RowReject> rejects;
  for (const compiler::TransformTest& test : compilation.tests) {
    if (test.driver.entity != entity) continue;
    if (auto row = given_row(compilation.declared, test.driver, rejects))
      rows.push_back(std::move(row->row));
  }
  return rows;
}

Verdict verdict_of(const runtime::InverseResult& result) {
  if (result.counterexample) return Verdict::Failed;
  if (result.carried() == 0) return Verdict::Nothing;
  return result.is_complete ? Verdict::Ok : Verdict::Partly;
}

PlanTestResult test_inverse(const compiler::Compilation& compilation, const syntax::File& root,
                            const plan::Plan& view, const PlanTestOptions& options) {
  const auto& via = view.via;
  const auto& back = view.back;
  assert(via && back);
  const std::string name = view.seen_by ? view.name + "." + view.at(*view.seen_by).name : view.name;
  PlanTestResult result{.name = name, .subject = view.at(*back).name};
  const std::uint32_t seed = options.seed.value_or(seed_of(view));
  runtime::InverseOptions wanted{.seed = seed,
                                 .rows = options.rows,
                                 .drops = compilation.drops.at(via->index),
                                 .examples = examples_of(compilation, view.at(view.from).entity)};
  if (options.watch) {
    wanted.watch = [&](std::size_t rows) { options.watch(name, rows); };
  }
  const runtime::InverseResult found = runtime::check_inverse(view, wanted);
  result.verdict = verdict_of(found);
  result.inverse = InverseCounts{.seed = seed,
                                 .boundary = found.boundary,
                                 .generated = found.generated,
                                 .rejected = found.rejected,
                                 .reasons = found.reasons};
  if (found.counterexample)
    report_no_inverse(view, found, seed, place_of_back(root, view), result.diagnostics);
  return result;
}

// The same script and seed as `mig simulate` has.
PlanTestResult test_plan(const compiler::PlanTest& test, const PlanTestOptions& options) {
  PlanTestResult result{.name = test.name, .subject = test.plan.name};
  const std::uint64_t seed = options.seed.value_or(1);
  const runtime::sim::Report run = runtime::sim::simulate(test.plan, test.script, {.seed = seed});
  result.simulation =
      SimulatedEnd{seed, run.ending, std::chrono::microseconds(run.ended_at - run.started_at)};
  const auto fail = [&](const syntax::Span& at) {
    result.verdict = Verdict::Failed;
    return result.diagnostics.report(at, compiler::diag::TestFails, test.name);
  };
  for (const runtime::sim::Unmet& one : run.unmet) {
    auto report = fail(test.expected_at.at(one.expectation));
    report.note(one.why);
    if (!run.detail.empty()) report.note("the run says: " + run.detail);
  }
  if (run.violation)
    fail(test.span).note(fmt::format("a client is harmed: {}", run.violation->what));
  if (run.never_happened.empty()) return result;
  auto report = fail(test.span);
  for (const std::string& line : run.never_happened)
    report.note(fmt::format("`{}` never happened", line));
  report.help("take it out, or let it happen earlier");
  return result;
}

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::Ok:
      return "ok";
    case Verdict::Partly:
      return "partly";
    case Verdict::Nothing:
      return "nothing";
    case Verdict::Failed:
      return "failed";
  }
  assert(false && "every verdict has a name");
  return "";
}

void run_plan_tests(const compiler::Compilation& compilation, const syntax::File& root,
                    const PlanTestOptions& options, const runtime::Clock& clock,
                    const Report& report) {
  const auto timed = [&](const auto& run) {
    const runtime::Duration begin = clock.elapsed();
    PlanTestResult result = run();
    result.took = clock.elapsed() - begin;
    report(result);
  };
  for (const compiler::TransformTest& test : compilation.tests) {
    timed([&] {
      PlanTestResult result{.name = test.name,
                            .subject = compilation.declared.at(test.transform).name};
      const bool holds = run_transform_test(compilation.declared, test, result.diagnostics);
      result.verdict = holds ? Verdict::Ok : Verdict::Failed;
      return result;
    });
  }
  for (const compiler::PlanTest& test : compilation.plan_tests)
    timed([&] { return test_plan(test, options); });
  for (const plan::Plan& plan : compilation.plans) {
    const plan::Views views(plan);
    for (std::size_t i = 0; i < views.size(); ++i) {
      const plan::Plan& view = views.at(i);
      if (!view.via || !view.back) continue;
      timed([&] { return test_inverse(compilation, root, view, options); });
    }
  }
}

}  // namespace mig::cli
