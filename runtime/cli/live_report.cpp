#include "runtime/cli/live_report.hpp"

#include <algorithm>
#include <unistd.h>

#include <fmt/format.h>

#include "compiler/diagnostics/render.hpp"
#include "runtime/cli/observers.hpp"

namespace mig::cli {
namespace {

// The statement that declares a name, in whichever file it stands.
const syntax::Statement* declaration(const CompiledFile& file, std::string_view word,
                                     std::string_view name) {
  for (const compiler::Input& input : file.inputs()) {
    for (const syntax::Statement& statement : input.tree->statements) {
      if (statement.word.text != word || statement.operands.empty()) continue;
      const auto* declared = std::get_if<syntax::Name>(&statement.operands.front().value.node);
      if (declared != nullptr && declared->text == name) return &statement;
    }
  }
  return nullptr;
}

// The field's name inside its entity, or the dataset's name where a difference is about no field.
syntax::Span place_of(const CompiledFile& file, const plan::Plan& plan,
                      const runtime::SchemaDifference& difference) {
  const plan::Dataset& dataset = plan.at(difference.dataset);
  const syntax::Statement* entity = declaration(file, "entity", plan.at(dataset.entity).name);
  if (difference.field && entity != nullptr && entity->block) {
    const std::string& name = plan.at(dataset.entity).fields.at(*difference.field).name;
    for (const syntax::Statement& field : entity->block->statements) {
      if (field.word.text == name) return field.word.span;
      if (field.operands.empty()) continue;
      const auto* marked = std::get_if<syntax::Name>(&field.operands.front().value.node);
      if (marked != nullptr && marked->text == name) return field.operands.front().value.span;
    }
  }
  const syntax::Statement* statement = declaration(file, "dataset", dataset.name);
  if (statement != nullptr) return statement->operands.front().value.span;
  return syntax::Span{file.tree().id, 0, 0};
}

// The place of the first copy: that is where the rows would be rejected.
syntax::Span place_of_copy(const CompiledFile& file, const plan::Plan& plan) {
  const syntax::Statement* from = declaration(file, "plan", plan.name);
  return from == nullptr ? syntax::Span{file.tree().id, 0, 0} : from->operands.front().value.span;
}

std::string limit_of(const plan::Plan& plan) {
  for (const plan::Step& step : plan.steps) {
    const auto* copy = std::get_if<plan::Copy>(&step.action);
    if (copy == nullptr) continue;
    return copy->rejects.quarantine ? fmt::format("the limit is {}", print(copy->rejects.most))
                                    : "the copy stops at the first one";
  }
  return {};
}

}  // namespace

ExitCode report_live(CompiledFile& file, const plan::Plan& plan, const Preflight& live) {
  compiler::Diagnostics found;
  for (const runtime::SchemaDifference& difference : live.differences) {
    found
        .report(place_of(file, plan, difference), compiler::diag::SchemaDiffers,
                difference.sentence)
        .help("bring the entity and the table together; `mig explain M5001` says how");
  }
  if (live.sample.rejected > 0) {
    auto report = found.report(place_of_copy(file, plan), compiler::diag::SampledRejects,
                               grouped(live.sample.rejected), grouped(live.sample.read));
    for (const runtime::SampledReject& reject : live.sample.first) {
      report.note(fmt::format("row {}: {}: {}", reject.key, reject.field, reject.reason));
    }
    report.help(limit_of(plan));
  }
  const auto color =
      ::isatty(STDERR_FILENO) == 1 ? compiler::Color::Always : compiler::Color::Never;
  fmt::print(stderr, "{}", render_all(file.sources(), found, color));
  return found.has_errors() ? ExitCode::Refused : ExitCode::Done;
}

}  // namespace mig::cli
