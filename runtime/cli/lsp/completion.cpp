// `textDocument/completion`: what may stand at the cursor, in statements that are not finished.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/form.hpp"
#include "compiler/library.hpp"
#include "runtime/cli/lsp/answers.hpp"
#include "runtime/cli/lsp/statement_help.hpp"
#include "runtime/cli/lsp/suggestions.hpp"
#include "runtime/cli/lsp/tree_walk.hpp"

namespace mig::cli::lsp {
namespace {

using compiler::Context;
using compiler::DeclarationKind;

class Completion {
 public:
  explicit Completion(const Place& place)
      : place_(place),
        snapshot_(place.snapshot),
        cursor_(cursor_at(place.snapshot.text(), place.offset)) {}

  std::vector<Suggestion> complete() {
    if (cursor_.is_in_text) return {};
    std::optional<Context> context = Context::File;
    for (const Tokens& head : cursor_.around) {
      owner_context_ = context;
      context = head.empty() ? std::nullopt : context_inside(head.front(), context);
    }
    if (cursor_.statement.empty()) {
      begin_statement(context);
    } else {
      go_on(context);
    }
    return found_.all();
  }

 private:
  std::string_view owner() const {
    if (cursor_.around.empty() || cursor_.around.back().empty()) return {};
    return cursor_.around.back().front();
  }

  // The statement that has the block, where its word is one of the table.
  const compiler::StatementRow* owner_row() const {
    return owner().empty() || !owner_context_ ? nullptr : row_of(*owner_context_, owner());
  }

  const compiler::Declaration* declared(std::string_view name, DeclarationKind kind) const {
    const auto found = snapshot_.module().names.find(std::string(name));
    const bool is_meant = found != snapshot_.module().names.end() && found->second->kind == kind;
    return is_meant ? found->second : nullptr;
  }

  void begin_statement(std::optional<Context> context) {
    if (context) return begin_in(*context);
    if (owner() == "entity") {
      add_words({"key", "version", "where"}, "of an entity");
    } else if (owner() == "env") {
      for_each_param(" = ");
    } else if (owner() == "transform") {
      add_words({"let", "emit", "drops"}, "of a transform");
    } else if (owner() == "emit" || owner() == "expect" || owner() == "given") {
      found_.add_fields(snapshot_, entity_of_block(), ItemKind::Field, " = ");
    } else if (const auto* strategy = declared(owner(), DeclarationKind::Strategy)) {
      add_parameters(*strategy);
    } else if (const auto* row = owner_row()) {
      add_attributes(*row);
    }
  }

  void begin_in(Context context) {
    if (context == Context::File && place_.offset < 4)
      add_words({"mig"}, "the first line: `mig 1`");
    std::vector<Context> tables{context};
    if (context == Context::Strategy) tables = {Context::Strategy, Context::Phase};
    for (const Context table : tables) {
      for (const std::string& word : compiler::words_of(table))
        add_statement(*compiler::find_statement(table, word));
    }
    if (context == Context::Strategy)
      add_statement(*compiler::find_statement(Context::Plan, "phase"));
    const bool takes_strategies =
        context != Context::File && context != Context::Test && context != Context::Scenario;
    if (!takes_strategies) return;
    for (const auto& [name, declaration] : snapshot_.module().names) {
      if (declaration->kind == DeclarationKind::Strategy)
        found_.add(Suggestion{name, ItemKind::Function,
                              head_of(snapshot_.sources(), *declaration->statement),
                              docs_of(*declaration->statement), name + " "});
    }
  }

  void add_statement(const compiler::StatementRow& row) {
    found_.add(Suggestion{std::string(row.word), ItemKind::Keyword, std::string(row.about),
                          help_of(row), fmt::format("{} ", row.word)});
  }

  void add_words(const std::vector<std::string_view>& words, std::string_view detail) {
    for (const std::string_view word : words)
      found_.add(Suggestion{
          std::string(word), ItemKind::Keyword, std::string(detail), {}, fmt::format("{} ", word)});
  }

  void for_each_param(std::string_view behind) {
    for (const auto& [name, declaration] : snapshot_.module().names) {
      if (declaration->kind != DeclarationKind::Param) continue;
      const bool is_set = std::ranges::find(cursor_.in_block, name) != cursor_.in_block.end();
      if (is_set) continue;
      found_.add(Suggestion{name, ItemKind::Constant,
                            head_of(snapshot_.sources(), *declaration->statement),
                            docs_of(*declaration->statement), fmt::format("{}{}", name, behind)});
    }
  }

  void add_attributes(const compiler::StatementRow& row) {
    const auto attributes = compiler::attributes_of(row);
    if (!attributes) return;
    for (const compiler::Attribute& one : *attributes) {
      const bool is_there = std::ranges::find(cursor_.in_block, one.name) != cursor_.in_block.end();
      if (is_there && !one.repeated) continue;
      const bool has_value = one.shape == compiler::AttributeShape::Value ||
                             (one.shape == compiler::AttributeShape::Own && !one.repeated);
      const char* behind = has_value ? " = " : one.repeated ? " " : "";
      found_.add(Suggestion{one.name, ItemKind::Property,
                            fmt::format("of `{}`{}", row.word, one.required ? ", required" : ""),
                            code_block(row.form), one.name + behind});
    }
  }

  // `steps: [ratio] = [1%, 100%]`: what a strategy is given.
  void add_parameters(const compiler::Declaration& strategy) {
    if (strategy.statement->operands.empty()) return;
    const auto* call = std::get_if<syntax::Call>(&strategy.statement->operands.front().value.node);
    if (call == nullptr) return;
    const std::size_t given = cursor_.around.back().size() - 1;  // as operands, in their order
    for (std::size_t i = 0; i < call->arguments.size(); ++i) {
      const syntax::Argument& one = call->arguments[i];
      if (!one.name || i < given) continue;
      const std::string& name = one.name->text;
      if (std::ranges::find(cursor_.in_block, name) != cursor_.in_block.end()) continue;
      const syntax::Span& end = one.fallback ? one.fallback->span : one.value.span;
      found_.add(Suggestion{name, ItemKind::Property,
                            std::string(snapshot_.sources().text(one.name->span.to(end))),
                            docs_of(*strategy.statement), name + " = "});
    }
  }

  // `emit Address when …`, `expect Person`, `given u: User`
  std::string entity_of_block() const {
    const Tokens& head = cursor_.around.back();
    for (std::size_t i = 1; i < head.size(); ++i) {
      if (declared(head[i], DeclarationKind::Entity) != nullptr) return head[i];
    }
    return {};
  }

  void go_on(std::optional<Context> context) {
    const Tokens& statement = cursor_.statement;
    const std::string& word = statement.front();
    const std::string_view last = cursor_.last();
    if (word == "use") return complete_use();
    if (last == ".") return complete_member();
    if (!last.empty() && last.front() >= '0' && last.front() <= '9') {
      if (is_plain_number(last)) found_.add_words(counted_units(), ItemKind::Unit);
      if (word == "on_fail") found_.add_words({"then"}, ItemKind::Keyword);
      return;
    }
    if (context == Context::File && (word == "param" || word == "metric") && last == ":")
      return found_.add_words(unit_types(), ItemKind::Struct);
    if (word == "strategy" && (last == ":" || last == "[")) {
      found_.add_words(strategy_types(), ItemKind::Struct);
      return found_.add_words(unit_types(), ItemKind::Struct);
    }
    if (owner() == "entity" && last == ":")
      return found_.add_words(field_types(), ItemKind::Struct);
    if (word == "transform") return found_.add_names(snapshot_, cursor_, NameKind::Entities);
    if (owner() == "gate" && word == "require") return complete_condition();
    if (context) return add_place(words_behind(word, last));
    complete_value(word, last);
  }

  void complete_value(const std::string& word, std::string_view last) {
    const bool is_assigned = cursor_.statement.size() > 1 && cursor_.statement[1] == "=";
    const PlaceWords* values = values_of(owner(), word);
    const bool is_in_expression = owner() == "transform" || owner() == "emit";
    if (is_in_expression) {
      add_place(words_behind(word, last));
      if (word != "emit" || cursor_.statement.size() > 2) complete_expression();
    } else if (is_assigned && last == "[") {
      if (word == "fallback") found_.add_words({"error", "timeout", "miss"}, ItemKind::Value);
    } else if (is_assigned && word == "fallback" && last != "=") {
      found_.add_words({"on"}, ItemKind::Keyword);
    } else if (is_assigned && (last == "pause" || last == "extend")) {
      found_.add_words({"after"}, ItemKind::Keyword);
    } else if (is_assigned && (last == "=" || last == "and")) {
      add_place(values);
      if (values == nullptr) found_.add_names(snapshot_, cursor_, NameKind::Params);
      if (const auto* strategy = declared(owner(), DeclarationKind::Strategy))
        complete_argument(*strategy, word);
    } else {
      add_place(words_behind(word, last));
    }
  }

  // What fits the type of a strategy's parameter.
  void complete_argument(const compiler::Declaration& strategy, std::string_view parameter) {
    const auto& operands = strategy.statement->operands;
    const auto* call =
        operands.empty() ? nullptr : std::get_if<syntax::Call>(&operands.front().value.node);
    if (call == nullptr) return;
    for (const syntax::Argument& one : call->arguments) {
      if (!one.name || one.name->text != parameter) continue;
      const syntax::Expr* type = &one.value;
      if (const auto* maybe = std::get_if<syntax::Present>(&type->node)) type = maybe->value.get();
      const std::string_view name = compiler::name_of(*type);
      if (name == "gate") found_.add_names(snapshot_, cursor_, NameKind::Gates);
      if (name == "dataset") found_.add_names(snapshot_, cursor_, NameKind::Sides);
      if (name == "route") found_.add_words({"reads", "writes"}, ItemKind::Value);
      if (name == "hash") found_.add_words({"hash"}, ItemKind::Function);
      if (name == "field") found_.add_names(snapshot_, cursor_, NameKind::KeyFields);
      const auto* choice = std::get_if<syntax::Call>(&type->node);
      if (choice == nullptr || compiler::name_of(*choice->callee) != "one_of") continue;
      for (const syntax::Argument& word : choice->arguments)
        found_.add(
            Suggestion{std::string(compiler::name_of(word.value)), ItemKind::Value, {}, {}, {}});
    }
  }

  void complete_use() {
    const bool is_listing = cursor_.brackets.ends_with('(');
    const std::string_view first =
        cursor_.statement.size() > 1 ? std::string_view(cursor_.statement[1]) : "";
    if (!is_listing) {
      if (first.empty()) return found_.add_words({"std"}, ItemKind::Module);
      if (cursor_.last() != ".") return;
      for (const auto& [module, functions] : compiler::library_modules())
        add_module(module);
      for (const compiler::LibraryText& text : compiler::standard_library())
        add_module(std::string(text.module));
      return;
    }
    if (first.starts_with('"')) return complete_imported(std::string(first));
    std::string module;
    for (std::size_t i = 1; i < cursor_.statement.size() && cursor_.statement[i] != "("; ++i)
      module += cursor_.statement[i];
    if (const auto functions = compiler::library_modules().find(module);
        functions != compiler::library_modules().end()) {
      for (const std::string& one : functions->second)
        found_.add(Suggestion{one, ItemKind::Function, fmt::format("of {}", module), {}, {}});
    }
    for (const compiler::LibraryText& text : compiler::standard_library()) {
      if (text.module == module)
        found_.add(Suggestion{std::string(text.name),
                              ItemKind::Function,
                              summary(text),
                              code_block(describe(text)),
                              {}});
    }
  }

  void add_module(const std::string& module) {
    const std::string name = module.substr(module.find('.') + 1);
    found_.add(Suggestion{name, ItemKind::Module, module, {}, name + " ("});
  }

  // The names that another file declares.
  void complete_imported(const std::string& quoted) {
    const std::string wanted = quoted.substr(1, quoted.size() - 2);
    for (const compiler::Module& module : snapshot_.program().modules()) {
      if (&module == &snapshot_.module() || !("/" + module.path).ends_with("/" + wanted)) continue;
      for (const auto& [name, declaration] : module.names) {
        if (declaration->module != &module) continue;
        found_.add(Suggestion{name,
                              ItemKind::Variable,
                              head_of(snapshot_.sources(), *declaration->statement),
                              docs_of(*declaration->statement),
                              {}});
      }
    }
  }

  // `u.`: the fields of the row that the transform names so.
  void complete_member() {
    if (cursor_.statement.size() < 2) return;
    const std::string& row = cursor_.statement[cursor_.statement.size() - 2];
    if (row == "reads" || row == "writes")
      return found_.add_words({"new", "old", "control"}, ItemKind::Value);
    for (const Tokens& head : cursor_.around) {
      for (std::size_t i = 2; i + 2 < head.size(); ++i) {
        if (head[i + 1] != ":" || head[i] != row) continue;
        const bool is_list = head[i + 2] == "[" && i + 3 < head.size();
        const std::string& entity = head[is_list ? i + 3 : i + 2];
        return found_.add_fields(snapshot_, entity, ItemKind::Field, "");
      }
    }
    const std::string entity =
        row == "old" || row == "new" ? "" : entity_of_dataset(snapshot_, row);
    found_.add_fields(snapshot_, entity, ItemKind::Field, "");
  }

  void complete_condition() {
    if (cursor_.brackets.ends_with('(')) {
      const Tokens& statement = cursor_.statement;
      const std::string of = statement.size() > 2 ? statement[statement.size() - 2] : "";
      if (of == "lag") return found_.add_names(snapshot_, cursor_, NameKind::Stores);
      if (of != "max" && of != "min") {
        found_.add_words(arm_names(), ItemKind::Value);
        return found_.add_names(snapshot_, cursor_, NameKind::Sides);
      }
    }
    found_.add_words(measured_names(), ItemKind::Function);
    found_.add_names(snapshot_, cursor_, NameKind::Metrics);
    if (cursor_.statement.size() > 1) found_.add_names(snapshot_, cursor_, NameKind::Params);
  }

  // Rows, values that were named, and functions that were brought in.
  void complete_expression() {
    const Tokens& head = cursor_.around.front();
    for (std::size_t i = 2; i + 1 < head.size(); ++i) {
      if (head[i + 1] == ":") found_.add(Suggestion{head[i], ItemKind::Variable, "a row", {}, {}});
    }
    for (const std::string& function : snapshot_.module().functions)
      found_.add(Suggestion{function, ItemKind::Function, "of the library", {}, {}});
    for (const syntax::Statement& one : snapshot_.tree().statements) {
      const bool is_here =
          one.block && one.span.begin <= place_.offset && one.word.text == "transform";
      if (!is_here) continue;
      for (const syntax::Statement& inner : one.block->statements) {
        const bool is_named = inner.word.text == "let" && !inner.operands.empty() &&
                              inner.span.end < place_.offset && one.span.end >= place_.offset;
        if (is_named)
          found_.add(Suggestion{std::string(compiler::name_of(inner.operands[0].value)),
                                ItemKind::Variable,
                                "a value",
                                {},
                                {}});
      }
    }
  }

  void add_place(const PlaceWords* here) {
    if (here == nullptr) return;
    found_.add_words(here->words, ItemKind::Value);
    for (const NameKind kind : here->names)
      found_.add_names(snapshot_, cursor_, kind);
  }

  static bool is_plain_number(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '_'; });
  }

  const Place& place_;
  const Snapshot& snapshot_;
  Cursor cursor_;
  std::optional<Context> owner_context_;
  Suggestions found_;
};

}  // namespace

Answer completion(const Place& place) {
  Json items = Json::array();
  const Cursor cursor = cursor_at(place.snapshot.text(), place.offset);
  const Json range =
      range_of(place.snapshot.text(), cursor.prefix_begin, place.offset, place.encoding());
  for (const Suggestion& one : Completion(place).complete()) {
    Json item{{"label", one.label},
              {"kind", static_cast<int>(one.kind)},
              {"textEdit",
               {{"range", range}, {"newText", one.inserted.empty() ? one.label : one.inserted}}}};
    if (!one.detail.empty()) item["detail"] = one.detail;
    if (!one.documentation.empty()) item["documentation"] = markdown(one.documentation);
    items.push_back(std::move(item));
  }
  return Json{{"isIncomplete", false}, {"items", std::move(items)}};
}

}  // namespace mig::cli::lsp
