// A compiled plan, a look at its stores, and the preview that comes of both. Used by `mig preview`
// and `mig apply`, so that both show the same. Reads only.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "compiler/diagnostics/diagnostic.hpp"
#include "runtime/cli/compilation.hpp"
#include "runtime/cli/preflight.hpp"
#include "runtime/cli/preview/document.hpp"
#include "runtime/cli/schema_file.hpp"
#include "runtime/result.hpp"

namespace mig::cli {

struct ReviewInput {
  const CompiledFile& file;  // parsed; for the places of what is found
  const plan::Plan& plan;
  std::string source_hash;
  ShownProof proof;
  std::string path;              // of the plan's file, as it was named
  std::filesystem::path folder;  // what relative paths of the plan are relative to
  std::string run;               // that goes on; empty: none has begun
  std::string why_offline;       // not empty: nobody looks at the stores, and this is why
  const SchemaFile* schemas;     // then: what is looked at instead; null: nothing
};

struct Review {
  Document document;
  std::optional<Preflight> live;  // absent: nobody looked
  compiler::Diagnostics found;    // by the look
};

runtime::Result<Review> review(const ReviewInput& input);

// The proof of a plan of this file. REQUIRES: it was compiled there.
ShownProof proof_in(const CompiledFile& file, const plan::Plan& plan);

// Of a file that gives no plan: what is wrong with it.
Document error_document(const CompiledFile& file, const std::string& path, const std::string& env);

}  // namespace mig::cli
