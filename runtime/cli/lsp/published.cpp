#include "runtime/cli/lsp/published.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mig::cli::lsp {
namespace {

constexpr int kError = 1;
constexpr int kWarning = 2;
constexpr int kUnnecessary = 1;

// What the author can do without changing what the plan does: an editor shows it faded.
bool is_unnecessary(std::string_view code) {
  return code == compiler::diag::NeverEmitted.code;
}

class DiagnosticWriter {
 public:
  DiagnosticWriter(const Workspace& workspace, const Snapshot& snapshot)
      : workspace_(workspace), snapshot_(snapshot) {}

  Json write(const compiler::Diagnostic& plain) {
    const auto diagnostic = compiler::with_uses(snapshot_.sources(), plain);
    const syntax::Span at = snapshot_.sources().written_at(diagnostic.primary.span);
    if (at != diagnostic.primary.span) relate(diagnostic.primary.span, "in what it stands for");
    for (const compiler::Label& label : diagnostic.secondary)
      relate(label.span, label.text.empty() ? "because of this" : label.text);
    for (const compiler::TraceLine& line : diagnostic.trace) {
      if (line.span) relate(*line.span, step_of(line));
    }
    Json json{{"range", range_of(snapshot_.sources().text(at.file), at, encoding())},
              {"severity", diagnostic.severity == compiler::Severity::Error ? kError : kWarning},
              {"code", diagnostic.code},
              {"source", "mig"},
              {"message", message_of(diagnostic)}};
    if (!related_.empty()) json["relatedInformation"] = std::move(related_);
    if (is_unnecessary(diagnostic.code)) json["tags"] = Json::array({kUnnecessary});
    return json;
  }

 private:
  Encoding encoding() const { return workspace_.client.encoding; }

  void relate(const syntax::Span& span, const std::string& message) {
    auto location = workspace_.location(snapshot_, span);
    if (location)
      related_.push_back(Json{{"location", std::move(*location)}, {"message", message}});
  }

  static std::string step_of(const compiler::TraceLine& line) {
    return fmt::format("step {}: {} {}  {}", line.number, line.actor, line.phase, line.text);
  }

  static std::string message_of(const compiler::Diagnostic& diagnostic) {
    std::string text = diagnostic.message;
    if (!diagnostic.primary.text.empty()) text += fmt::format("\n{}", diagnostic.primary.text);
    if (!diagnostic.trace.empty()) text += "\nshortest run that breaks it:";
    for (const compiler::TraceLine& line : diagnostic.trace) {
      text += line.number == 0 ? "\n  …"
                               : fmt::format("\n  {}  {} {}  {}", line.number, line.actor,
                                             line.phase, line.text);
    }
    if (!diagnostic.outcome.empty()) text += fmt::format("\n{}", diagnostic.outcome);
    for (const std::string& note : diagnostic.notes)
      text += fmt::format("\nnote: {}", note);
    for (const std::string& help : diagnostic.helps)
      text += fmt::format("\nhelp: {}", help);
    return text;
  }

  const Workspace& workspace_;
  const Snapshot& snapshot_;
  Json related_ = Json::array();
};

Json whole_file(const std::string& problem) {
  const Json start{{"line", 0}, {"character", 0}};
  return Json{{"range", {{"start", start}, {"end", start}}},
              {"severity", kError},
              {"source", "mig"},
              {"message", problem}};
}

}  // namespace

std::map<std::string, std::vector<Json>> diagnostics_of(const Workspace& workspace,
                                                        const Snapshot& snapshot) {
  std::map<std::string, std::vector<Json>> by_path;
  if (!snapshot.is_readable()) {
    if (snapshot.problem()) by_path[snapshot.path()].push_back(whole_file(*snapshot.problem()));
    return by_path;
  }
  for (const compiler::Diagnostic& one : snapshot.diagnostics().all()) {
    const syntax::Span at = snapshot.sources().written_at(one.primary.span);
    if (snapshot.is_library(at.file)) continue;
    by_path[std::string(snapshot.sources().path(at.file))].push_back(
        DiagnosticWriter(workspace, snapshot).write(one));
  }
  return by_path;
}

std::vector<Json> Published::news(Workspace& workspace) {
  std::map<std::string, std::vector<Json>> by_uri;
  for (const auto& [path, document] : workspace.documents())
    by_uri[document.uri];
  for (const auto& [path, document] : workspace.documents()) {
    for (auto& [file, found] : diagnostics_of(workspace, workspace.snapshot(path))) {
      std::vector<Json>& all = by_uri[workspace.uri_of_file(file)];
      for (Json& one : found) {
        // Two open plans may see the same mistake in the file that both import.
        if (std::ranges::find(all, one) == all.end()) all.push_back(std::move(one));
      }
    }
  }
  for (const auto& [uri, text] : told_)
    by_uri[uri];
  std::vector<Json> news;
  std::map<std::string, std::string> told;
  for (auto& [uri, all] : by_uri) {
    Json params{{"uri", uri}, {"diagnostics", std::move(all)}};
    for (const auto& [path, document] : workspace.documents()) {
      if (document.uri == uri) params["version"] = document.version;
    }
    std::string text = params.dump(-1, ' ', false, Json::error_handler_t::replace);
    const auto before = told_.find(uri);
    const bool is_open = params.contains("version");
    const bool says_something = !params["diagnostics"].empty();
    if (before == told_.end() || before->second != text) news.push_back(std::move(params));
    if (is_open || says_something) told[uri] = std::move(text);
  }
  told_ = std::move(told);
  return news;
}

}  // namespace mig::cli::lsp
