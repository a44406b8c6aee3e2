#include "compiler/program.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "compiler/library.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {

// `std.text` of `use std.text (trim)`: the dotted path and the list behind it.
struct UseParts {
  const syntax::Expr* source = nullptr;
  std::string library;  // empty: the source is a file
  std::string file;
  std::vector<const syntax::Expr*> names;
};

namespace {

struct DeclaringWord {
  std::string_view word;
  DeclarationKind kind;
};
constexpr std::array kDeclaringWords = {
    DeclaringWord{"param", DeclarationKind::Param},
    DeclaringWord{"env", DeclarationKind::Env},
    DeclaringWord{"store", DeclarationKind::Store},
    DeclaringWord{"router", DeclarationKind::Router},
    DeclaringWord{"service", DeclarationKind::Service},
    DeclaringWord{"entity", DeclarationKind::Entity},
    DeclaringWord{"dataset", DeclarationKind::Dataset},
    DeclaringWord{"transform", DeclarationKind::Transform},
    DeclaringWord{"metric", DeclarationKind::Metric},
    DeclaringWord{"gate", DeclarationKind::Gate},
    DeclaringWord{"strategy", DeclarationKind::Strategy},
    DeclaringWord{"plan", DeclarationKind::Plan},
};

std::optional<DeclarationKind> kind_of(std::string_view word) {
  const auto found = std::ranges::find(kDeclaringWords, word, &DeclaringWord::word);
  return found == kDeclaringWords.end() ? std::nullopt : std::optional(found->kind);
}

std::optional<std::string> dotted(const syntax::Expr& expr) {
  if (const auto* name = std::get_if<syntax::Name>(&expr.node)) return name->text;
  if (const auto* member = std::get_if<syntax::Member>(&expr.node)) {
    auto object = dotted(*member->object);
    if (object) return *object + "." + member->field.text;
  }
  return std::nullopt;
}

void add_names(UseParts& parts, const std::vector<syntax::Expr>& items) {
  for (const syntax::Expr& item : items)
    parts.names.push_back(&item);
}

// `use "x" (a)` reads as a text and a parenthesis; `use std.text (a)` too, since a call's
// parenthesis touches its name.
std::optional<UseParts> parts_of(const syntax::Statement& use) {
  if (use.operands.size() != 2) return std::nullopt;
  const syntax::Expr& source = use.operands[0].value;
  const auto* list = std::get_if<syntax::Paren>(&use.operands[1].value.node);
  if (list == nullptr || list->items.empty()) return std::nullopt;
  UseParts parts{.source = &source};
  add_names(parts, list->items);
  const auto* literal = std::get_if<syntax::Literal>(&source.node);
  if (literal != nullptr && literal->kind == syntax::LiteralKind::Text) {
    parts.file = literal->value;
    return parts;
  }
  const auto path = dotted(source);
  if (!path) return std::nullopt;
  parts.library = *path;
  return parts;
}

std::string plain_path(const std::string& from_file, const std::string& used) {
  const auto folder = std::filesystem::path(from_file).parent_path();
  return (folder / used).lexically_normal().generic_string();
}

}  // namespace

std::string_view name(DeclarationKind kind) {
  return std::ranges::find(kDeclaringWords, kind, &DeclaringWord::kind)->word;
}

const syntax::Expr* declared_name(const syntax::Statement& statement) {
  if (statement.operands.empty()) return nullptr;
  const syntax::Expr& first = statement.operands.front().value;
  if (std::holds_alternative<syntax::Name>(first.node)) return &first;
  const auto* call = std::get_if<syntax::Call>(&first.node);
  if (call != nullptr && std::holds_alternative<syntax::Name>(call->callee->node)) {
    return call->callee.get();
  }
  return nullptr;
}

const std::map<std::string, std::vector<std::string>>& library_modules() {
  static const std::map<std::string, std::vector<std::string>> kModules = {
      {"std.text", {"trim",          "lower",       "upper",         "split",       "split_once",
                    "parse_mailbox", "concat",      "replace",       "substr",      "length",
                    "coalesce",      "to_text",     "to_i64",        "to_decimal",  "to_bool",
                    "try_i16",       "try_i32",     "try_text",      "try_decimal", "try_one_of",
                    "uuid_text",     "regex_match", "regex_replace", "count",       "join"}},
      {"std.time", {"from_unix_ms", "to_unix_ms", "parse_timestamp", "format_timestamp"}},
      {"std.json", {"json_get", "json_text"}},
      {"std.hash", {"sha256", "md5", "base64"}},
  };
  return kModules;
}

std::vector<std::string> imports_of(const std::string& path, const syntax::File& file) {
  std::vector<std::string> paths;
  for (const syntax::Statement& statement : file.statements) {
    if (statement.word.text != "use") continue;
    const auto parts = parts_of(statement);
    if (parts && parts->library.empty()) paths.push_back(plain_path(path, parts->file));
  }
  return paths;
}

std::vector<std::pair<std::string, std::string>> library_uses_of(const syntax::File& file) {
  std::vector<std::pair<std::string, std::string>> uses;
  for (const syntax::Statement& statement : file.statements) {
    if (statement.word.text != "use") continue;
    const auto parts = parts_of(statement);
    if (!parts || parts->library.empty()) continue;
    for (const syntax::Expr* item : parts->names) {
      if (const auto* wanted = std::get_if<syntax::Name>(&item->node))
        uses.emplace_back(parts->library, wanted->text);
    }
  }
  return uses;
}

Program::Program(const std::vector<Input>& inputs, Diagnostics& diagnostics, NameIndex* index)
    : index_(index) {
  assert(!inputs.empty());
  for (const Input& input : inputs)
    modules_.push_back(Module{.tree = input.tree, .path = input.path});
  for (Module& module : modules_)
    declare(module, diagnostics);
  // Imports see declarations only, never what another file has imported: order does not matter.
  for (Module& module : modules_)
    import(module, diagnostics);
  find_templates();
}

// A file counts as a whole once anything but a strategy is brought in from it, by a file that
// counts.
void Program::find_templates() {
  for (Module& module : modules_)
    module.is_templates = &module != &modules_.front();
  std::vector<const Module*> open{&modules_.front()};
  while (!open.empty()) {
    const Module* from = open.back();
    open.pop_back();
    for (const auto& [text, declaration] : from->names) {
      const auto home = std::ranges::find_if(
          modules_, [&](const Module& one) { return &one == declaration->module; });
      if (declaration->kind == DeclarationKind::Strategy || !home->is_templates) continue;
      home->is_templates = false;
      open.push_back(&*home);
    }
  }
}

std::vector<const Declaration*> Program::declarations(DeclarationKind kind) const {
  std::vector<const Declaration*> found;
  for (const Declaration& declaration : declarations_) {
    const bool counts = kind == DeclarationKind::Strategy || !declaration.module->is_templates;
    if (declaration.kind == kind && counts) found.push_back(&declaration);
  }
  return found;
}

void Program::declare(Module& module, Diagnostics& diagnostics) {
  for (const syntax::Statement& statement : module.tree->statements) {
    const auto kind = kind_of(statement.word.text);
    if (!kind) continue;
    const syntax::Expr* declared = declared_name(statement);
    if (declared == nullptr) continue;
    const std::string& text = std::get<syntax::Name>(declared->node).text;
    declarations_.push_back(Declaration{*kind, text, declared->span, &statement, &module});
    if (index_ != nullptr) index_->declare(declared->span);
    // An environment is no name: `env prod` and `param prod` do not meet.
    if (kind == DeclarationKind::Env) continue;
    const auto [place, fresh] = module.names.emplace(text, &declarations_.back());
    if (!fresh) {
      diagnostics.report(declared->span, diag::DeclaredTwice, text)
          .label(place->second->span, "it is declared here");
      declarations_.pop_back();
    }
  }
}

void Program::import(Module& module, Diagnostics& diagnostics) {
  for (const syntax::Statement& statement : module.tree->statements) {
    if (statement.word.text != "use" || !statement.is_intact) continue;
    const auto parts = parts_of(statement);
    if (!parts) {
      diagnostics.report(statement.span, diag::WrongForm, "use")
          .help("write `use \"gates.mig\" (slo)` or `use std.text (trim, lower)`");
    } else if (parts->library.empty()) {
      import_file(module, *parts, diagnostics);
    } else {
      import_library(module, *parts, diagnostics);
    }
  }
}

void Program::import_library(Module& module, const UseParts& parts, Diagnostics& diagnostics) {
  const auto found = library_modules().find(parts.library);
  const bool has_strategies = std::ranges::find(standard_library(), parts.library,
                                                &LibraryText::module) != standard_library().end();
  if (has_strategies) return import_strategies(module, parts, diagnostics);
  if (found == library_modules().end()) {
    std::vector<std::string> known;
    for (const auto& [library, functions] : library_modules())
      known.push_back(library);
    for (const LibraryText& text : standard_library())
      known.emplace_back(text.module);
    std::ranges::sort(known);
    known.erase(std::unique(known.begin(), known.end()), known.end());
    diagnostics.report(parts.source->span, diag::UnknownName, "library module", parts.library)
        .help(fmt::format("the library has {}", fmt::join(known, ", ")));
    return;
  }
  for (const syntax::Expr* item : parts.names) {
    const auto* wanted = std::get_if<syntax::Name>(&item->node);
    if (wanted == nullptr) {
      diagnostics.report(item->span, diag::WrongForm, "use")
          .help("list names, such as `(trim, lower)`");
    } else if (std::ranges::find(found->second, wanted->text) == found->second.end()) {
      diagnostics
          .report(item->span, diag::UnknownName, "function",
                  fmt::format("{}.{}", parts.library, wanted->text))
          .instead(nearest(wanted->text, found->second));
    } else {
      module.functions.insert(wanted->text);
    }
  }
}

void Program::import_strategies(Module& module, const UseParts& parts, Diagnostics& diagnostics) {
  for (const syntax::Expr* item : parts.names) {
    const auto* wanted = std::get_if<syntax::Name>(&item->node);
    if (wanted == nullptr) {
      diagnostics.report(item->span, diag::WrongForm, "use").help("list names of strategies");
      continue;
    }
    const std::string path = library_path(parts.library, wanted->text);
    const auto source = std::ranges::find(modules_, path, &Module::path);
    if (source != modules_.end()) {
      bring_in(module, item->span, *source->names.at(wanted->text), diagnostics);
      continue;
    }
    std::vector<std::string> known;
    for (const LibraryText& text : standard_library()) {
      if (text.module == parts.library) known.emplace_back(text.name);
    }
    const std::string near = did_you_mean(wanted->text, known);
    diagnostics
        .report(item->span, diag::UnknownName, "strategy",
                fmt::format("{}.{}", parts.library, wanted->text))
        .help(near.empty() ? fmt::format("`{}` has {}", parts.library, fmt::join(known, ", "))
                           : near);
  }
}

void Program::bring_in(Module& module, const syntax::Span& at, const Declaration& declaration,
                       Diagnostics& diagnostics) {
  if (index_ != nullptr) index_->refer(at, declaration.span);
  const auto [place, fresh] = module.names.emplace(declaration.name, &declaration);
  if (fresh || place->second == &declaration) return;
  diagnostics.report(at, diag::DeclaredTwice, declaration.name)
      .label(place->second->span, "it is declared here");
}

void Program::import_file(Module& module, const UseParts& parts, Diagnostics& diagnostics) {
  const std::string path = plain_path(module.path, parts.file);
  if (path.starts_with("..") || path.starts_with('/')) {
    diagnostics.report(parts.source->span, diag::WrongImport, "leaves the folder of the plan")
        .help("a plan uses files beside it and below");
    return;
  }
  const auto source = std::ranges::find(modules_, path, &Module::path);
  if (source == modules_.end()) {
    diagnostics.report(parts.source->span, diag::WrongImport, "names a file that cannot be read")
        .help(fmt::format("it is looked for as `{}`", path));
    return;
  }
  for (const syntax::Expr* item : parts.names) {
    const auto* wanted = std::get_if<syntax::Name>(&item->node);
    if (wanted == nullptr) {
      diagnostics.report(item->span, diag::WrongForm, "use").help("list names, such as `(slo)`");
      continue;
    }
    const auto found = source->names.find(wanted->text);
    if (found == source->names.end() || found->second->module != &*source) {
      std::vector<std::string> known;
      for (const auto& [text, declaration] : source->names)
        known.push_back(text);
      diagnostics.report(item->span, diag::UnknownName, "name in that file", wanted->text)
          .instead(nearest(wanted->text, known));
      continue;
    }
    bring_in(module, item->span, *found->second, diagnostics);
  }
}

}  // namespace mig::compiler
