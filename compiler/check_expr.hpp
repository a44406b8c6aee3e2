// Types the expressions of transforms, rules and canonical forms.
//
// Every expression gets a type or a diagnostic at its narrowest wrong part. Optionals are narrowed
// where a
// `?` has proved them present. Literals take the type that is wanted of them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/analysis.hpp"
#include "compiler/plan/expr.hpp"
#include "compiler/plan/schema.hpp"

namespace mig::compiler {

// Dotted names as written, without blanks.
using Paths = std::set<std::string>;

// What names mean inside an expression.
struct ExprScope {
  const Module* module = nullptr;
  const plan::Entity* input = nullptr;
  // The name of the row, as in `u.email`; empty where fields are named bare, as in `canonical`.
  std::string row;
  // `let`s so far: the typed expression, for those with several parts the call itself.
  struct Let {
    std::uint32_t index = 0;
    plan::Type type;
    const syntax::Expr* parts_of = nullptr;  // a call of `split_once` or `parse_mailbox`
  };
  std::map<std::string, Let> lets;  // one whose value had a mistake is among `broken`
  std::set<std::string> broken;
  // Further rows that go in beside `row`, by their names.
  struct Beside {
    const plan::Entity* entity = nullptr;
    bool is_list = false;
    std::uint32_t first = 0;  // where its fields begin in what goes in
    // The place of one of its fields there.
    std::uint32_t place(std::uint32_t field) const { return first + (is_list ? 0 : 1) + field; }
  };
  std::map<std::string, Beside> beside;
  std::string element;  // the name of the loop's element; empty outside a loop
  plan::Type element_type;
  std::optional<Beside> element_rows;  // where the element is a row: all of them
  // Where the names above are declared.
  std::map<std::string, syntax::Span> places;
  // What conditions have proved present here, as written: `u.email`, `name.tail`.
  Paths present;
  // Places of the fields that were read: the caller adds them up for M3010.
  std::set<std::uint32_t>* used = nullptr;
};

class ExprChecker {
 public:
  explicit ExprChecker(Analysis& analysis) : analysis_(analysis) {}

  // The typed expression, or nothing after a report. `wanted` gives literals their type and is
  // otherwise only a hint; use `fit` to insist.
  std::optional<plan::Expr> check(const syntax::Expr& expr, const ExprScope& scope,
                                  const plan::Type* wanted = nullptr);
  // A condition. Fields that it proves present when it holds are added to `proved`.
  std::optional<plan::Expr> condition(const syntax::Expr& expr, const ExprScope& scope,
                                      Paths* proved = nullptr);
  // Checks and converts to `type`, by widening only: M3003 for an optional, M3004 for a narrowing.
  std::optional<plan::Expr> fit(const syntax::Expr& expr, const ExprScope& scope,
                                const plan::Type& type);
  // `d in split(u.depends, ", ")`: the list, and `scope` as it is inside the loop. `word`: of the
  // statement or function that has the loop.
  std::optional<plan::Expr> loop(const syntax::Expr& loop, std::string_view word, ExprScope& scope);

  // Notes what a name of the scope means at that place.
  void refer(const syntax::Expr& name, const ExprScope& scope);

 private:
  using Checked = std::optional<plan::Expr>;
  Checked literal(const syntax::Literal& literal, const syntax::Expr& at, const plan::Type* wanted);
  Checked number(const syntax::Literal& literal, const syntax::Expr& at, const plan::Type* wanted,
                 bool is_negative);
  Checked named(const syntax::Name& name, const syntax::Expr& at, const ExprScope& scope,
                const plan::Type* wanted);
  Checked member(const syntax::Member& member, const syntax::Expr& at, const ExprScope& scope);
  Checked field(const syntax::Span& at, const std::string& name, const ExprScope& scope);
  Checked field_beside(const std::string& name, const ExprScope::Beside& rows,
                       const syntax::Word& written, const ExprScope& scope);
  Checked field_of_turn(const ExprScope::Beside& rows, const syntax::Word& written,
                        const ExprScope& scope);
  Checked join(const syntax::Call& call, const syntax::Expr& at, const ExprScope& scope);
  // Says that a row is no value, and what may be written instead.
  void refuse_row(const syntax::Span& at, const std::string& name, const ExprScope& scope);
  // Whether the further row of that name is there.
  Checked row_present(const syntax::Expr& name, const ExprScope& scope);
  Checked part_of_call(const syntax::Expr& call, const syntax::Word& part, const ExprScope& scope);
  Checked call(const syntax::Call& call, const syntax::Expr& at, const ExprScope& scope);
  // The call as `function`, which is the written name or one of its parts.
  Checked called(const syntax::Call& call, const syntax::Expr& at, const std::string& function,
                 const ExprScope& scope);
  Checked binary(const syntax::Binary& binary, const syntax::Expr& at, const ExprScope& scope,
                 const plan::Type* wanted);
  Checked comparison(const syntax::Binary& binary, const syntax::Expr& at, const ExprScope& scope);
  Checked arithmetic(const syntax::Binary& binary, const syntax::Expr& at, const ExprScope& scope);
  Checked within(const syntax::Binary& binary, const syntax::Expr& at, const ExprScope& scope);
  Checked logic(const syntax::Binary& binary, const ExprScope& scope, Paths* proved);
  Checked choose(const syntax::If& choice, const syntax::Expr& at, const ExprScope& scope,
                 const plan::Type* wanted);
  Checked coalesce(const syntax::Binary& binary, const ExprScope& scope, const plan::Type* wanted);
  struct Operands {
    plan::Expr a;
    plan::Expr b;
  };
  // Both sides of an operator; a literal takes the type of the other one.
  std::optional<Operands> operands(const syntax::Binary& binary, const ExprScope& scope);
  // Both sides as one common type; reports when there is none.
  bool unify(const syntax::Expr& a_at, plan::Expr& a, const syntax::Expr& b_at, plan::Expr& b);
  // Reports M3003 where a value may be absent.
  bool refuse_optional(const plan::Expr& checked, const syntax::Span& at);
  void mismatch(const syntax::Span& at, std::string_view wanted, const plan::Type& found);

  Analysis& analysis_;
};

// `expr` as a value of the wider type; the same expression where the types are equal. REQUIRES: it
// widens.
plan::Expr widened(plan::Expr expr, const plan::Type& type);

}  // namespace mig::compiler
