// Regular expressions, in RE2's language and linear time.
#include <re2/re2.h>

#include "runtime/data/function_call.hpp"

namespace mig::runtime {

// A pattern matches where it is found anywhere in the text; `^` and `$` tie it to the ends. A
// replacement replaces every match and may hold `\1` to `\9`.
void apply_pattern(const Call& call) {
  const re2::RE2& regex = *call.prepared.regex;
  std::string changed;
  for (const std::uint32_t row : call.rows) {
    const std::string_view text = call.text(0, row);
    if (call.function == plan::Function::RegexMatch) {
      call.result.integers[row] = re2::RE2::PartialMatch(text, regex) ? 1 : 0;
      continue;
    }
    changed = text;
    const int matches = re2::RE2::GlobalReplace(&changed, regex, call.text(2, row));
    call.result.texts[row] = matches == 0 ? text : call.arena.keep(changed);
  }
}

}  // namespace mig::runtime
