#include "runtime/cli/transform_tests.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "compiler/plan/overloaded.hpp"

namespace mig::cli {
namespace {

using compiler::ExpectNone;
using compiler::ExpectRejected;
using compiler::TestField;
using compiler::TestRow;
using runtime::FieldValue;
using runtime::OneRow;
using runtime::RowOf;

class Trial {
 public:
  Trial(const plan::Plan& plan, const compiler::TransformTest& test,
        compiler::Diagnostics& diagnostics)
      : plan_(plan), test_(test), diagnostics_(diagnostics) {}

  bool run() {
    const auto driver = given(test_.driver);
    std::vector<RowOf> companions;
    for (const TestRow& row : test_.companions) {
      if (auto one = given(row)) companions.push_back(std::move(*one));
    }
    if (!ok_ || !driver) return false;
    result_ = transform_row(plan_, plan_.at(test_.transform), driver->row, companions);
    is_taken_.assign(result_.made.size(), false);
    if (!rejection_is_expected()) {
      refuse_rejection();
      return false;
    }
    for (const compiler::Expectation& expected : test_.expected) {
      std::visit(plan::Overloaded{
                     [&](const TestRow& row) { expect_row(row); },
                     [&](const ExpectNone& none) { expect_none(none); },
                     [&](const ExpectRejected& rejected) { expect_rejected(rejected); },
                 },
                 expected);
    }
    return ok_;
  }

 private:
  compiler::Report fail(const syntax::Span& at) {
    ok_ = false;
    return diagnostics_.report(at, compiler::diag::TestFails, test_.name);
  }

  std::optional<RowOf> given(const TestRow& row) {
    std::vector<runtime::RowReject> rejects;
    auto values = given_row(plan_, row, rejects);
    if (!values) fail(row.span).note(reasons(rejects));
    return values;
  }

  static std::string reasons(const std::vector<runtime::RowReject>& rejects) {
    std::vector<std::string> texts;
    texts.reserve(rejects.size());
    for (const runtime::RowReject& reject : rejects)
      texts.push_back(fmt::format("{}: {}", reject.field, reject.reason));
    return fmt::format("the row is rejected: {}", fmt::join(texts, "; "));
  }

  bool rejection_is_expected() const {
    return result_.rejects.empty() ||
           std::ranges::any_of(test_.expected, [](const compiler::Expectation& one) {
             return std::holds_alternative<ExpectRejected>(one);
           });
  }

  void refuse_rejection() {
    fail(test_.driver.span)
        .note(reasons(result_.rejects))
        .help("give a row that is accepted, or write `expect rejected`");
  }

  void expect_rejected(const ExpectRejected& expected) {
    if (result_.rejects.empty()) {
      fail(expected.span).note("the row is carried over").note(made_text());
      return;
    }
    const bool is_reason =
        !expected.reason || std::ranges::any_of(result_.rejects, [&](const auto& reject) {
          return reject.reason.find(*expected.reason) != std::string::npos;
        });
    if (!is_reason) fail(expected.span).note(reasons(result_.rejects));
  }

  void expect_none(const ExpectNone& expected) {
    for (const RowOf& one : result_.made) {
      if (one.entity != expected.entity) continue;
      fail(expected.span).note("there is one: " + print(plan_.at(one.entity), one.row));
      return;
    }
  }

  // Each row that comes out answers one `expect`.
  void expect_row(const TestRow& expected) {
    const plan::Entity& entity = plan_.at(expected.entity);
    std::vector<FieldValue> wanted;
    for (const TestField& field : expected.fields) {
      std::vector<runtime::RowReject> rejects;
      const plan::Field& of = entity.fields[field.field];
      auto value = runtime::constant_value(entity, of, field.value, rejects);
      if (!value) {
        fail(field.span).note(reasons(rejects));
        return;
      }
      wanted.push_back(std::move(*value));
    }
    std::size_t nearest = 0;
    std::size_t candidates = 0;
    for (std::size_t i = 0; i < result_.made.size(); ++i) {
      if (result_.made[i].entity != expected.entity || is_taken_[i]) continue;
      ++candidates;
      nearest = i;
      if (!agrees(expected, wanted, result_.made[i])) continue;
      is_taken_[i] = true;
      return;
    }
    auto report = fail(expected.span);
    if (candidates == 1) {
      show_difference(expected, wanted, result_.made[nearest], report);
    } else if (candidates == 0) {
      report.note(fmt::format("there is no{} row of `{}`",
                              is_any_taken(expected.entity) ? " further" : "", entity.name));
      if (!result_.rejects.empty()) report.note(reasons(result_.rejects));
    } else {
      report.note(made_text());
    }
  }

  bool is_any_taken(plan::EntityId entity) const {
    for (std::size_t i = 0; i < result_.made.size(); ++i) {
      if (is_taken_[i] && result_.made[i].entity == entity) return true;
    }
    return false;
  }

  static bool agrees(const TestRow& expected, const std::vector<FieldValue>& wanted,
                     const RowOf& made) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (made.row[expected.fields[i].field] != wanted[i]) return false;
    }
    return true;
  }

  void show_difference(const TestRow& expected, const std::vector<FieldValue>& wanted,
                       const RowOf& made, compiler::Report& report) {
    const plan::Entity& entity = plan_.at(expected.entity);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const TestField& field = expected.fields[i];
      const FieldValue& value = made.row[field.field];
      if (value == wanted[i]) continue;
      report.label(field.span, "it is " + print(value, entity.fields[field.field].type));
    }
  }

  std::string made_text() const {
    std::vector<std::string> texts;
    texts.reserve(result_.made.size());
    for (const RowOf& one : result_.made)
      texts.push_back(print(plan_.at(one.entity), one.row));
    return fmt::format("what comes out: {}",
                       texts.empty() ? "nothing" : fmt::format("{}", fmt::join(texts, "; ")));
  }

  const plan::Plan& plan_;
  const compiler::TransformTest& test_;
  compiler::Diagnostics& diagnostics_;
  OneRow result_;
  std::vector<bool> is_taken_;
  bool ok_ = true;
};

}  // namespace

std::optional<RowOf> given_row(const plan::Plan& plan, const TestRow& row,
                               std::vector<runtime::RowReject>& rejects) {
  const plan::Entity& entity = plan.at(row.entity);
  RowOf values{.entity = row.entity};
  for (const TestField& field : row.fields) {
    auto value = constant_value(entity, entity.fields[field.field], field.value, rejects);
    if (!value) return std::nullopt;
    values.row.push_back(std::move(*value));
  }
  return values;
}

bool run_transform_test(const plan::Plan& plan, const compiler::TransformTest& test,
                        compiler::Diagnostics& diagnostics) {
  return Trial(plan, test, diagnostics).run();
}

}  // namespace mig::cli
