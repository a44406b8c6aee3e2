// Whether a text is one JSON value (RFC 8259): what every json cell of a copy is asked.
//
// A scan without a tree, because rows are only carried, never looked into. Numbers of any size
// pass: their digits travel as text. Pure; any thread.
#pragma once

#include <string_view>

namespace mig::runtime {

// UTF-8 is checked, and escapes of surrogates come in pairs. A byte order mark is no part of JSON.
bool is_json(std::string_view text);

}  // namespace mig::runtime
