#include "runtime/cli/preview/shown_diagnostics.hpp"

namespace mig::cli {
namespace {

ShownPlace place_of(const syntax::SourceSet& sources, const syntax::Span& span) {
  const syntax::Position begin = sources.position(span.file, span.begin);
  const syntax::Position end = sources.position(span.file, span.end);
  return {std::string(sources.path(span.file)), begin.line, begin.column, end.line, end.column};
}

ShownDiagnostic shown(const syntax::SourceSet& sources, const compiler::Diagnostic& diagnostic) {
  ShownDiagnostic one;
  one.code = std::string(diagnostic.code);
  one.severity = diagnostic.severity == compiler::Severity::Error ? "error" : "warning";
  one.message = diagnostic.message;
  one.place = place_of(sources, diagnostic.primary.span);
  one.label = diagnostic.primary.text;
  for (const compiler::Label& label : diagnostic.secondary)
    one.labels.push_back({place_of(sources, label.span), label.text});
  one.notes = diagnostic.notes;
  one.helps = diagnostic.helps;
  for (const compiler::TraceLine& line : diagnostic.trace) {
    one.trace.push_back({static_cast<std::uint32_t>(line.number), line.actor, line.phase, line.text,
                         line.span ? place_of(sources, *line.span) : ShownPlace{}});
  }
  one.outcome = diagnostic.outcome;
  return one;
}

}  // namespace

std::vector<ShownDiagnostic> shown_diagnostics(const syntax::SourceSet& sources,
                                               const compiler::Diagnostics& diagnostics) {
  std::vector<ShownDiagnostic> all;
  for (const compiler::Diagnostic& diagnostic : diagnostics.all())
    all.push_back(shown(sources, with_uses(sources, diagnostic)));
  return all;
}

}  // namespace mig::cli
