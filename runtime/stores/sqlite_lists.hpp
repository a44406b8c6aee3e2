// Lists and JSON as SQLite keeps them: text. The other half of sqlite_types, which documents the
// forms; apart because it is the only one that needs a JSON library.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/data/batch.hpp"
#include "runtime/stores/sqlite_types.hpp"

namespace mig::runtime {

// Appends one list, or says why not and appends nothing.
std::optional<Reject> read_list(std::string_view text, Column& into);

// Nothing when an item has no form: an infinite or undefined number, a date out of range.
std::optional<std::string> print_list(const Column& from, std::size_t row);

// Of a value of a type that is written as text; nothing when it has no form.
std::optional<std::string> text_form(const Column& from, std::size_t row);

}  // namespace mig::runtime
