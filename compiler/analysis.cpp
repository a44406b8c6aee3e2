#include "compiler/analysis.hpp"

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {

const Declaration* Analysis::resolve(const syntax::Expr& wanted, const Module& scope,
                                     DeclarationKind kind) {
  const std::string_view text = name_of(wanted);
  if (text.empty()) {
    if (!std::holds_alternative<syntax::Missing>(wanted.node)) {
      diagnostics.report(wanted.span, diag::NameWanted, with_article(name(kind)));
    }
    return nullptr;
  }
  const auto found = scope.names.find(std::string(text));
  if (found != scope.names.end() && found->second->kind == kind) {
    names.refer(wanted.span, found->second->span);
    return found->second;
  }
  auto report = diagnostics.report(wanted.span, diag::UnknownName, name(kind), text);
  if (found != scope.names.end()) {
    report.label(found->second->span,
                 fmt::format("`{}` is {}", text, with_article(name(found->second->kind))));
    return nullptr;
  }
  std::vector<std::string> known;
  for (const auto& [one, declaration] : scope.names) {
    if (declaration->kind == kind) known.push_back(one);
  }
  report.instead(nearest(text, known));
  return nullptr;
}

void Analysis::refer_to_field(const syntax::Span& at, const plan::Entity& entity,
                              std::size_t field) {
  for (std::size_t i = 0; i < plan.entities.size() && i < field_spans.size(); ++i) {
    if (&plan.entities[i] == &entity) names.refer(at, field_spans[i].at(field));
  }
}

void Analysis::report_unknown_field(const syntax::Span& at, const plan::Entity& entity,
                                    std::string_view written) {
  std::vector<std::string> known;
  known.reserve(entity.fields.size());
  for (const plan::Field& field : entity.fields)
    known.push_back(field.name);
  const auto near = nearest(written, known);
  auto report = diagnostics.report(at, diag::UnknownName, "field",
                                   fmt::format("{}.{}", entity.name, written));
  if (!near) {
    report.help(fmt::format("`{}` has {}", entity.name, fmt::join(known, ", ")));
  } else if (sources.text(at) == written && written.find('.') == std::string_view::npos) {
    report.instead(near);
  } else {  // it stands inside a text, or behind the name of a row
    report.help(fmt::format("did you mean `{}`?", *near));
  }
}

plan::Place Analysis::place(const syntax::Span& span) const {
  const syntax::Span written = sources.written_at(span);
  const auto at = sources.position(written.file, written.begin);
  return plan::Place{std::string(sources.path(written.file)), at.line, at.column};
}

}  // namespace mig::compiler
