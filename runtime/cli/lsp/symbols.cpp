// The outline of a document, and the declarations of all plan files in the folders.
#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "compiler/form.hpp"
#include "runtime/cli/lsp/answers.hpp"
#include "runtime/cli/lsp/tree_walk.hpp"

namespace mig::cli::lsp {
namespace {

using compiler::Context;

// The protocol's kinds of symbols, and the words of the language that are shown as such.
enum SymbolKind : int {
  kModule = 2,
  kNamespace = 3,
  kClass = 5,
  kMethod = 6,
  kField = 8,
  kInterface = 11,
  kFunction = 12,
  kVariable = 13,
  kConstant = 14,
  kObject = 19,
  kKey = 20,
  kStruct = 23,
  kEvent = 24,
  kOperator = 25,
};

SymbolKind kind_of(std::string_view word) {
  static constexpr std::pair<std::string_view, SymbolKind> kKinds[] = {
      {"param", kConstant}, {"env", kNamespace},      {"store", kObject},
      {"router", kObject},  {"service", kObject},     {"entity", kStruct},
      {"dataset", kClass},  {"transform", kFunction}, {"metric", kVariable},
      {"gate", kInterface}, {"strategy", kFunction},  {"plan", kModule},
      {"test", kEvent},     {"phase", kMethod},       {"resource", kClass},
      {"feature", kClass},
  };
  const auto* found =
      std::ranges::find(kKinds, word, &std::pair<std::string_view, SymbolKind>::first);
  return found == std::end(kKinds) ? kOperator : found->second;
}

class Outline {
 public:
  explicit Outline(const Place& place) : place_(place) {}

  Json of(const std::vector<syntax::Statement>& statements, std::optional<Context> context) const {
    Json all = Json::array();
    for (const syntax::Statement& statement : statements) {
      if (statement.word.text.empty()) continue;
      auto one = symbol(statement, context);
      if (one) all.push_back(std::move(*one));
    }
    return all;
  }

  // The fields of an entity, whose lines have no word of the table.
  Json fields_of(const syntax::Statement& entity) const {
    Json all = Json::array();
    for (const syntax::Statement& field : entity.block->statements) {
      if (field.word.text == "where" || field.word.text.empty()) continue;
      const bool is_marked = !field.operands.empty() &&
                             field.operands.front().mark == syntax::Mark::None &&
                             (field.word.text == "key" || field.word.text == "version");
      const syntax::Span at = is_marked ? field.operands.front().value.span : field.word.span;
      all.push_back(write(field, std::string(text(at)), at, is_marked ? kKey : kField));
    }
    return all;
  }

 private:
  std::string_view text(const syntax::Span& span) const {
    return place_.snapshot.sources().text(span);
  }

  Json write(const syntax::Statement& statement, std::string name, const syntax::Span& at,
             SymbolKind kind) const {
    return Json{{"name", std::move(name)},
                {"kind", static_cast<int>(kind)},
                {"detail", statement.word.text},
                {"range", range_of(place_.snapshot.text(), statement.span, place_.encoding())},
                {"selectionRange", range_of(place_.snapshot.text(), at, place_.encoding())}};
  }

  std::optional<Json> symbol(const syntax::Statement& statement,
                             std::optional<Context> context) const {
    const std::string& word = statement.word.text;
    if (context == Context::Phase) {  // a step
      return write(statement, head_of(place_.snapshot.sources(), statement), statement.word.span,
                   kOperator);
    }
    const bool is_test = word == "test" && !statement.operands.empty();
    const syntax::Expr* name =
        is_test ? &statement.operands.front().value : compiler::declared_name(statement);
    if (word == "parallel") {
      Json group = write(statement, word, statement.word.span, kNamespace);
      if (statement.block) group["children"] = of(statement.block->statements, context);
      return group;
    }
    const bool is_declaration = kind_of(word) != kOperator;
    if (name == nullptr || !is_declaration) return std::nullopt;
    Json symbol = write(statement, std::string(text(name->span)), name->span, kind_of(word));
    if (!statement.block) return symbol;
    const auto inside = context_inside(word, context);
    if (word == "entity") {
      symbol["children"] = fields_of(statement);
    } else if (inside && !is_test) {
      symbol["children"] = of(statement.block->statements, inside);
    }
    return symbol;
  }

  const Place& place_;
};

}  // namespace

Answer document_symbols(const Place& place) {
  return Outline(place).of(place.snapshot.tree().statements, Context::File);
}

Answer workspace_symbols(Workspace& workspace, const std::string& query) {
  const auto small = [](std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
  };
  std::vector<std::string> paths = workspace.files_in_folders();
  for (const auto& [path, document] : workspace.documents()) {
    if (std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
  }
  Json found = Json::array();
  for (const std::string& path : paths) {
    SourceText source = workspace.read(path);
    if (source.problem) continue;
    syntax::SourceSet sources;
    const syntax::FileId file = sources.add(path, std::move(source.text));
    const syntax::Parsed parsed = syntax::parse(sources, file);
    for (const syntax::Statement& statement : parsed.file.statements) {
      const syntax::Expr* name = compiler::declared_name(statement);
      if (name == nullptr || kind_of(statement.word.text) == kOperator) continue;
      const std::string text(compiler::name_of(*name));
      if (small(text).find(small(query)) == std::string::npos) continue;
      found.push_back(
          Json{{"name", text},
               {"kind", static_cast<int>(kind_of(statement.word.text))},
               {"location",
                {{"uri", workspace.uri_of_file(path)},
                 {"range", range_of(sources.text(file), name->span, workspace.client.encoding)}}}});
    }
  }
  return found;
}

}  // namespace mig::cli::lsp
