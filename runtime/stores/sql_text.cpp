#include "runtime/stores/sql_text.hpp"

#include <fmt/format.h>

namespace mig::runtime {

std::string quote_text(std::string_view text) {
  std::string quoted = "'";
  for (const char letter : text) {
    if (letter == '\'') quoted += '\'';
    quoted += letter;
  }
  return quoted + '\'';
}

std::string quote_bytea(std::string_view bytes) {
  std::string quoted = "'\\x";
  for (const char byte : bytes)
    quoted += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return quoted + '\'';
}

}  // namespace mig::runtime
