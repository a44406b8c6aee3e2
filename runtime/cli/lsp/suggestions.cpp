#include "runtime/cli/lsp/suggestions.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "runtime/cli/lsp/tree_walk.hpp"

namespace mig::cli::lsp {

using compiler::DeclarationKind;

void Suggestions::add(Suggestion one) {
  if (one.label.empty() || !known_.insert(one.label).second) return;
  all_.push_back(std::move(one));
}

void Suggestions::add_words(const std::vector<std::string_view>& words, ItemKind kind) {
  for (const std::string_view word : words)
    add(Suggestion{.label = std::string(word), .kind = kind});
}

void Suggestions::add_declared(const Snapshot& snapshot, DeclarationKind kind, ItemKind item) {
  for (const auto& [name, declaration] : snapshot.module().names) {
    if (declaration->kind != kind) continue;
    const syntax::Statement& statement = *declaration->statement;
    add(Suggestion{.label = name,
                   .kind = item,
                   .detail = head_of(snapshot.sources(), statement),
                   .documentation = docs_of(statement)});
  }
}

void Suggestions::add_of_plan(const Snapshot& snapshot, const Cursor& cursor,
                              std::string_view word) {
  const syntax::Statement* plan = plan_around(snapshot, cursor);
  if (plan == nullptr || !plan->block) return;
  const auto add_all = [&](const auto& self, const std::vector<syntax::Statement>& all) -> void {
    for (const syntax::Statement& one : all) {
      const syntax::Expr* name = one.word.text == word ? compiler::declared_name(one) : nullptr;
      if (name != nullptr) {
        add(Suggestion{.label = std::string(compiler::name_of(*name)),
                       .kind = ItemKind::Variable,
                       .detail = head_of(snapshot.sources(), one),
                       .documentation = docs_of(one)});
      }
      const bool holds_more =
          one.word.text == "resource" || one.word.text == "feature" || one.word.text == "parallel";
      if (holds_more && one.block) self(self, one.block->statements);
    }
  };
  add_all(add_all, plan->block->statements);
}

void Suggestions::add_names(const Snapshot& snapshot, const Cursor& cursor, NameKind kind) {
  switch (kind) {
    case NameKind::Sides:
      add_words({"old", "new"}, ItemKind::Keyword);
      [[fallthrough]];
    case NameKind::Datasets:
      return add_declared(snapshot, DeclarationKind::Dataset, ItemKind::Class);
    case NameKind::Services:
      return add_declared(snapshot, DeclarationKind::Service, ItemKind::Class);
    case NameKind::Stores:
      return add_declared(snapshot, DeclarationKind::Store, ItemKind::Variable);
    case NameKind::Routers:
      return add_declared(snapshot, DeclarationKind::Router, ItemKind::Variable);
    case NameKind::Entities:
      return add_declared(snapshot, DeclarationKind::Entity, ItemKind::Struct);
    case NameKind::Transforms:
      return add_declared(snapshot, DeclarationKind::Transform, ItemKind::Function);
    case NameKind::Metrics:
      return add_declared(snapshot, DeclarationKind::Metric, ItemKind::Variable);
    case NameKind::Gates:
      add_of_plan(snapshot, cursor, "gate");
      return add_declared(snapshot, DeclarationKind::Gate, ItemKind::Variable);
    case NameKind::Phases:
      return add_of_plan(snapshot, cursor, "phase");
    case NameKind::Params:
      return add_declared(snapshot, DeclarationKind::Param, ItemKind::Constant);
    case NameKind::KeyFields: {
      const syntax::Statement* plan = plan_around(snapshot, cursor);
      if (plan == nullptr || !plan->block) return;
      for (const syntax::Statement& one : plan->block->statements) {
        const syntax::Expr* name =
            one.word.text == "from" && !one.operands.empty() ? &one.operands[0].value : nullptr;
        if (name == nullptr) continue;
        const std::string entity = entity_of_dataset(snapshot, compiler::name_of(*name));
        for (const plan::Entity& known : snapshot.insight().declared.entities) {
          if (known.name != entity) continue;
          for (const std::uint32_t key : known.key())
            add(Suggestion{.label = known.fields[key].name, .kind = ItemKind::Field});
        }
      }
      return;
    }
  }
}

void Suggestions::add_fields(const Snapshot& snapshot, std::string_view entity, ItemKind kind,
                             std::string_view behind) {
  const auto found = snapshot.module().names.find(std::string(entity));
  const bool is_entity = found != snapshot.module().names.end() &&
                         found->second->kind == DeclarationKind::Entity &&
                         found->second->statement->block;
  if (!is_entity) return;
  for (const syntax::Statement& field : found->second->statement->block->statements) {
    if (field.word.text == "where" || field.operands.empty()) continue;
    const syntax::Operand& first = field.operands.front();
    const bool is_marked = first.mark == syntax::Mark::None;
    const std::string name =
        is_marked ? std::string(compiler::name_of(first.value)) : field.word.text;
    add(Suggestion{.label = name,
                   .kind = kind,
                   .detail = head_of(snapshot.sources(), field),
                   .documentation = docs_of(field),
                   .inserted = fmt::format("{}{}", name, behind)});
  }
}

std::string entity_of_dataset(const Snapshot& snapshot, std::string_view dataset) {
  const plan::Plan& declared = snapshot.insight().declared;
  for (const plan::Dataset& one : declared.datasets) {
    if (one.name == dataset) return declared.at(one.entity).name;
  }
  return {};
}

const syntax::Statement* plan_around(const Snapshot& snapshot, const Cursor& cursor) {
  if (cursor.around.empty() || cursor.around.front().size() < 2) return nullptr;
  const Tokens& head = cursor.around.front();
  if (head[0] != "plan") return nullptr;
  for (const syntax::Statement& statement : snapshot.tree().statements) {
    const syntax::Expr* name =
        statement.word.text == "plan" ? compiler::declared_name(statement) : nullptr;
    if (name != nullptr && compiler::name_of(*name) == head[1]) return &statement;
  }
  return nullptr;
}

}  // namespace mig::cli::lsp
