#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.hpp"

namespace mig::compiler {

namespace {

using Json = nlohmann::ordered_json;

Json place(const syntax::SourceSet& sources, const syntax::Span& span) {
  const auto json_position = [&](std::uint32_t offset) {
    const syntax::Position at = sources.position(span.file, offset);
    return Json{{"line", at.line}, {"column", at.column}};
  };
  return Json{{"file", sources.path(span.file)},
              {"range", {{"start", json_position(span.begin)}, {"end", json_position(span.end)}}}};
}

Json label(const syntax::SourceSet& sources, const Label& one) {
  Json json = place(sources, one.span);
  json["text"] = one.text;
  return json;
}

// A line without a number stands for those that are left out.
Json trace_line(const syntax::SourceSet& sources, const TraceLine& line) {
  Json json = line.span ? place(sources, *line.span) : Json::object();
  if (line.number > 0) json["number"] = line.number;
  json["actor"] = line.actor;
  json["phase"] = line.phase;
  json["text"] = line.text;
  return json;
}

}  // namespace

std::string render_json(const syntax::SourceSet& sources, const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& reported : diagnostics.all()) {
    const Diagnostic diagnostic = with_uses(sources, reported);
    Json json{{"code", diagnostic.code},
              {"severity", diagnostic.severity == Severity::Error ? "error" : "warning"},
              {"message", diagnostic.message}};
    json.update(place(sources, diagnostic.primary.span));
    json["label"] = diagnostic.primary.text;
    json["labels"] = Json::array();
    for (const Label& one : diagnostic.secondary)
      json["labels"].push_back(label(sources, one));
    json["trace"] = Json::array();
    for (const TraceLine& line : diagnostic.trace)
      json["trace"].push_back(trace_line(sources, line));
    if (!diagnostic.trace.empty()) json["outcome"] = diagnostic.outcome;
    json["notes"] = diagnostic.notes;
    json["helps"] = diagnostic.helps;
    json["fixes"] = Json::array();
    for (const Fix& fix : diagnostic.fixes) {
      Json change = place(sources, fix.span);
      change["replacement"] = fix.replacement;
      json["fixes"].push_back(std::move(change));
    }
    out += json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  }
  return out;
}

}  // namespace mig::compiler
