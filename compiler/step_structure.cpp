// Steps that change structure: create, add, drop, purge, backup, sql.
#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/check_expr.hpp"
#include "compiler/names.hpp"
#include "compiler/step_checker.hpp"

namespace mig::compiler {

using plan::Action;

// Some stores keep keys, and whoever writes one makes it.
bool StepChecker::keeps_tables(const syntax::Statement& statement, plan::StoreId store) {
  const plan::Store& of = analysis_.plan.at(store);
  if (can(of.kind, plan::StoreAbility::Schema)) return true;
  analysis_.diagnostics
      .report(statement.span, diag::Incapable,
              fmt::format("`{}` is about tables, and `{}` is a `{}` store, which has none",
                          statement.word.text, of.name, name(of.kind)))
      .help(fmt::format("take the step out: a key is there once it is written"));
  return false;
}

std::optional<Action> StepChecker::drop(const syntax::Statement& statement, Form& form) {
  if (!form.word_if("field")) {
    plan::Drop action{.datasets = datasets(form)};
    if (action.datasets.empty() || !read_duration("after_idle", action.after_idle))
      return std::nullopt;
    if (const syntax::Expr* why = attribute("without_backup")) {
      const auto reason = analysis_.constants.text(*why, *scope_.module);
      if (!reason) return std::nullopt;
      action.without_backup = *reason;
    }
    return action;
  }
  if (!has_none_of("drop field", {"after_idle", "without_backup"})) return std::nullopt;
  const syntax::Expr* name = form.value();
  if (name == nullptr) return std::nullopt;
  const auto place = field(*name, form);
  if (!place) return std::nullopt;
  if (analysis_.plan.entity_of(place->dataset).fields[place->field].key) {
    analysis_.diagnostics.report(name->span, diag::KeyStays, analysis_.sources.text(name->span));
    return std::nullopt;
  }
  if (!keeps_tables(statement, analysis_.plan.at(place->dataset).store)) return std::nullopt;
  return plan::DropField{place->dataset, place->field};
}

std::optional<Action> StepChecker::add(const syntax::Statement& statement, Form& form) {
  if (form.word_if("index")) return add_index(statement, form);
  if (!form.word("field")) return std::nullopt;
  const syntax::Expr* name = form.value();
  const syntax::Expr* type = form.value(syntax::Mark::Colon);
  const syntax::Expr* fill = form.value_if(syntax::Mark::Assign);
  if (name == nullptr || type == nullptr) return std::nullopt;
  const auto place = field(*name, form);
  if (!place) return std::nullopt;
  if (!keeps_tables(statement, analysis_.plan.at(place->dataset).store)) return std::nullopt;
  const plan::Field& declared = analysis_.plan.entity_of(place->dataset).fields[place->field];
  std::string written(analysis_.sources.text(type->span));
  std::erase(written, ' ');
  std::string wanted = print(declared.type);
  std::erase(wanted, ' ');
  if (written != wanted) {
    analysis_.diagnostics.report(type->span, diag::TypeMismatch, print(declared.type), written)
        .note("the entity declares this field, and both have to agree");
    return std::nullopt;
  }
  plan::AddField action{place->dataset, place->field, declared.fallback};
  if (fill != nullptr && !read_fill(*fill, declared, action)) return std::nullopt;
  if (!declared.type.optional && !action.fill) {
    analysis_.diagnostics.report(name->span, diag::NoValueForRows, declared.name)
        .help(fmt::format("say what they get: `add field {}: {} = …`, or make the field optional",
                          analysis_.sources.text(name->span), print(declared.type)));
    return std::nullopt;
  }
  return action;
}

bool StepChecker::read_fill(const syntax::Expr& fill, const plan::Field& declared,
                            plan::AddField& action) {
  ExprChecker checker(analysis_);
  const auto value = checker.fit(fill, ExprScope{.module = scope_.module}, declared.type);
  if (!value) return false;
  const auto* constant = std::get_if<plan::Constant>(&value->node);
  if (constant == nullptr) {
    analysis_.diagnostics.report(fill.span, diag::NotConstant)
        .help("rows that exist get a literal");
    return false;
  }
  action.fill = constant->value;
  return true;
}

std::optional<Action> StepChecker::add_index(const syntax::Statement& statement, Form& form) {
  plan::AddIndex action;
  for (const syntax::Expr* name : form.list()) {
    const auto place = field(*name, form);
    if (!place) return std::nullopt;
    if (!action.fields.empty() && place->dataset != action.dataset) {
      analysis_.diagnostics.report(name->span, diag::WrongForm, "add")
          .help("an index is over fields of one dataset");
      return std::nullopt;
    }
    action.dataset = place->dataset;
    action.fields.push_back(place->field);
  }
  if (action.fields.empty()) return std::nullopt;
  if (!keeps_tables(statement, analysis_.plan.at(action.dataset).store)) return std::nullopt;
  action.unique = attributes_->find("unique") != nullptr;
  action.concurrently = attributes_->find("concurrently") != nullptr;
  const plan::Store& store = analysis_.plan.at(analysis_.plan.at(action.dataset).store);
  if (!action.concurrently || can(store.kind, plan::StoreAbility::Concurrent)) return action;
  analysis_.diagnostics
      .report(attributes_->find("concurrently")->statement->word.span, diag::Incapable,
              fmt::format("`{}` is a `{}` store, which builds an index while nobody writes",
                          store.name, name(store.kind)))
      .help("leave `concurrently` out");
  return std::nullopt;
}

std::optional<Action> StepChecker::backup(Form& form) {
  plan::Backup action{.datasets = datasets(form)};
  if (action.datasets.empty()) return std::nullopt;
  const syntax::Expr* to = attribute("to");
  if (to == nullptr) return std::nullopt;
  const auto path = analysis_.constants.text(*to, *scope_.module);
  if (!path) return std::nullopt;
  action.to = *path;
  if (!read_duration("keep", action.keep)) return std::nullopt;
  return action;
}

std::optional<Action> StepChecker::sql(Form& form) {
  const syntax::Expr* written = form.value();
  if (written == nullptr) return std::nullopt;
  const auto text = analysis_.constants.text(*written, *scope_.module);
  const syntax::Expr* in = attribute("in");
  if (!text || in == nullptr) return std::nullopt;
  const auto store = analysis_.find(*in, *scope_.module, DeclarationKind::Store, analysis_.stores);
  if (!store) return std::nullopt;
  if (!can(analysis_.plan.at(*store).kind, plan::StoreAbility::Statements)) {
    const plan::Store& of = analysis_.plan.at(*store);
    analysis_.diagnostics.report(
        in->span, diag::Incapable,
        fmt::format("`{}` is a `{}` store, which knows no SQL", of.name, name(of.kind)));
    return std::nullopt;
  }
  plan::Sql action{.store = *store, .text = *text};
  if (const syntax::Expr* undo = attribute("undo")) {
    const auto undo_text = analysis_.constants.text(*undo, *scope_.module);
    if (!undo_text) return std::nullopt;
    action.undo = *undo_text;
  }
  if (const syntax::Expr* idempotent = attribute("idempotent")) {
    const auto truth = analysis_.constants.truth(*idempotent, *scope_.module);
    if (!truth) return std::nullopt;
    action.idempotent = *truth;
  }
  return action;
}

}  // namespace mig::compiler
