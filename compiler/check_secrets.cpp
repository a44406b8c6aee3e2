#include "compiler/check_secrets.hpp"

#include <algorithm>
#include <string>

#include "compiler/each_expr.hpp"

namespace mig::compiler {

bool holds_password(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (lower.find("password=") != std::string::npos || lower.find("pwd=") != std::string::npos)
    return true;
  const std::size_t scheme = lower.find("://");
  if (scheme == std::string::npos) return false;
  const std::size_t end = std::min(lower.find('/', scheme + 3), lower.size());
  const std::size_t at = lower.rfind('@', end);
  const std::size_t colon = lower.find(':', scheme + 3);
  return at != std::string::npos && at > scheme && colon != std::string::npos && colon < at;
}

void check_secrets(const syntax::File& file, Diagnostics& diagnostics) {
  each_expr(file, [&](const syntax::Expr& expr) {
    const auto* literal = std::get_if<syntax::Literal>(&expr.node);
    if (literal == nullptr || !holds_password(literal->value)) return;
    diagnostics.hide(expr.span);
    diagnostics.report(expr.span, diag::SecretInFile)
        .help(
            "name where it is kept: `secret(\"env:NAME\")` or "
            "`secret(\"file:/run/secrets/name\")`");
  });
}

}  // namespace mig::compiler
