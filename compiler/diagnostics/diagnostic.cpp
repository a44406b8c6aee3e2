#include "compiler/diagnostics/diagnostic.hpp"

namespace mig::compiler {

Report& Report::primary(std::string text) {
  diagnostic_.primary.text = std::move(text);
  return *this;
}

Report& Report::label(const syntax::Span& span, std::string text) {
  diagnostic_.secondary.push_back(Label{span, std::move(text)});
  return *this;
}

Report& Report::note(std::string text) {
  diagnostic_.notes.push_back(std::move(text));
  return *this;
}

Report& Report::help(std::string text) {
  if (!text.empty()) diagnostic_.helps.push_back(std::move(text));
  return *this;
}

Report& Report::fix(const syntax::Span& span, std::string replacement) {
  diagnostic_.fixes.push_back(Fix{span, std::move(replacement)});
  return *this;
}

Report& Report::trace(std::string line) {
  diagnostic_.trace.push_back(std::move(line));
  return *this;
}

void Diagnostics::take(const Diagnostics& other) {
  hidden_.insert(hidden_.end(), other.hidden_.begin(), other.hidden_.end());
  for (const Diagnostic& one : other.all_) {
    const syntax::Span& span = one.primary.span;
    if (!reported_.emplace(one.code, span.file, span.begin, span.end).second) continue;
    if (one.severity == Severity::Error) ++errors_;
    all_.push_back(one);
  }
}

Report Diagnostics::add(std::string_view code, Severity severity, const syntax::Span& span,
                        std::string message) {
  if (!reported_.emplace(code, span.file, span.begin, span.end).second) {
    dropped_ = Diagnostic{};
    return Report(dropped_);
  }
  if (severity == Severity::Error) ++errors_;
  all_.push_back(Diagnostic{code, severity, std::move(message), Label{span, {}}});
  return Report(all_.back());
}

}  // namespace mig::compiler
