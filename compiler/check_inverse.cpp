#include "compiler/check_inverse.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/check_held_values.hpp"
#include "compiler/form.hpp"
#include "compiler/plan/lane.hpp"
#include "compiler/told_run.hpp"

namespace mig::compiler {
namespace {

class CompanionChecker {
 public:
  CompanionChecker(Analysis& analysis, const plan::Transform& transform, const ExprScope& scope)
      : analysis_(analysis), transform_(transform), scope_(scope) {}

  std::optional<plan::Companion> check(const syntax::Argument& parameter) {
    if (!parameter.name || parameter.fallback) {
      misfit(parameter);
      return std::nullopt;
    }
    const std::string& name = parameter.name->text;
    const syntax::Expr* entity = entity_of(parameter);
    if (entity == nullptr) return std::nullopt;
    const auto id =
        analysis_.find(*entity, *scope_.module, DeclarationKind::Entity, analysis_.entities);
    if (!id) return std::nullopt;
    if (name == scope_.row || scope_.beside.contains(name)) {
      analysis_.diagnostics.report(parameter.name->span, diag::DeclaredTwice, name);
      return std::nullopt;
    }
    const bool is_known = *id == transform_.input ||
                          std::ranges::find(transform_.companions, *id, &plan::Companion::entity) !=
                              transform_.companions.end();
    if (is_known) {
      analysis_.diagnostics.report(entity->span, diag::DeclaredTwice, analysis_.plan.at(*id).name)
          .help("each entity goes into a transform once");
      return std::nullopt;
    }
    companion_.entity = *id;
    return find_references(*entity) ? std::optional(std::move(companion_)) : std::nullopt;
  }

 private:
  // `a: Address?` or `ds: [Dependency]`
  const syntax::Expr* entity_of(const syntax::Argument& parameter) {
    if (const auto* maybe = std::get_if<syntax::Present>(&parameter.value.node)) {
      return maybe->value.get();
    }
    if (const auto* many = std::get_if<syntax::List>(&parameter.value.node);
        many != nullptr && many->items.size() == 1) {
      companion_.is_list = true;
      return &many->items.front();
    }
    const std::string written(name_of(parameter.value));
    if (written.empty()) {
      misfit(parameter);
      return nullptr;
    }
    analysis_.diagnostics.report(parameter.value.span, diag::MaybeAbsent, written)
        .help(fmt::format("write `{}?`: such a row may not be there; or `[{}]` for any number of "
                          "rows",
                          written, written));
    return nullptr;
  }

  void misfit(const syntax::Argument& parameter) {
    analysis_.diagnostics.report(parameter.value.span, diag::WrongForm, "transform")
        .help("a further row is written `a: Address?`, a list of rows `ds: [Dependency]`");
  }

  bool find_references(const syntax::Expr& at) {
    const plan::Entity& entity = analysis_.plan.at(companion_.entity);
    const plan::Entity& driver = analysis_.plan.at(transform_.input);
    for (const std::uint32_t key : driver.key()) {
      const plan::Reference wanted{transform_.input, key};
      const auto found = std::ranges::find_if(entity.fields, [&](const plan::Field& field) {
        return field.key && field.references == wanted &&
               field.type.base == driver.fields[key].type.base;
      });
      if (found == entity.fields.end()) {
        analysis_.diagnostics.report(at.span, diag::NoReference, entity.name, driver.name)
            .note(fmt::format("the rows of `{}` are found by it", entity.name))
            .help(fmt::format("let its key begin with `key {}_{}: {} -> {}.{}`", scope_.row,
                              driver.fields[key].name, print(driver.fields[key].type), driver.name,
                              driver.fields[key].name));
        return false;
      }
      companion_.by.push_back(static_cast<std::uint32_t>(found - entity.fields.begin()));
    }
    if (!companion_.is_list && entity.key().size() > companion_.by.size()) {
      analysis_.diagnostics.report(at.span, diag::SeveralRows, entity.name, driver.name)
          .note(
              fmt::format("the key of `{}` holds more than that of `{}`", entity.name, driver.name))
          .help(fmt::format("write `[{}]`", entity.name));
      return false;
    }
    return true;
  }

  Analysis& analysis_;
  const plan::Transform& transform_;
  const ExprScope& scope_;
  plan::Companion companion_;
};

class BackChecker {
 public:
  BackChecker(Analysis& analysis, const syntax::Span& at, const plan::Transform& back)
      : analysis_(analysis), at_(at), back_(back) {}

  void check() {
    const auto& via = plan().via;
    if (!via) {
      no_inverse("without `via` rows go back as they are").help("remove `back`");
      return;
    }
    if (!check_inputs() || !check_emit() || !check_key()) return;
    check_held_values(analysis_, at_);
    check_rest(plan().at(*via));
  }

 private:
  const plan::Plan& plan() const { return analysis_.plan; }

  Report no_inverse(const std::string& why) {
    return analysis_.diagnostics.report(at_, diag::NoInverse, back_.name, why);
  }

  bool is_on_new_side(plan::EntityId entity) const {
    return std::ranges::any_of(
        plan().to, [&](plan::DatasetId dataset) { return plan().at(dataset).entity == entity; });
  }

  bool check_inputs() {
    std::vector<plan::EntityId> inputs{back_.input};
    for (const plan::Companion& companion : back_.companions)
      inputs.push_back(companion.entity);
    for (const plan::EntityId entity : inputs) {
      if (is_on_new_side(entity)) continue;
      no_inverse(fmt::format("it takes `{}`, and no dataset of the new side holds it",
                             plan().at(entity).name));
      return false;
    }
    return true;
  }

  // One row of the old side for every driving row.
  bool check_emit() {
    const plan::Entity& old_side = plan().entity_of(plan().from);
    for (const plan::Emit& emit : back_.emits) {
      if (emit.entity == plan().at(plan().from).entity) continue;
      no_inverse(fmt::format("it gives `{}`, and the old side has `{}`",
                             plan().at(emit.entity).name, old_side.name));
      return false;
    }
    const plan::Emit& emit = back_.emits.front();
    if (back_.emits.size() > 1 || emit.each || emit.shared) {
      no_inverse(fmt::format("it does not make one row of `{}` of each row", old_side.name))
          .help(fmt::format("write one `emit {}`, without `for` and `shared`", old_side.name));
      return false;
    }
    if (!emit.when) return true;
    not_total().note("its `emit` has a condition").help("give every field a value without it");
    return false;
  }

  Report not_total() {
    auto report = analysis_.diagnostics.report(at_, diag::InverseNotTotal, back_.name,
                                               plan().at(back_.input).name,
                                               plan().entity_of(plan().from).name);
    const std::string& old_row = plan().entity_of(plan().from).name;
    ToldRun run;
    run.other("app", fmt::format("WRITE a `{}` to new, acknowledged", plan().at(back_.input).name))
        .other("you", "mig rollback")
        .undo("", fmt::format("`{}` does not say which `{}` it is", back_.name, old_row), at_)
        .other("app", "READ it from old: it is not there");
    run.tell(report, "what a client wrote at 1 is lost at 4");
    return report;
  }

  // The old row is found by the key alone, even when the row that it came from is gone.
  bool check_key() {
    const plan::Entity& driver = plan().at(back_.input);
    const plan::Entity& old_side = plan().entity_of(plan().from);
    for (const std::uint32_t key : old_side.key()) {
      const plan::Expr& value = back_.emits.front().values[key];
      const auto* field = std::get_if<plan::FieldOf>(&value.node);
      const bool is_key = field != nullptr && field->field < driver.fields.size() &&
                          driver.fields[field->field].key;
      if (is_key) continue;
      not_total()
          .note(fmt::format("the key `{}` of `{}` is not a key field of `{}` as it stands",
                            old_side.fields[key].name, old_side.name, driver.name))
          .help("where the new row is gone, its key alone says which old one goes");
      return false;
    }
    return true;
  }

  // What the inverse does not read is lost on the way back, unless `via` makes it again.
  void check_rest(const plan::Transform& via) {
    for (const plan::DatasetId dataset : plan().to) {
      const plan::EntityId entity = plan().at(dataset).entity;
      const bool is_taken = entity == back_.input ||
                            std::ranges::find(back_.companions, entity, &plan::Companion::entity) !=
                                back_.companions.end();
      const bool is_shared = std::ranges::any_of(
          via.emits, [&](const plan::Emit& emit) { return emit.shared && emit.entity == entity; });
      if (is_taken || is_shared) continue;
      analysis_.diagnostics.report(at_, diag::StaysBehind, plan().at(dataset).name)
          .help(fmt::format("let `{}` take its rows, too", back_.name));
    }
  }

  Analysis& analysis_;
  const syntax::Span& at_;
  const plan::Transform& back_;
};

}  // namespace

bool check_companions(Analysis& analysis, const syntax::Call& head, plan::Transform& transform,
                      ExprScope& scope) {
  auto first = static_cast<std::uint32_t>(scope.input->fields.size());
  for (std::size_t i = 1; i < head.arguments.size(); ++i) {
    auto companion = CompanionChecker(analysis, transform, scope).check(head.arguments[i]);
    const auto& name = head.arguments[i].name;
    if (!companion || !name) return false;
    const ExprScope::Beside rows{&analysis.plan.at(companion->entity), companion->is_list, first};
    // By their reference they were found: it says nothing new.
    for (const std::uint32_t field : companion->by)
      scope.used->insert(rows.place(field));
    first += input_width(analysis.plan, *companion);
    scope.beside.emplace(name->text, rows);
    scope.places[name->text] = name->span;
    analysis.names.declare(name->span);
    transform.companions.push_back(std::move(*companion));
  }
  return true;
}

void check_back(Analysis& analysis, const syntax::Span& at) {
  const auto& back = analysis.plan.back;
  assert(back);
  BackChecker(analysis, at, analysis.plan.at(*back)).check();
}

}  // namespace mig::compiler
