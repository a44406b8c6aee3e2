#include "runtime/cli/live_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/render.hpp"
#include "compiler/plan/views.hpp"
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

syntax::Span place_of_name(const CompiledFile& file, std::string_view word, std::string_view name) {
  const syntax::Statement* statement = declaration(file, word, name);
  if (statement != nullptr) return statement->operands.front().value.span;
  return syntax::Span{file.tree().id, 0, 0};
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
  return place_of_name(file, "dataset", dataset.name);
}

}  // namespace

std::string reject_limit(const plan::Plan& view) {
  for (std::uint32_t i = 0; i < view.steps.size(); ++i) {
    const auto* copy = std::get_if<plan::Copy>(&view.steps[i].action);
    if (copy == nullptr || !view.sees(plan::StepId{i})) continue;
    return copy->rejects.quarantine ? fmt::format("the limit is {}", print(copy->rejects.most))
                                    : "the copy stops at the first one";
  }
  return {};
}

compiler::Diagnostics live_diagnostics(const CompiledFile& file, const plan::Plan& plan,
                                       const Preflight& live) {
  compiler::Diagnostics found;
  for (const runtime::SchemaDifference& difference : live.differences) {
    found
        .report(place_of(file, plan, difference), compiler::diag::SchemaDiffers,
                difference.sentence)
        .help("bring the entity and the table together; `mig explain M5001` says how");
  }
  for (const StrangeStore& strange : live.strange_stores) {
    const std::string& store = plan.at(strange.store).name;
    found
        .report(place_of_name(file, "store", store), compiler::diag::OtherEnvironment,
                fmt::format("the store `{}` belongs to the environment `{}`, and this is `{}`",
                            store, strange.environment, plan.env))
        .help("check the path and `--env`; a copy of the file belongs to no environment yet");
  }
  for (const runtime::DropInUse& drop : live.drops_in_use) {
    auto report = found.report(place_of_name(file, "dataset", plan.at(drop.dataset).name),
                               compiler::diag::DropInUse, drop.name, drop.users.front());
    for (std::size_t i = 1; i < drop.users.size(); ++i)
      report.note(drop.users[i]);
    report.help("drop or change what uses it first; nothing is dropped along with it");
  }
  for (const OtherWriter& writer : live.other_writers) {
    found
        .report(place_of_name(file, "dataset", plan.at(writer.dataset).name),
                compiler::diag::OtherWriters, writer.sentence)
        .help(
            "rows that others write meanwhile are theirs: the copy keeps them, `verify` says "
            "what differs");
  }
  const plan::Views views(plan);
  for (std::size_t i = 0; i < live.samples.size(); ++i) {
    const runtime::RowSample& sample = live.samples[i];
    if (sample.rejected == 0) continue;
    auto report =
        found.report(place_of_name(file, "plan", plan.name), compiler::diag::SampledRejects,
                     grouped(sample.rejected), grouped(sample.read));
    if (!plan.resources.empty())
      report.note(fmt::format("they are rows of `{}`", plan.at(views.at(i).from).name));
    for (const runtime::SampledReject& reject : sample.first) {
      report.note(fmt::format("row {}: {}: {}", reject.key, reject.field, reject.reason));
    }
    report.help(reject_limit(views.at(i)));
  }
  return found;
}

ExitCode report_live(const CompiledFile& file, const compiler::Diagnostics& found) {
  fmt::print(stderr, "{}", render_all(file.sources(), found, chosen_color("auto")));
  return found.has_errors() ? ExitCode::Refused : ExitCode::Done;
}

}  // namespace mig::cli
