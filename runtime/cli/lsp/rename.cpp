// `textDocument/rename`: a name is changed wherever it is spoken of, or nowhere.
//
// Whether it may be is found out by doing it: the files are compiled as they would be, and every
// name in them has to mean what it has meant.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/each_expr.hpp"
#include "compiler/form.hpp"
#include "runtime/cli/lsp/answers.hpp"
#include "runtime/cli/lsp/name_uses.hpp"
#include "runtime/cli/lsp/tree_walk.hpp"

namespace mig::cli::lsp {
namespace {

struct Edit {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::string text;
};
// By path, in the order of the text.
using Edits = std::map<std::string, std::vector<Edit>>;
// Where names stand, and where each is declared.
using Bindings = std::set<std::tuple<std::string, std::uint32_t, std::string, std::uint32_t>>;

std::unexpected<Refusal> refuse(std::string why) {
  return std::unexpected(Refusal{Refusal::kRequestFailed, std::move(why)});
}

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, fits);
}

bool is_word_of_language(std::string_view text) {
  static constexpr std::string_view kWords[] = {"and",  "or",   "not",   "if",   "in",  "then",
                                                "else", "true", "false", "none", "old", "new"};
  return std::ranges::find(kWords, text) != std::end(kWords) ||
         compiler::context_of(text).has_value() || compiler::is_later(text);
}

class Renaming {
 public:
  Renaming(const Place& place, NameUses uses, std::string name)
      : place_(place), uses_(std::move(uses)), name_(std::move(name)) {}

  Answer run() {
    if (const auto unread = unread_place()) {
      return refuse(fmt::format("`{}` {} cannot be read because of other mistakes; mend them first",
                                uses_.text(), *unread));
    }
    for (const NameUse& use : uses_.all())
      edits_[use.path].push_back(Edit{use.begin, use.end, name_});
    keep_column();
    for (auto& [path, edits] : edits_)
      std::ranges::sort(edits, {}, &Edit::begin);
    for (const Snapshot* snapshot : uses_.snapshots()) {
      if (auto why = changes_meaning(*snapshot)) return refuse(std::move(*why));
    }
    return workspace_edit();
  }

 private:
  // In a file with mistakes a name may stand where no pass has come to.
  std::optional<std::string> unread_place() const {
    for (const Snapshot* snapshot : uses_.snapshots()) {
      if (!snapshot->diagnostics().has_errors()) continue;
      std::set<std::uint32_t> known;
      for (const compiler::Occurrence& one : snapshot->names()) {
        if (one.at.file == snapshot->tree().id) known.insert(one.at.begin);
      }
      std::optional<std::uint32_t> unread;
      const auto look = [&](const syntax::Span& at, std::string_view text) {
        if (text == uses_.text() && !known.contains(at.begin)) unread = at.begin;
      };
      each_statement(snapshot->tree(), [&](const Placed& placed) {
        if (!placed.context) look(placed.statement->word.span, placed.statement->word.text);
        for (const syntax::Operand& operand : placed.statement->operands) {
          compiler::each_expr(operand.value, [&](const syntax::Expr& expr) {
            look(expr.span, compiler::name_of(expr));
            if (const auto* member = std::get_if<syntax::Member>(&expr.node))
              look(member->field.span, member->field.text);
          });
        }
      });
      if (!unread) continue;
      const auto at = position_at(snapshot->text(), *unread, Encoding::Utf16);
      return fmt::format("in {}:{}", snapshot->path(), at.line + 1);
    }
    return std::nullopt;
  }

  // A field is called what its column is called, unless it says so; the column stays.
  void keep_column() {
    const syntax::Span declaration = uses_.declaration();
    const syntax::File* tree = place_.snapshot.tree_of(declaration.file);
    if (tree == nullptr) return;
    const auto around = statements_at(*tree, declaration.begin);
    if (around.size() != 2 || around.front().statement->word.text != "entity") return;
    const syntax::Statement& field = *around.back().statement;
    const std::string column = fmt::format("column = \"{}\"", uses_.text());
    std::vector<Edit>& edits =
        edits_[std::string(place_.snapshot.sources().path(declaration.file))];
    if (!field.block) {
      edits.push_back(Edit{field.span.end, field.span.end, fmt::format(" {{ {} }}", column)});
      return;
    }
    for (const syntax::Statement& inner : field.block->statements) {
      if (inner.word.text == "column") return;
    }
    const std::uint32_t inside = field.block->span.begin + 1;
    edits.push_back(Edit{inside, inside, fmt::format(" {};", column)});
  }

  SourceText read_renamed(const std::string& path) const {
    SourceText source = place_.workspace.read(path);
    const auto edits = edits_.find(path);
    if (source.problem || edits == edits_.end()) return source;
    std::string text;
    std::size_t copied = 0;
    for (const Edit& edit : edits->second) {
      text.append(source.text, copied, edit.begin - copied);
      text += edit.text;
      copied = edit.end;
    }
    text.append(source.text, copied);
    source.text = std::move(text);
    return source;
  }

  // Where a byte of a file comes to stand.
  std::uint32_t moved(const std::string& path, std::uint32_t offset) const {
    const auto edits = edits_.find(path);
    if (edits == edits_.end()) return offset;
    std::uint32_t shifted = offset;
    for (const Edit& edit : edits->second) {
      if (edit.begin >= offset) break;
      shifted += static_cast<std::uint32_t>(edit.text.size()) - (edit.end - edit.begin);
    }
    return shifted;
  }

  Bindings bindings_of(const Snapshot& snapshot, bool is_before) const {
    Bindings bindings;
    const auto key = [&](const syntax::Span& span) {
      const std::string path(snapshot.sources().path(span.file));
      return std::pair(path, is_before ? moved(path, span.begin) : span.begin);
    };
    for (const compiler::Occurrence& one : snapshot.names()) {
      const auto [at_path, at] = key(one.at);
      const auto [path, declaration] = key(one.declaration);
      bindings.emplace(at_path, at, path, declaration);
    }
    return bindings;
  }

  // Why the file would say something else than it does.
  std::optional<std::string> changes_meaning(const Snapshot& before) const {
    const Snapshot after(before.path(),
                         [&](const std::string& path) { return read_renamed(path); });
    const auto& reported = before.diagnostics().all();
    const auto& then = after.diagnostics().all();
    for (std::size_t i = 0; i < then.size(); ++i) {
      const bool is_new = i >= reported.size() || reported[i].code != then[i].code;
      if (is_new) return fmt::format("`{}` does not go there: {}", name_, then[i].message);
    }
    if (bindings_of(before, true) == bindings_of(after, false)) return std::nullopt;
    return fmt::format("with `{}` other names would mean something else", name_);
  }

  Json workspace_edit() const {
    Json changes = Json::object();
    for (const auto& [path, edits] : edits_) {
      const std::string text = place_.workspace.read(path).text;
      Json list = Json::array();
      for (const Edit& edit : edits) {
        list.push_back(Json{{"range", range_of(text, edit.begin, edit.end, place_.encoding())},
                            {"newText", edit.text}});
      }
      changes[place_.workspace.uri_of_file(path)] = std::move(list);
    }
    return Json{{"changes", std::move(changes)}};
  }

  const Place& place_;
  NameUses uses_;
  std::string name_;
  Edits edits_;
};

std::string library_name(std::string_view name) {
  return fmt::format("`{}` belongs to the library, which comes with mig", name);
}

// A name of the whole file meets the other names of it; what is inside a declaration meets others
// only where they are used.
std::optional<std::string> is_taken(const Snapshot& snapshot, const syntax::Span& declaration,
                                    const std::string& name) {
  const auto& names = snapshot.module().names;
  const bool is_of_file = std::ranges::any_of(
      names, [&](const auto& known) { return known.second->span == declaration; });
  const auto taken = names.find(name);
  if (!is_of_file || taken == names.end()) return std::nullopt;
  const syntax::Span& other = taken->second->span;
  const auto at = position_at(snapshot.sources().text(other.file), other.begin, Encoding::Utf16);
  return fmt::format("`{}` is taken: it is declared in line {}", name, at.line + 1);
}

}  // namespace

Answer prepare_rename(const Place& place) {
  const compiler::Occurrence* name = place.snapshot.name_at(place.offset);
  if (name == nullptr) return refuse("no name that could be changed stands here");
  const std::string text(place.snapshot.sources().text(name->at));
  if (place.snapshot.is_library(name->declaration.file)) return refuse(library_name(text));
  return Json{{"range", range_of(place.snapshot.text(), name->at, place.encoding())},
              {"placeholder", text}};
}

Answer rename(const Place& place, const std::string& name) {
  auto uses = NameUses::of(place);
  if (!uses) return refuse("no name that could be changed stands here");
  if (uses->is_of_library()) return refuse(library_name(uses->text()));
  if (!is_name(name)) {
    return refuse(fmt::format(
        "`{}` is no name; names are letters, digits and `_`, and begin with no digit", name));
  }
  if (is_word_of_language(name)) return refuse(fmt::format("`{}` is a word of the language", name));
  if (name == uses->text()) return Json{{"changes", Json::object()}};
  if (const auto why = is_taken(place.snapshot, uses->declaration(), name)) return refuse(*why);
  return Renaming(place, std::move(*uses), name).run();
}

}  // namespace mig::cli::lsp
