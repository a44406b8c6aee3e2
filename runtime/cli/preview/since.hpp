// What is different between two previews of a plan, for a reviewer who has seen the first. Pure,
// but for reading the first.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "runtime/cli/preview/document.hpp"

namespace mig::cli {

// A preview that was saved, or printed as JSON. The error is one sentence.
std::expected<Document, std::string> document_in(const std::string& path);

// One line a difference: params, phases, changes, gates, proof. What merely was measured anew is
// left out.
std::vector<std::string> changes_between(const Document& before, const Document& after);

}  // namespace mig::cli
