#include "compiler/check_tests.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/check_expr.hpp"
#include "compiler/form.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {
namespace {

// `test "…" of split`: what stands in front of the block.
struct TestHead {
  std::string name;
  const syntax::Expr* subject = nullptr;
};

std::optional<TestHead> head_of(Analysis& analysis, const syntax::Statement& statement) {
  Form form(statement, find_statement(Context::File, "test")->form, analysis.diagnostics);
  const syntax::Expr* name = form.value();
  const auto text = name == nullptr ? std::nullopt : text_of(*name);
  if (name != nullptr && !text) {
    analysis.diagnostics.report(name->span, diag::WrongForm, "test")
        .help("say in quotes what it shows: `test \"the e-mail is kept\" of split { … }`");
    return std::nullopt;
  }
  form.word("of");
  const syntax::Expr* subject = form.name();
  form.end();
  if (!form.ok() || !text) return std::nullopt;
  return TestHead{*text, subject};
}

class TransformTestChecker {
 public:
  TransformTestChecker(Analysis& analysis, const syntax::Statement& statement,
                       const Declaration& subject)
      : analysis_(analysis),
        statement_(statement),
        subject_(subject),
        scope_{.module = &analysis.program.root()} {}

  std::optional<TransformTest> check(const std::string& name) {
    const auto found = analysis_.transforms.find(&subject_);
    if (found == analysis_.transforms.end()) return std::nullopt;
    test_ = {
        .name = name, .span = statement_.operands.front().value.span, .transform = found->second};
    if (!statement_.block) return refuse_empty();
    for (const syntax::Statement& line : statement_.block->statements) {
      const std::string& word = line.word.text;
      if (word == "given") {
        check_given(line);
      } else if (word == "expect") {
        check_expect(line);
      } else {
        report_unknown_statement(line, Context::Test, analysis_.diagnostics);
        ok_ = false;
      }
    }
    check_whole();
    return ok_ ? std::optional(std::move(test_)) : std::nullopt;
  }

 private:
  const plan::Transform& transform() const { return analysis_.plan.at(test_.transform); }
  const plan::Entity& driver() const { return analysis_.plan.at(transform().input); }

  std::optional<TransformTest> refuse_empty() {
    missing("given");
    return std::nullopt;
  }

  void missing(std::string_view word) {
    analysis_.diagnostics.report(statement_.word.span, diag::MissingPart, "test", word)
        .help(fmt::format("it is written like `{}`", find_statement(Context::Test, word)->form));
    ok_ = false;
  }

  // The names of the rows that go in, as the transform has them: `n: UserV2, a: Address?`.
  std::vector<std::string> parameters() const {
    std::vector<std::string> names;
    const auto& head = subject_.statement->operands.front().value.node;
    for (const syntax::Argument& argument : std::get<syntax::Call>(head).arguments) {
      if (argument.name) names.push_back(argument.name->text);
    }
    return names;
  }

  // `given u: UserV1 { … }` or `given UserV1 { … }`
  void check_given(const syntax::Statement& line) {
    Form form(line, find_statement(Context::Test, "given")->form, analysis_.diagnostics);
    const syntax::Expr* first = form.name();
    const syntax::Expr* second = form.value_if(syntax::Mark::Colon);
    form.end();
    if (!form.ok()) return fail();
    const auto entity = find_entity(second == nullptr ? *first : *second);
    if (!entity) return fail();
    if (second != nullptr && !is_name_of(*first, *entity)) return fail();
    TestRow row{.entity = *entity, .span = line.span};
    if (!read_fields(line, row) || !complete(line, row)) return fail();
    if (*entity == transform().input) {
      if (driver_at_ != nullptr) return repeated(line, *driver_at_);
      driver_at_ = &line;
      test_.driver = std::move(row);
      return;
    }
    const auto companion =
        std::ranges::find(transform().companions, *entity, &plan::Companion::entity);
    if (companion == transform().companions.end()) {
      analysis_.diagnostics
          .report(line.word.span, diag::TypeMismatch,
                  fmt::format("a row that goes into `{}`", transform().name),
                  fmt::format("`{}`", analysis_.plan.at(*entity).name))
          .help(fmt::format("`{}` takes `{}`", transform().name, driver().name));
      return fail();
    }
    const auto earlier = companions_at_.find(entity->index);
    if (!companion->is_list && earlier != companions_at_.end())
      return repeated(line, *earlier->second);
    companions_at_[entity->index] = &line;
    test_.companions.push_back(std::move(row));
  }

  void repeated(const syntax::Statement& line, const syntax::Statement& earlier) {
    analysis_.diagnostics.report(line.word.span, diag::DeclaredTwice, "given")
        .label(earlier.word.span, "it is given here")
        .help(fmt::format("`{}` takes one such row", transform().name));
    fail();
  }

  bool is_name_of(const syntax::Expr& name, plan::EntityId entity) {
    const auto names = parameters();
    std::vector<plan::EntityId> entities{transform().input};
    for (const plan::Companion& companion : transform().companions)
      entities.push_back(companion.entity);
    const auto found = std::ranges::find(names, std::string(name_of(name)));
    const auto place = static_cast<std::size_t>(found - names.begin());
    if (found != names.end() && entities.at(place) == entity) {
      const auto& head = subject_.statement->operands.front().value.node;
      analysis_.names.refer(name.span, std::get<syntax::Call>(head).arguments.at(place).name->span);
      return true;
    }
    analysis_.diagnostics
        .report(name.span, diag::UnknownName, fmt::format("row of `{}`", transform().name),
                name_of(name))
        .help(fmt::format("write it as the transform does: `given {}: {}`", names.front(),
                          driver().name));
    return false;
  }

  // `expect UserV2 { … }`, `expect no Address`, `expect rejected "half an address"`
  void check_expect(const syntax::Statement& line) {
    Form form(line, find_statement(Context::Test, "expect")->form, analysis_.diagnostics);
    const bool is_rejected = form.word_if("rejected");
    const bool is_none = !is_rejected && form.word_if("no");
    if (is_rejected) {
      const syntax::Expr* reason = form.at_end() ? nullptr : form.value();
      form.end();
      if (!form.ok()) return fail();
      ExpectRejected expected{.span = line.span};
      if (reason != nullptr) {
        expected.reason = analysis_.constants.text(*reason, *scope_.module);
        if (!expected.reason) return fail();
      }
      test_.expected.emplace_back(std::move(expected));
      return;
    }
    const syntax::Expr* name = form.name();
    form.end();
    if (!form.ok()) return fail();
    const auto entity = find_entity(*name);
    if (!entity) return fail();
    const bool comes_out = std::ranges::any_of(
        transform().emits, [&](const plan::Emit& emit) { return emit.entity == *entity; });
    if (!comes_out) {
      analysis_.diagnostics
          .report(name->span, diag::TypeMismatch,
                  fmt::format("a row that `{}` makes", transform().name),
                  fmt::format("`{}`", name_of(*name)))
          .help(fmt::format("`{}` is what comes out of `{}`",
                            analysis_.plan.at(transform().emits.front().entity).name,
                            transform().name));
      return fail();
    }
    if (is_none) {
      test_.expected.emplace_back(ExpectNone{*entity, line.span});
      return;
    }
    TestRow row{.entity = *entity, .span = line.span};
    if (!read_fields(line, row)) return fail();
    test_.expected.emplace_back(std::move(row));
  }

  std::optional<plan::EntityId> find_entity(const syntax::Expr& name) {
    return analysis_.find(name, *scope_.module, DeclarationKind::Entity, analysis_.entities);
  }

  bool read_fields(const syntax::Statement& line, TestRow& row) {
    if (!line.block) return true;
    const plan::Entity& entity = analysis_.plan.at(row.entity);
    bool ok = true;
    for (const syntax::Statement& one : line.block->statements) {
      const auto found = std::ranges::find(entity.fields, one.word.text, &plan::Field::name);
      if (found == entity.fields.end()) {
        if (!one.word.text.empty())
          analysis_.report_unknown_field(one.word.span, entity, one.word.text);
        ok = false;
        continue;
      }
      const auto field = static_cast<std::uint32_t>(found - entity.fields.begin());
      analysis_.refer_to_field(one.word.span, entity, field);
      if (std::ranges::find(row.fields, field, &TestField::field) != row.fields.end()) {
        analysis_.diagnostics.report(one.word.span, diag::DeclaredTwice, one.word.text);
        ok = false;
        continue;
      }
      Form form(one, fmt::format("{} = …", one.word.text), analysis_.diagnostics);
      const syntax::Expr* value = form.value(syntax::Mark::Assign);
      form.end();
      auto checked =
          form.ok() ? ExprChecker(analysis_).fit(*value, scope_, found->type) : std::nullopt;
      ok = ok && checked.has_value();
      if (checked) row.fields.push_back({field, std::move(*checked), one.span});
    }
    return ok;
  }

  // What a given row does not say is its default, or absent; in the order of the entity.
  bool complete(const syntax::Statement& line, TestRow& row) {
    const plan::Entity& entity = analysis_.plan.at(row.entity);
    std::vector<std::string> empty;
    for (std::uint32_t i = 0; i < entity.fields.size(); ++i) {
      const plan::Field& field = entity.fields[i];
      if (std::ranges::find(row.fields, i, &TestField::field) != row.fields.end()) continue;
      if (!field.fallback && !field.type.optional) {
        empty.push_back(field.name);
        continue;
      }
      const plan::Value value = field.fallback.value_or(plan::Value(plan::Null{}));
      row.fields.push_back({i, plan::Expr{field.type, plan::Constant{value}}, line.span});
    }
    std::ranges::sort(row.fields, {}, &TestField::field);
    if (empty.empty()) return true;
    analysis_.diagnostics
        .report(line.word.span, diag::FieldNotFilled, fmt::format("{}", fmt::join(empty, "`, `")),
                entity.name)
        .help(fmt::format("add `{} = …`", empty.front()));
    return false;
  }

  void check_whole() {
    if (!ok_) return;
    if (driver_at_ == nullptr) missing("given");
    if (ok_ && test_.expected.empty()) missing("expect");
  }

  void fail() { ok_ = false; }

  Analysis& analysis_;
  const syntax::Statement& statement_;
  const Declaration& subject_;
  const ExprScope scope_;
  TransformTest test_;
  const syntax::Statement* driver_at_ = nullptr;
  std::map<std::uint32_t, const syntax::Statement*> companions_at_;
  bool ok_ = true;
};

}  // namespace

std::vector<TransformTest> check_tests(Analysis& analysis) {
  std::vector<TransformTest> tests;
  std::map<std::string, syntax::Span> names;
  const Module& root = analysis.program.root();
  for (const syntax::Statement& statement : root.tree->statements) {
    if (statement.word.text != "test") continue;
    const auto head = head_of(analysis, statement);
    if (!head) continue;
    const syntax::Span& at = statement.operands.front().value.span;
    const auto [place, fresh] = names.emplace(head->name, at);
    if (!fresh) {
      analysis.diagnostics.report(at, diag::DeclaredTwice, head->name)
          .label(place->second, "it is declared here");
      continue;
    }
    const auto named = root.names.find(std::string(name_of(*head->subject)));
    const bool is_plan = named != root.names.end() && named->second->module == &root &&
                         named->second->kind == DeclarationKind::Plan;
    if (is_plan) continue;
    const auto* subject = analysis.resolve(*head->subject, root, DeclarationKind::Transform);
    if (subject == nullptr) continue;
    if (auto test = TransformTestChecker(analysis, statement, *subject).check(head->name))
      tests.push_back(std::move(*test));
  }
  return tests;
}

}  // namespace mig::compiler
