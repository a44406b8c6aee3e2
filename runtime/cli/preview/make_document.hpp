// Puts a preview together from a compiled plan and a look at its stores.
//
// Used by `mig preview` and `mig apply`, which show the same. Reads nothing itself but the time
// zones of windows.
#pragma once

#include <string>
#include <vector>

#include "compiler/plan/hash.hpp"
#include "compiler/plan/plan.hpp"
#include "compiler/prove/prove.hpp"
#include "runtime/cli/preflight.hpp"
#include "runtime/cli/preview/document.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace mig::cli {

struct DocumentInput {
  const plan::Plan& plan;
  std::string source_hash;
  ShownProof proof;
  std::string file;          // as it was named on the command line
  const Preflight* live;     // null: nobody looked
  const Preflight* pulled;   // what schemas say that were pulled earlier; null: there are none
  std::string why_not_live;  // then
  std::string run;           // that goes on; empty: none has begun
  std::vector<ShownGate> gates;
  std::vector<ShownDiagnostic> diagnostics;
  runtime::Instant now;
};

ShownProof shown_proof(const compiler::Proof& proof);

runtime::Result<Document> make_document(const DocumentInput& input);

}  // namespace mig::cli
