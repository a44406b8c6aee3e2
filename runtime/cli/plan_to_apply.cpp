#include "runtime/cli/plan_to_apply.hpp"

#include <fmt/format.h>

#include "compiler/plan/codec.hpp"
#include "runtime/cli/preview/review.hpp"
#include "runtime/cli/refusal.hpp"
#include "runtime/cli/sources.hpp"

namespace mig::cli {
namespace {

std::nullopt_t refuse(ExitCode& exit, ExitCode code, const std::string& message,
                      const std::string& help) {
  exit = refuse(code, message, help);
  return std::nullopt;
}

std::optional<std::filesystem::path> absolute(const std::filesystem::path& path, ExitCode& exit) {
  std::error_code error;
  auto whole = std::filesystem::absolute(path, error);
  if (error)
    return refuse(exit, ExitCode::Usage, "the plan's folder cannot be found", error.message());
  return whole.lexically_normal();
}

std::optional<PlanToApply> saved_plan_in(const PlanOptions& options, const std::string& text,
                                         ExitCode& exit) {
  if (!options.env.empty() || !options.plan.empty() || !options.sets.empty()) {
    return refuse(exit, ExitCode::Usage, "a saved plan is as it was reviewed",
                  "leave out --env, --plan and --set, or preview and save it anew");
  }
  auto saved = saved_plan_of(text);
  if (!saved) {
    return refuse(exit, ExitCode::Refused,
                  fmt::format("`{}` cannot be applied: {}", options.file, saved.error()),
                  "save it anew with `mig preview --save`");
  }
  auto plan = plan::decode(saved->plan);
  if (!plan) {
    return refuse(exit, ExitCode::Refused,
                  fmt::format("`{}` cannot be applied: {}", options.file, plan.error()),
                  "save it anew with `mig preview --save`");
  }
  const auto folder = absolute(saved->folder, exit);
  if (!folder) return std::nullopt;
  PlanToApply wanted;
  wanted.plan = std::move(*plan);
  wanted.source_hash = saved->preview.hash.source;
  wanted.proof = saved->preview.proof;
  wanted.sources = saved->sources;
  wanted.path = saved->preview.file;
  wanted.folder = *folder;
  wanted.file = std::make_unique<CompiledFile>(saved->preview.file, saved->sources);
  wanted.saved = std::move(*saved);
  exit = ExitCode::Done;
  return wanted;
}

}  // namespace

std::optional<PlanToApply> plan_to_apply(const PlanOptions& options, ExitCode& exit) {
  const SourceText source = read_source(options.file);
  if (source.problem) {
    report_unreadable(*source.problem, exit);
    return std::nullopt;
  }
  if (looks_saved(source.text)) return saved_plan_in(options, source.text, exit);
  PlanToApply wanted;
  wanted.file = std::make_unique<CompiledFile>(options.file);
  const plan::Plan* plan = chosen_plan(*wanted.file, options, exit);
  if (plan == nullptr) return std::nullopt;
  const auto whole = absolute(options.file, exit);
  if (!whole) return std::nullopt;
  wanted.plan = *plan;
  wanted.source_hash = print(wanted.file->result().source_hash);
  wanted.proof = proof_in(*wanted.file, *plan);
  wanted.sources = wanted.file->source_texts();
  wanted.path = options.file;
  wanted.folder = whole->parent_path();
  return wanted;
}

}  // namespace mig::cli
