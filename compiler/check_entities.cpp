// Entities and datasets: the shape of rows, and where rows of a shape live.
#include <algorithm>
#include <cassert>
#include <set>

#include <fmt/format.h>

#include "compiler/check_expr.hpp"
#include "compiler/form.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {
namespace {

using plan::Base;
using plan::Type;

constexpr std::pair<std::string_view, Base> kPlainTypes[] = {
    {"bool", Base::Bool},
    {"i16", Base::I16},
    {"i32", Base::I32},
    {"i64", Base::I64},
    {"f64", Base::F64},
    {"text", Base::Text},
    {"bytes", Base::Bytes},
    {"uuid", Base::Uuid},
    {"date", Base::Date},
    {"time", Base::Time},
    {"timestamp", Base::Timestamp},
    {"json", Base::Json},
};

class EntityChecker {
 public:
  EntityChecker(Analysis& analysis, const Declaration& declaration)
      : analysis_(analysis), declaration_(declaration) {}

  // The fields; references and rules come once every entity has its fields.
  void check_fields(plan::Entity& entity) {
    Form form(*declaration_.statement, "entity User { key id: i64; email: text(254) }",
              analysis_.diagnostics);
    form.name();
    form.end();
    if (!form.ok()) return fail();
    if (declaration_.statement->block) {
      for (const syntax::Statement& statement : declaration_.statement->block->statements) {
        if (statement.word.text == "where" || statement.word.text.empty()) continue;
        check_field(statement, entity);
      }
    }
    if (std::ranges::none_of(entity.fields, &plan::Field::key) && ok_) {
      analysis_.diagnostics.report(declaration_.span, diag::NoKey, entity.name)
          .help("mark what identifies a row: `key id: i64`");
      ok_ = false;
    }
  }

  void check_references(plan::Entity& entity) {
    for (auto& [field, target] : references_) {
      const auto id = analysis_.find(*target->object, *declaration_.module, DeclarationKind::Entity,
                                     analysis_.entities);
      if (!id) continue;
      const plan::Entity& other = analysis_.plan.at(*id);
      const auto found = std::ranges::find(other.fields, target->field.text, &plan::Field::name);
      if (found == other.fields.end()) {
        analysis_.report_unknown_field(target->field.span, other, target->field.text);
        continue;
      }
      analysis_.refer_to_field(target->field.span, other,
                               static_cast<std::size_t>(found - other.fields.begin()));
      entity.fields[field].references =
          plan::Reference{*id, static_cast<std::uint32_t>(found - other.fields.begin())};
    }
  }

  void check_rules(plan::Entity& entity) {
    assert(declaration_.statement->block);  // without one it has no key, and does not come here
    ExprChecker checker(analysis_);
    const ExprScope scope{.module = declaration_.module, .input = &entity};
    std::vector<plan::Rule> rules;
    for (const syntax::Statement& statement : declaration_.statement->block->statements) {
      if (statement.word.text != "where") continue;
      Form form(statement, "where quantity > 0 else \"nothing was ordered\"",
                analysis_.diagnostics);
      const syntax::Expr* condition = form.value();
      form.word("else");
      const syntax::Expr* message = form.value();
      form.end();
      if (!form.ok()) continue;
      const auto text = analysis_.constants.text(*message, *declaration_.module);
      auto checked = checker.condition(*condition, scope);
      if (checked && text) rules.push_back(plan::Rule{std::move(*checked), *text});
    }
    entity.rules = std::move(rules);
  }

  bool ok() const { return ok_; }
  // Of each field, in their order.
  const std::vector<syntax::Span>& spans() const { return spans_; }

 private:
  void check_field(const syntax::Statement& statement, plan::Entity& entity) {
    const bool is_key = statement.word.text == "key" && is_marked(statement);
    const bool is_version = statement.word.text == "version" && is_marked(statement);
    Form form(statement,
              is_key       ? "key id: i64"
              : is_version ? "version updated_at: timestamp"
                           : "email: text(254)",
              analysis_.diagnostics);
    plan::Field field{.name = statement.word.text, .key = is_key, .version = is_version};
    syntax::Span at = statement.word.span;
    if (is_key || is_version) {
      const syntax::Expr* name = form.name();
      if (name == nullptr) return fail();
      field.name = name_of(*name);
      at = name->span;
    }
    const syntax::Expr* written = form.value(syntax::Mark::Colon);
    const syntax::Expr* fallback = form.value_if(syntax::Mark::Assign);
    const syntax::Expr* reference = form.value_if(syntax::Mark::Arrow);
    field.generated = form.word_if("generated");
    form.end();
    if (!form.ok()) return fail();
    const auto type = read_type(*written);
    if (!type) return fail();
    field.type = *type;
    field.column = field.name;
    if (!names_.emplace(field.name, at).second) {
      analysis_.diagnostics.report(at, diag::DeclaredTwice, field.name)
          .label(names_.at(field.name), "it is declared here");
      return fail();
    }
    if (field.key && (field.type.optional || !may_be_key(field.type))) {
      analysis_.diagnostics.report(written->span, diag::TypeMismatch, "a type that can be a key",
                                   print(field.type));
      return fail();
    }
    if (field.generated && (!field.key || !field.type.is_integer())) {
      const std::string found =
          field.key ? print(field.type) : fmt::format("{} and no key", print(field.type));
      analysis_.diagnostics.report(written->span, diag::TypeMismatch, "an integer key", found);
      return fail();
    }
    read_block(statement, field);
    if (fallback != nullptr) read_fallback(*fallback, field);
    if (reference != nullptr) {
      const auto* target = std::get_if<syntax::Member>(&reference->node);
      if (target == nullptr) {
        analysis_.diagnostics.report(reference->span, diag::NameWanted, "a field")
            .help("a reference is written `-> Other.field`");
      } else {
        references_.emplace_back(entity.fields.size(), target);
      }
    }
    analysis_.names.declare(at);
    spans_.push_back(at);
    entity.fields.push_back(std::move(field));
  }

  // `key id: i64` has a name behind the word; a field that is called `key` has its type there.
  static bool is_marked(const syntax::Statement& statement) {
    return !statement.operands.empty() && statement.operands.front().mark == syntax::Mark::None;
  }

  static bool may_be_key(const Type& type) {
    return type.base != Base::F64 && type.base != Base::Json && type.base != Base::List &&
           type.base != Base::Bool;
  }

  void read_block(const syntax::Statement& statement, plan::Field& field) {
    if (!statement.block) return;
    for (const syntax::Statement& inner : statement.block->statements) {
      if (inner.word.text != "column") {
        analysis_.diagnostics
            .report(inner.word.span, diag::UnknownAttribute, "field", inner.word.text)
            .help("a field's block has `column`");
        continue;
      }
      Form form(inner, "column = \"Full Name\"", analysis_.diagnostics);
      const syntax::Expr* value = form.value(syntax::Mark::Assign);
      form.end();
      if (!form.ok()) continue;
      if (const auto column = analysis_.constants.text(*value, *declaration_.module))
        field.column = *column;
    }
  }

  void read_fallback(const syntax::Expr& expr, plan::Field& field) {
    ExprChecker checker(analysis_);
    const ExprScope scope{.module = declaration_.module};
    const auto value = checker.fit(expr, scope, field.type);
    if (!value) return fail();
    // A short text is widened to the field's length, and is the same text.
    const auto* wider = std::get_if<plan::Apply>(&value->node);
    const bool is_text = wider != nullptr && wider->function == plan::Function::Widen &&
                         wider->arguments.front().type.base == Base::Text &&
                         field.type.base == Base::Text;
    const plan::Expr& literal = is_text ? wider->arguments.front() : *value;
    if (const auto* constant = std::get_if<plan::Constant>(&literal.node)) {
      field.fallback = constant->value;
    } else {
      analysis_.diagnostics.report(expr.span, diag::NotConstant)
          .help("a field's default is a literal");
      fail();
    }
  }

  std::optional<Type> read_type(const syntax::Expr& expr) {
    if (const auto* optional = std::get_if<syntax::Present>(&expr.node)) {
      auto type = read_type(*optional->value);
      if (type) type->optional = true;
      return type;
    }
    if (const auto* list = std::get_if<syntax::List>(&expr.node); list && list->items.size() == 1) {
      auto element = read_type(list->items.front());
      return element ? std::optional(Type::list(std::move(*element))) : std::nullopt;
    }
    if (const auto* call = std::get_if<syntax::Call>(&expr.node))
      return read_sized_type(*call, expr);
    const std::string_view written = name_of(expr);
    const auto* found =
        std::ranges::find(kPlainTypes, written, &std::pair<std::string_view, Base>::first);
    if (found != std::end(kPlainTypes)) return Type::of(found->second);
    unknown_type(expr);
    return std::nullopt;
  }

  std::optional<Type> read_sized_type(const syntax::Call& call, const syntax::Expr& at) {
    const std::string_view written = name_of(*call.callee);
    if (written == "one_of") return read_words(call, at);
    std::vector<std::int64_t> sizes;
    for (const syntax::Argument& argument : call.arguments) {
      const auto size =
          analysis_.constants.wanted(argument.value, *declaration_.module, plan::Unit::Number);
      if (!size) return std::nullopt;
      sizes.push_back(size->value);
    }
    if (written == "text" && sizes.size() == 1 && sizes[0] >= 1 && sizes[0] <= INT32_MAX) {
      return Type::text(static_cast<std::uint32_t>(sizes[0]));
    }
    const bool is_decimal = written == "decimal" && sizes.size() == 2;
    if (is_decimal && sizes[0] >= 1 && sizes[0] <= 38 && sizes[1] >= 0 && sizes[1] <= sizes[0]) {
      return Type::decimal(static_cast<std::uint8_t>(sizes[0]),
                           static_cast<std::uint8_t>(sizes[1]));
    }
    unknown_type(at);
    return std::nullopt;
  }

  std::optional<Type> read_words(const syntax::Call& call, const syntax::Expr& at) {
    Type type = Type::of(Base::OneOf);
    for (const syntax::Argument& argument : call.arguments) {
      const std::string_view word = name_of(argument.value);
      const auto quoted = text_of(argument.value);
      if (word.empty() && !quoted) {
        unknown_type(at);
        return std::nullopt;
      }
      type.members.push_back(quoted ? *quoted : std::string(word));
    }
    if (type.members.empty()) {
      unknown_type(at);
      return std::nullopt;
    }
    return type;
  }

  void unknown_type(const syntax::Expr& expr) {
    if (std::holds_alternative<syntax::Missing>(expr.node)) return;
    std::vector<std::string> known{"text(n)", "decimal(p, s)", "one_of(a, b)"};
    for (const auto& [name, base] : kPlainTypes)
      known.emplace_back(name);
    auto report = analysis_.diagnostics.report(expr.span, diag::UnknownName, "type",
                                               analysis_.sources.text(expr.span));
    report.instead(nearest(name_of(expr), known),
                   fmt::format("types are {}", fmt::join(known, ", ")));
  }

  void fail() { ok_ = false; }

  Analysis& analysis_;
  const Declaration& declaration_;
  std::map<std::string, syntax::Span> names_;
  std::vector<syntax::Span> spans_;
  std::vector<std::pair<std::size_t, const syntax::Member*>> references_;
  bool ok_ = true;
};

}  // namespace

void check_entities(Analysis& analysis) {
  std::vector<std::pair<plan::EntityId, EntityChecker>> checked;
  for (const Declaration* declaration : analysis.program.declarations(DeclarationKind::Entity)) {
    EntityChecker checker(analysis, *declaration);
    plan::Entity entity{.name = declaration->name};
    checker.check_fields(entity);
    if (!checker.ok() || entity.fields.empty()) continue;
    const plan::EntityId id{static_cast<std::uint32_t>(analysis.plan.entities.size())};
    analysis.plan.entities.push_back(std::move(entity));
    analysis.field_spans.push_back(checker.spans());
    analysis.entities[declaration] = id;
    checked.emplace_back(id, std::move(checker));
  }
  for (auto& [id, checker] : checked)
    checker.check_references(analysis.plan.entities[id.index]);
  for (auto& [id, checker] : checked)
    checker.check_rules(analysis.plan.entities[id.index]);
}

}  // namespace mig::compiler
