#include "compiler/diagnostics/diagnostic.hpp"

#include <algorithm>

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

Report& Report::instead(const std::optional<std::string>& near, std::string otherwise) {
  if (!near) return help(std::move(otherwise));
  return help(fmt::format("did you mean `{}`?", *near)).fix(diagnostic_.primary.span, *near);
}

Report& Report::fix(const syntax::Span& span, std::string replacement) {
  diagnostic_.fixes.push_back(Fix{span, std::move(replacement)});
  return *this;
}

Report& Report::as_error() {
  diagnostic_.severity = Severity::Error;
  return *this;
}

Report& Report::trace(std::vector<TraceLine> lines, std::string outcome) {
  diagnostic_.trace = std::move(lines);
  diagnostic_.outcome = std::move(outcome);
  return *this;
}

std::size_t Diagnostics::error_count() const {
  return static_cast<std::size_t>(std::ranges::count(all_, Severity::Error, &Diagnostic::severity));
}

bool Diagnostics::has_error_at(const syntax::Span& span) const {
  return std::ranges::any_of(all_, [&](const Diagnostic& one) {
    return one.severity == Severity::Error && one.primary.span == span;
  });
}

void Diagnostics::take(const Diagnostics& other) {
  hidden_.insert(hidden_.end(), other.hidden_.begin(), other.hidden_.end());
  for (const Diagnostic& one : other.all_) {
    const syntax::Span& span = one.primary.span;
    if (!reported_.emplace(one.code, span.file, span.begin, span.end).second) continue;
    all_.push_back(one);
  }
}

Report Diagnostics::add(std::string_view code, Severity severity, const syntax::Span& span,
                        std::string message) {
  if (!reported_.emplace(code, span.file, span.begin, span.end).second) {
    dropped_ = Diagnostic{};
    return Report(dropped_);
  }
  all_.push_back(Diagnostic{code, severity, std::move(message), Label{span, {}}});
  return Report(all_.back());
}

Diagnostic with_uses(const syntax::SourceSet& sources, Diagnostic diagnostic) {
  std::vector<syntax::Span> uses;
  const auto collect = [&](const syntax::Span& span) {
    for (auto use = sources.use_of(span.file); use; use = sources.use_of(use->file)) {
      if (std::ranges::find(uses, *use) == uses.end()) uses.push_back(*use);
    }
  };
  collect(diagnostic.primary.span);
  for (const Label& label : diagnostic.secondary)
    collect(label.span);
  for (const syntax::Span& use : uses)
    diagnostic.secondary.push_back(Label{use, "used here"});
  return diagnostic;
}

}  // namespace mig::compiler
