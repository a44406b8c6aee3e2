// Transforms: every field of every row that comes out is filled, and no field that goes in is lost.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/check_expr.hpp"
#include "compiler/check_inverse.hpp"
#include "compiler/form.hpp"
#include "compiler/names.hpp"
#include "compiler/signatures.hpp"
#include "compiler/told_run.hpp"

namespace mig::compiler {
namespace {

class TransformChecker {
 public:
  TransformChecker(Analysis& analysis, const Declaration& declaration)
      : analysis_(analysis), checker_(analysis), declaration_(declaration) {}

  std::optional<plan::Transform> check() {
    if (!read_head()) return std::nullopt;
    static const syntax::Block kNothing;
    const syntax::Block& block =
        declaration_.statement->block ? *declaration_.statement->block : kNothing;
    for (const syntax::Statement& statement : block.statements) {
      const std::string& word = statement.word.text;
      if (word == "let") {
        check_let(statement);
      } else if (word == "emit") {
        check_emit(statement);
      } else if (word == "drops") {
        check_drops(statement);
      } else if (!word.empty()) {
        analysis_.diagnostics.report(statement.word.span, diag::UnknownStatement, word)
            .help(known_near(word));
        fail();
      }
    }
    check_results();
    check_losses();
    return ok_ ? std::optional(std::move(transform_)) : std::nullopt;
  }

  // Fields of the driving row that are lost, and said to be.
  const std::vector<std::uint32_t>& drops() const { return drops_; }

 private:
  static std::string known_near(const std::string& word) {
    const std::string near = did_you_mean(word, {"let", "emit", "drops"});
    return near.empty() ? "a transform has `let`, `emit` and `drops`" : near;
  }

  // `split(u: UserV1) -> UserV2, Address?`
  bool read_head() {
    const StatementRow& row = *find_statement(Context::File, "transform");
    Form form(*declaration_.statement, row.form, analysis_.diagnostics);
    const syntax::Expr* head = form.value();
    const auto* call = head == nullptr ? nullptr : std::get_if<syntax::Call>(&head->node);
    const bool has_input = call != nullptr && !call->arguments.empty();
    const syntax::Argument* input = has_input ? &call->arguments.front() : nullptr;
    if (input == nullptr || !input->name || input->fallback) {
      form.misfit();
      return false;
    }
    std::vector<const syntax::Expr*> results;
    for (const syntax::Expr* one = form.value(syntax::Mark::Arrow); one != nullptr;
         one = form.value_if(syntax::Mark::Comma)) {
      results.push_back(one);
    }
    form.end();
    if (!form.ok()) return false;
    const auto entity = find_entity(input->value);
    if (!entity) return false;
    transform_.name = declaration_.name;
    transform_.input = *entity;
    scope_.module = declaration_.module;
    scope_.input = &analysis_.plan.at(transform_.input);
    scope_.row = input->name->text;
    scope_.places[scope_.row] = input->name->span;
    analysis_.names.declare(input->name->span);
    scope_.used = &used_;
    if (!check_companions(analysis_, *call, transform_, scope_)) return false;
    for (const syntax::Expr* result : results) {
      const syntax::Expr* named = result;
      if (const auto* maybe = std::get_if<syntax::Present>(&named->node))
        named = maybe->value.get();
      if (const auto* many = std::get_if<syntax::List>(&named->node);
          many && many->items.size() == 1) {
        named = &many->items.front();
      }
      const auto id = find_entity(*named);
      if (!id) return false;
      results_.push_back(Result{*id, named->span});
    }
    return true;
  }

  std::optional<plan::EntityId> find_entity(const syntax::Expr& name) {
    return analysis_.find(name, *declaration_.module, DeclarationKind::Entity, analysis_.entities);
  }

  void check_let(const syntax::Statement& statement) {
    Form form(statement, "let name = split_once(trim(u.full_name), \" \")", analysis_.diagnostics);
    const syntax::Expr* name = form.name();
    const syntax::Expr* value = form.value(syntax::Mark::Assign);
    form.end();
    if (!form.ok()) return fail();
    const std::string text(name_of(*name));
    if (scope_.lets.contains(text) || text == scope_.row || scope_.beside.contains(text)) {
      analysis_.diagnostics.report(name->span, diag::DeclaredTwice, text);
      return fail();
    }
    analysis_.names.declare(name->span);
    const auto* call = std::get_if<syntax::Call>(&value->node);
    if (call != nullptr && !parts_of(name_of(*call->callee)).empty()) {
      // It has no single value: each part that is used is a function of the same arguments.
      scope_.lets[text] = ExprScope::Let{.parts_of = value};
      scope_.places[text] = name->span;
      return;
    }
    auto checked = checker_.check(*value, scope_);
    scope_.places[text] = name->span;
    if (!checked) {
      scope_.broken.insert(text);
      return fail();
    }
    scope_.lets[text] =
        ExprScope::Let{static_cast<std::uint32_t>(transform_.lets.size()), checked->type, nullptr};
    transform_.lets.push_back(std::move(*checked));
  }

  // `emit Address when …`, `emit Dependency for d in …`, `emit Maintainer shared`
  void check_emit(const syntax::Statement& statement) {
    Form form(statement, "emit Address when u.city? { user_id = u.id }", analysis_.diagnostics);
    const syntax::Expr* name = form.name();
    if (name == nullptr) return fail();
    plan::Emit emit;
    ExprScope scope = scope_;
    const syntax::Expr* when = nullptr;
    const syntax::Expr* loop = nullptr;
    while (form.ok() && !form.at_end()) {
      if (!emit.shared && form.word_if("shared")) {
        emit.shared = true;
      } else if (when == nullptr && form.word_if("when")) {
        when = form.value();
      } else if (loop == nullptr && form.word_if("for")) {
        loop = form.value();
      } else {
        form.misfit();
      }
    }
    if (!form.ok()) return fail();
    const auto entity = find_entity(*name);
    if (!entity) return fail();
    emit.entity = *entity;
    note_result(*name, *entity);
    if (when != nullptr) {
      Paths proved;
      auto condition = checker_.condition(*when, scope_, &proved);
      if (!condition) return fail();
      emit.when = std::move(*condition);
      scope.present.insert(proved.begin(), proved.end());
    }
    if (loop != nullptr) {
      emit.each = checker_.loop(*loop, "emit", scope);
      if (!emit.each) return fail();
    }
    fill(statement, scope, emit);
    check_keys(*name, emit, scope.element);
    transform_.emits.push_back(std::move(emit));
  }

  void fill(const syntax::Statement& statement, const ExprScope& scope, plan::Emit& emit) {
    const plan::Entity& entity = analysis_.plan.at(emit.entity);
    std::vector<std::optional<plan::Expr>> values(entity.fields.size());
    std::vector<bool> mentioned(entity.fields.size());
    if (statement.block) {
      for (const syntax::Statement& line : statement.block->statements) {
        if (line.word.text == "let") {
          analysis_.diagnostics.report(line.word.span, diag::UnknownStatement, "let")
              .help("put the `let` before the `emit`");
          fail();
          continue;
        }
        fill_field(line, scope, entity, values, mentioned);
      }
    }
    std::vector<std::string> empty;
    for (std::size_t i = 0; i < entity.fields.size(); ++i) {
      const plan::Field& field = entity.fields[i];
      if (std::optional<plan::Expr>& value = values[i]; value) {
        emit.values.push_back(std::move(*value));
      } else if (field.fallback && !mentioned[i]) {
        emit.values.push_back(plan::Expr{field.type, plan::Constant{*field.fallback}});
      } else {
        if (!mentioned[i]) empty.push_back(field.name);
        emit.values.push_back(plan::Expr{field.type.as_optional(), plan::Constant{plan::Null{}}});
        fail();
      }
    }
    if (empty.empty()) return;
    analysis_.diagnostics
        .report(statement.word.span, diag::FieldNotFilled,
                fmt::format("{}", fmt::join(empty, "`, `")), entity.name)
        .help(fmt::format("add `{} = …`; an optional field may be `none`", empty.front()));
  }

  void fill_field(const syntax::Statement& line, const ExprScope& scope, const plan::Entity& entity,
                  std::vector<std::optional<plan::Expr>>& values, std::vector<bool>& mentioned) {
    const auto found = std::ranges::find(entity.fields, line.word.text, &plan::Field::name);
    if (found == entity.fields.end()) {
      if (line.word.text.empty()) return fail();
      analysis_.report_unknown_field(line.word.span, entity, line.word.text);
      return fail();
    }
    const auto index = static_cast<std::size_t>(found - entity.fields.begin());
    analysis_.refer_to_field(line.word.span, entity, index);
    if (mentioned[index]) {
      analysis_.diagnostics.report(line.word.span, diag::DeclaredTwice, line.word.text);
      return fail();
    }
    mentioned[index] = true;
    Form form(line, fmt::format("{} = …", line.word.text), analysis_.diagnostics);
    const syntax::Expr* value = form.value(syntax::Mark::Assign);
    form.end();
    if (!form.ok()) return fail();
    values[index] = checker_.fit(*value, scope, found->type);
    if (!values[index]) fail();
  }

  // Both give a row of one and the same key.
  void tell_meeting(Report report, const syntax::Span& at, const std::string& one,
                    const std::string& other) const {
    ToldRun run;
    run.mig("", fmt::format("{} gives a row under key K", one), at)
        .mig("", fmt::format("{} gives another under key K", other), at)
        .other("app", fmt::format("READ what {} became: one of the two is gone", one));
    run.tell(report, "one key holds one row, and the other one has taken its place");
  }

  // Two source rows must not meet in one target row unless the plan says that they share it: the
  // target's key has to hold the source's key, and the loop's position where there is a loop.
  void check_keys(const syntax::Expr& name, const plan::Emit& emit, const std::string& element) {
    if (emit.shared || !ok_) return;
    const plan::Entity& target = analysis_.plan.at(emit.entity);
    const auto carried = [&](auto is_wanted) {
      return std::ranges::any_of(target.key(), [&](std::uint32_t field) {
        const plan::Expr* value = &emit.values[field];
        while (const auto* apply = std::get_if<plan::Apply>(&value->node)) {
          if (apply->function != plan::Function::Widen && apply->function != plan::Function::ToText)
            break;
          value = &apply->arguments.front();
        }
        return is_wanted(*value);
      });
    };
    for (const std::uint32_t key : analysis_.plan.at(transform_.input).key()) {
      const bool holds = carried([&](const plan::Expr& value) {
        const auto* field = std::get_if<plan::FieldOf>(&value.node);
        return field != nullptr && field->field == key;
      });
      if (holds) continue;
      const std::string& field = analysis_.plan.at(transform_.input).fields[key].name;
      auto report = analysis_.diagnostics.report(name.span, diag::KeysMeet, target.name);
      report
          .note(
              fmt::format("the key of `{}` does not hold `{}.{}`", target.name, scope_.row, field))
          .help(fmt::format("carry `{}` into the key, or write `emit {} shared`", field,
                            target.name));
      tell_meeting(report, name.span, fmt::format("the row with `{}` = 7", field),
                   fmt::format("the row with `{}` = 8", field));
      return fail();
    }
    const bool counts = !emit.each || carried([](const plan::Expr& value) {
      return std::holds_alternative<plan::LoopIndex>(value.node) ||
             std::holds_alternative<plan::LoopElement>(value.node);
    });
    if (!counts) {
      auto report = analysis_.diagnostics.report(name.span, diag::KeysMeet, target.name);
      tell_meeting(report, name.span, "the first turn of row 7", "its second turn");
      report
          .note(fmt::format("the key of `{}` does not tell one turn of the loop from the next",
                            target.name))
          .help(fmt::format("carry the loop's position into the key, such as `{}.index`", element));
      fail();
    }
  }

  void check_drops(const syntax::Statement& statement) {
    Form form(statement, "drops legacy_flag, notes", analysis_.diagnostics);
    const auto names = form.list();
    form.end();
    if (!form.ok()) return fail();
    for (const syntax::Expr* name : names) {
      if (!check_dropped(*name)) fail();
    }
  }

  // `notes`, of the driving row, or `ds.position`.
  bool check_dropped(const syntax::Expr& name) {
    const auto* member = std::get_if<syntax::Member>(&name.node);
    const std::string row(member == nullptr ? scope_.row : name_of(*member->object));
    const auto beside = scope_.beside.find(row);
    const bool is_beside = beside != scope_.beside.end();
    const plan::Entity& entity = is_beside ? *beside->second.entity : *scope_.input;
    const std::string_view written =
        member == nullptr ? name_of(name) : std::string_view(member->field.text);
    const auto found = std::ranges::find(entity.fields, written, &plan::Field::name);
    if ((!is_beside && row != scope_.row) || found == entity.fields.end()) {
      analysis_.report_unknown_field(name.span, entity, analysis_.sources.text(name.span));
      return false;
    }
    const auto field = static_cast<std::uint32_t>(found - entity.fields.begin());
    analysis_.refer_to_field(member == nullptr ? name.span : member->field.span, entity, field);
    if (member != nullptr) checker_.refer(*member->object, scope_);
    used_.insert(is_beside ? beside->second.place(field) : field);
    if (!is_beside) drops_.push_back(field);
    return true;
  }

  void note_result(const syntax::Expr& name, plan::EntityId entity) {
    for (Result& result : results_) {
      if (result.entity == entity) {
        result.emitted = true;
        return;
      }
    }
    analysis_.diagnostics.report(name.span, diag::UnknownName, "result", name_of(name))
        .help(fmt::format("add it behind the arrow: `-> …, {}`", name_of(name)));
    fail();
  }

  void check_results() {
    for (const Result& result : results_) {
      if (result.emitted || !ok_) continue;
      analysis_.diagnostics.report(result.span, diag::NeverEmitted,
                                   analysis_.plan.at(result.entity).name);
      fail();
    }
  }

  void check_losses() {
    if (!ok_) return;
    check_losses_of(*scope_.input, scope_.row, "", [](std::uint32_t field) { return field; });
    for (const auto& [name, rows] : scope_.beside) {
      check_losses_of(*rows.entity, name, name + ".",
                      [&](std::uint32_t field) { return rows.place(field); });
    }
  }

  template <class Place>
  void check_losses_of(const plan::Entity& entity, const std::string& row,
                       const std::string& prefix, const Place& place) {
    std::vector<std::string> lost;
    for (std::uint32_t i = 0; i < entity.fields.size(); ++i) {
      if (!used_.contains(place(i))) lost.push_back(entity.fields[i].name);
    }
    if (lost.empty()) return;
    analysis_.diagnostics
        .report(declaration_.span, diag::FieldLost, fmt::format("{}", fmt::join(lost, "`, `")),
                entity.name)
        .help(fmt::format("use `{}.{}`, or say that it goes: `drops {}{}`", row, lost.front(),
                          prefix, fmt::join(lost, ", " + prefix)));
    fail();
  }

  void fail() { ok_ = false; }

  struct Result {
    plan::EntityId entity;
    syntax::Span span;
    bool emitted = false;
  };

  Analysis& analysis_;
  ExprChecker checker_;
  const Declaration& declaration_;
  plan::Transform transform_;
  ExprScope scope_;
  std::set<std::uint32_t> used_;
  std::vector<std::uint32_t> drops_;
  std::vector<Result> results_;
  bool ok_ = true;
};

}  // namespace

void check_transforms(Analysis& analysis) {
  for (const Declaration* declaration : analysis.program.declarations(DeclarationKind::Transform)) {
    TransformChecker checker(analysis, *declaration);
    auto transform = checker.check();
    if (!transform) continue;
    analysis.drops.push_back(checker.drops());
    analysis.transforms[declaration] =
        plan::TransformId{static_cast<std::uint32_t>(analysis.plan.transforms.size())};
    analysis.plan.transforms.push_back(std::move(*transform));
  }
}

}  // namespace mig::compiler
