#include "compiler/check_script.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/form.hpp"
#include "compiler/names.hpp"
#include "compiler/script_names.hpp"

namespace mig::compiler {
namespace {

using plan::Duration;
using syntax::Mark;

constexpr std::pair<std::string_view, plan::Ending> kEndings[] = {
    {"completed", plan::Ending::Completed},
    {"rolled_back", plan::Ending::RolledBack},
    {"paused", plan::Ending::Paused},
    {"partial", plan::Ending::Partial},
};

class ScriptChecker {
 public:
  explicit ScriptChecker(const ScriptScope& scope) : scope_(scope), names_(scope) {}

  plan::Script check(const std::vector<syntax::Statement>& statements) {
    for (const syntax::Statement& statement : statements)
      check(statement);
    return std::move(script_);
  }

 private:
  void check(const syntax::Statement& statement) {
    const std::string& word = statement.word.text;
    const StatementRow* row = find_statement(Context::Scenario, word);
    if (row == nullptr)
      return report_unknown_statement(statement, Context::Scenario, scope_.diagnostics);
    Form form(statement, row->form, scope_.diagnostics);
    line_ = std::string(scope_.sources.text(statement.span));
    if (word == "at") return check_at(form);
    if (word == "crash") return check_crash(form);
    if (word == "approve" || word == "refuse") return check_answer(form, word == "refuse");
    if (word == "no_data") return check_no_data(form);
    if (word == "continue") return check_continue(form);
    if (word == "expect") return check_expect(form, statement);
    if (word == "assume") return check_assume(form);
    form.name();  // `set`: read before the plan was compiled
    form.value(Mark::Assign);
    form.end();
  }

  std::optional<Duration> duration(const syntax::Expr* expr) {
    return expr == nullptr ? std::nullopt : scope_.constants.duration(*expr, scope_.module);
  }
  // `after 3m`, which may be left out.
  std::optional<Duration> after(Form& form) {
    if (!form.word_if("after")) return Duration::zero();
    return duration(form.value());
  }
  // `for 3m`, which may be left out; false: it is wrong.
  bool lasts(Form& form, std::optional<Duration>& length) {
    if (!form.word_if("for")) return true;
    length = duration(form.value());
    return length.has_value();
  }

  struct Place {
    std::optional<plan::StepId> step;
    Duration after = Duration::zero();
  };

  std::optional<Place> check_place(Form& form) {
    const syntax::Expr* phase = form.value();
    if (phase == nullptr) return std::nullopt;
    Place place;
    if (name_of(*phase) != "start") {
      const syntax::Expr* verb = nullptr;
      const syntax::Expr* share = nullptr;
      bool waits = form.word_if("after");
      while (!waits && share == nullptr) {
        const syntax::Expr* next = form.value_if(Mark::None);
        if (next == nullptr) break;
        (name_of(*next).empty() ? share : verb) = next;
        waits = form.word_if("after");
      }
      place.step = find_step(*phase, verb, share);
      if (!place.step) return std::nullopt;
      if (!waits) return place;
      const auto wait = duration(form.value());
      if (!wait) return std::nullopt;
      place.after = *wait;
      return place;
    }
    const auto wait = after(form);
    if (!wait) return std::nullopt;
    place.after = *wait;
    return place;
  }

  std::optional<plan::StepId> find_step(const syntax::Expr& phase, const syntax::Expr* verb,
                                        const syntax::Expr* share) {
    std::optional<plan::Ratio> ratio;
    if (share != nullptr) {
      ratio = scope_.constants.ratio(*share, scope_.module);
      if (!ratio) return std::nullopt;
    }
    return names_.step(phase, verb, share, ratio);
  }

  void add(const Place& place, plan::Turn turn) {
    script_.lines.push_back(plan::ScriptLine{place.step, place.after, std::move(turn), line_});
  }

  void check_at(Form& form) {
    const auto place = check_place(form);
    if (!place) return;
    const syntax::Expr* what = form.value(Mark::Colon);
    if (what == nullptr) return;
    const std::string_view word = name_of(*what);
    if (word == "fail") return check_fail(form, *place, *what);
    if (word == "no_data") {
      const syntax::Expr* gate = form.name();
      std::optional<Duration> length;
      if (gate == nullptr || !lasts(form, length)) return;
      form.end();
      if (const auto found = names_.gate(*gate); found && form.ok())
        add(*place, plan::Silence{*found, length});
      return;
    }
    if (const auto turn = asked(word)) {
      form.end();
      if (form.ok()) add(*place, *turn);
      return;
    }
    check_measure(form, *place, *what);
  }

  static std::optional<plan::Turn> asked(std::string_view word) {
    if (word == "crash") return plan::LoseRunner{};
    if (word == "pause") return plan::Ask::Pause;
    if (word == "continue") return plan::Ask::Continue;
    if (word == "rollback") return plan::Ask::Rollback;
    return std::nullopt;
  }

  void check_fail(Form& form, const Place& place, const syntax::Expr& what) {
    std::uint32_t times = 0;
    if (const syntax::Expr* count = form.value_if(Mark::None)) {
      const auto number = scope_.constants.wanted(*count, scope_.module, plan::Unit::Number);
      if (!number) return;
      if (number->value < 1 || number->value > 1000) {
        scope_.diagnostics.report(count->span, diag::WrongForm, "fail")
            .help(
                "an attempt fails once to a thousand times: `fail 2`; without a number it fails "
                "for good");
        return;
      }
      times = static_cast<std::uint32_t>(number->value);
    }
    form.end();
    if (!form.ok()) return;
    if (!place.step) {
      scope_.diagnostics.report(what.span, diag::WrongForm, "at")
          .help("a step fails, not the start: `at cutover: fail`");
      return;
    }
    add(place, plan::FailStep{times});
  }

  void check_measure(Form& form, const Place& place, const syntax::Expr& what) {
    const syntax::Expr* value = form.value(Mark::Assign);
    std::optional<Duration> length;
    if (value == nullptr || !lasts(form, length)) return;
    form.end();
    const auto reading = form.ok() ? names_.reading(what) : std::nullopt;
    if (!reading) return;
    const auto number = scope_.constants.wanted(*value, scope_.module, names_.unit_of(*reading));
    if (number) add(place, plan::Measure{*reading, number->value, length});
  }

  void check_crash(Form& form) {
    if (!form.word("at")) return;
    const auto place = check_place(form);
    form.end();
    if (place && form.ok()) add(*place, plan::LoseRunner{});
  }

  void check_answer(Form& form, bool refuses) {
    if (refuses && !form.word("approve")) return;
    const syntax::Expr* who = form.value();
    if (who == nullptr) return;
    const bool is_timed = form.word_if("after");
    const auto wait = is_timed ? duration(form.value()) : std::optional(Duration::zero());
    form.end();
    if (!form.ok() || !wait) return;
    const auto name = scope_.constants.text(*who, scope_.module);
    if (!name || !names_.knows_approver(*name, who->span)) return;
    script_.answers.push_back(plan::ScriptedAnswer{*name, refuses, *wait});
  }

  void check_no_data(Form& form) {
    const syntax::Expr* gate = form.name();
    if (gate == nullptr || !form.word("from")) return;
    const syntax::Expr* first = form.value();
    const auto from = duration(first);
    if (!from || !form.word("to")) return;
    const syntax::Expr* last = form.value();
    const auto to = duration(last);
    form.end();
    if (!to || !form.ok()) return;
    if (*to <= *from) {
      scope_.diagnostics.report(last->span, diag::WrongForm, "no_data")
          .help("it ends after it begins: `no_data slo from 10m to 40m`");
      return;
    }
    if (const auto found = names_.gate(*gate))
      add(Place{{}, *from}, plan::Silence{*found, *to - *from});
  }

  void check_continue(Form& form) {
    if (!form.word("after")) return;
    const auto wait = duration(form.value());
    form.end();
    if (wait && form.ok()) script_.continues_after = *wait;
  }

  void check_expect(Form& form, const syntax::Statement& statement) {
    if (form.word_if("never")) return check_reached(form, true);
    if (form.word_if("reached")) return check_reached(form, false);
    if (form.word_if("within")) {
      const auto most = duration(form.value());
      form.end();
      if (most && form.ok()) script_.expectations.emplace_back(plan::Lasted{*most});
      return;
    }
    const syntax::Expr* ending = form.name();
    form.end();
    if (!form.ok()) return;
    const auto* found = std::ranges::find(kEndings, name_of(*ending),
                                          &std::pair<std::string_view, plan::Ending>::first);
    if (found == std::end(kEndings)) {
      scope_.diagnostics.report(ending->span, diag::UnknownName, "ending", name_of(*ending))
          .help("a run ends completed, rolled_back, paused or partial")
          .help(
              "what else is expected is written like `reached cutover within 3h`, or `within 8d`");
      return;
    }
    if (expected_ending(script_)) {
      scope_.diagnostics.report(statement.word.span, diag::DeclaredTwice, "expect");
      return;
    }
    script_.expectations.emplace_back(found->second);
  }

  // `reached cutover within 3h`, `never reached retire`
  void check_reached(Form& form, bool never) {
    if (never && !form.word("reached")) return;
    const syntax::Expr* phase = form.value();
    if (phase == nullptr) return;
    plan::Reached reached{.never = never};
    if (!never && form.word_if("within")) {
      reached.within = duration(form.value());
      if (!reached.within) return;
    }
    form.end();
    const auto found = form.ok() ? names_.phase(*phase) : std::nullopt;
    if (!found) return;
    reached.phase = *found;
    script_.expectations.emplace_back(reached);
  }

  void check_assume(Form& form) {
    const syntax::Expr* what = form.name();
    const syntax::Expr* value = form.value(Mark::Assign);
    form.end();
    if (!form.ok()) return;
    const std::string_view name = name_of(*what);
    const bool is_rows = name == "rows";
    if (!is_rows && name != "reads" && name != "writes") {
      scope_.diagnostics.report(what->span, diag::UnknownName, "assumption", name)
          .help("`rows`, `reads` and `writes` are assumed of an application");
      return;
    }
    const auto number = scope_.constants.wanted(
        *value, scope_.module, is_rows ? plan::Unit::Rows : plan::Unit::RequestRate);
    if (!number) return;
    constexpr std::int64_t kBillion = 1'000'000'000;
    if (is_rows) {
      script_.rows = plan::RowCount{std::clamp<std::int64_t>(number->value, 0, 1'000 * kBillion)};
    } else {
      (name == "reads" ? script_.reads_per_second : script_.writes_per_second) =
          std::clamp<std::int64_t>(number->value / kBillion, 0, 1'000'000);
    }
  }

  const ScriptScope& scope_;
  ScriptNames names_;
  plan::Script script_;
  std::string line_;
};

}  // namespace

plan::Script check_script(const ScriptScope& scope,
                          const std::vector<syntax::Statement>& statements) {
  return ScriptChecker(scope).check(statements);
}

std::vector<std::string> settings_of(const syntax::SourceSet& sources,
                                     const std::vector<syntax::Statement>& statements) {
  std::vector<std::string> settings;
  for (const syntax::Statement& statement : statements) {
    const bool is_setting = statement.word.text == "set" && statement.operands.size() == 2 &&
                            statement.operands[1].mark == Mark::Assign;
    if (!is_setting) continue;
    settings.push_back(fmt::format("{}={}", sources.text(statement.operands[0].value.span),
                                   sources.text(statement.operands[1].value.span)));
  }
  return settings;
}

plan::Script check_scenario(const syntax::SourceSet& sources, const syntax::File& file,
                            const plan::Plan& plan, Diagnostics& diagnostics) {
  // It declares nothing; what its words mean is the scenario's own.
  const syntax::File nothing{file.id, {}, {}};
  const Program program({Input{"scenario", &nothing}}, diagnostics);
  Constants constants(sources, program, Settings{}, diagnostics);
  const ScriptScope scope{sources, plan, constants, program.root(), diagnostics};
  return check_script(scope, file.statements);
}

}  // namespace mig::compiler
