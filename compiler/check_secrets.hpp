// M6001: a file in a repository holds no password.
#pragma once

#include <string_view>

#include "compiler/diagnostics/diagnostic.hpp"
#include "grammar/tree.hpp"

namespace mig::compiler {

// A URL with a password in it, or a connection text that sets one.
bool holds_password(std::string_view text);

// Reports every text of a file that holds a password, and hides it from all output.
void check_secrets(const syntax::File& file, Diagnostics& diagnostics);

}  // namespace mig::compiler
