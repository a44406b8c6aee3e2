#include "compiler/diagnostics/syntax_mistakes.hpp"

namespace mig::compiler {

void report_syntax_mistakes(const syntax::Parsed& parsed, Diagnostics& diagnostics) {
  for (const syntax::Mistake& mistake : parsed.mistakes) {
    Report report = diagnostics.report(mistake.at, diag::Syntax, mistake.message);
    if (!mistake.help.empty()) report.help(mistake.help);
  }
}

}  // namespace mig::compiler
