// A preview as JSON, and back: what `mig preview --json` prints and a saved plan keeps. Keys are
// sorted, integers exact, units in the keys or in the schema. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "runtime/cli/preview/document.hpp"

namespace mig::cli {

// Law: document_of(as_json(d)) == d.
std::string as_json(const Document& document);
// The error is one sentence.
std::expected<Document, std::string> document_of(std::string_view json);

// The JSON Schema (draft 2020-12) of the form, made from the same list of fields.
std::string preview_schema();

}  // namespace mig::cli
