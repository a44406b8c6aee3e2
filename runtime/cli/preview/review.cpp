#include "runtime/cli/preview/review.hpp"

#include <cassert>

#include <fmt/format.h>

#include "compiler/plan/carried_out.hpp"
#include "runtime/cli/live_report.hpp"
#include "runtime/cli/preview/gates_now.hpp"
#include "runtime/cli/preview/make_document.hpp"
#include "runtime/cli/preview/shown_diagnostics.hpp"
#include "runtime/cli/preview/words.hpp"

namespace mig::cli {

runtime::Result<Review> review(const ReviewInput& input) {
  Review made;
  std::string why_not = input.why_offline;
  if (why_not.empty() && !not_carried_out(input.plan).empty())
    why_not = "this version does not open all that the plan names";
  std::vector<ShownGate> gates = gates_unseen(input.plan);
  if (why_not.empty()) {
    MIG_ASSIGN(live, look_at(input.plan, input.folder, input.run));
    made.found = live_diagnostics(input.file, input.plan, live);
    made.live = std::move(live);
    if (made.live->obstacles.empty()) {
      MIG_ASSIGN(now, gates_now(input.plan, input.folder));
      gates = std::move(now);
    }
  }
  std::optional<Preflight> pulled;
  if (!made.live && input.schemas != nullptr) {
    pulled = findings_in(input.plan, *input.schemas);
    made.found = live_diagnostics(input.file, input.plan, *pulled);
  }
  std::vector<ShownDiagnostic> diagnostics =
      shown_diagnostics(input.file.sources(), input.file.diagnostics());
  for (ShownDiagnostic& one : shown_diagnostics(input.file.sources(), made.found))
    diagnostics.push_back(std::move(one));
  MIG_ASSIGN(document, make_document(DocumentInput{
                           .plan = input.plan,
                           .source_hash = input.source_hash,
                           .proof = input.proof,
                           .file = input.path,
                           .live = made.live ? &*made.live : nullptr,
                           .pulled = pulled ? &*pulled : nullptr,
                           .why_not_live = std::move(why_not),
                           .run = input.run,
                           .gates = std::move(gates),
                           .diagnostics = std::move(diagnostics),
                           .now = runtime::SystemClock().now(),
                       }));
  made.document = std::move(document);
  return made;
}

ShownProof proof_in(const CompiledFile& file, const plan::Plan& plan) {
  const auto& plans = file.result().plans;
  const auto position = static_cast<std::size_t>(&plan - plans.data());
  assert(position < plans.size());
  return shown_proof(file.result().proofs.at(position));
}

Document error_document(const CompiledFile& file, const std::string& path, const std::string& env) {
  Document document;
  document.format = kPreviewFormat;
  document.mig = MIG_VERSION;
  document.outcome = "error";
  document.file = path;
  document.env = env;
  document.made_at = to_the_second(runtime::SystemClock().now());
  document.diagnostics = shown_diagnostics(file.sources(), file.diagnostics());
  return document;
}

}  // namespace mig::cli
