// `window`: when the steps of a phase may run.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "compiler/step_checker.hpp"
#include "compiler/told_run.hpp"

namespace mig::compiler {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

std::optional<std::uint8_t> weekday(const syntax::Expr& expr) {
  const auto found = std::ranges::find(kDays, name_of(expr));
  if (found == kDays.end()) return std::nullopt;
  return static_cast<std::uint8_t>(found - kDays.begin() + 1);
}

// Whether a machine knows the zone is seen there; here only, whether it can be one:
// `Europe/Berlin`.
bool may_be_zone(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') ||
           std::string_view("_+-/").find(c) != std::string_view::npos;
  };
  return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, fits);
}

plan::Duration since_midnight(const Constant& time) {
  return std::chrono::microseconds(time.value);
}

}  // namespace

void StepChecker::read_window(const syntax::Block& block) {
  const syntax::Statement* first = nullptr;
  for (const syntax::Statement& statement : block.statements) {
    if (statement.word.text != "window") continue;
    if (first != nullptr) {
      analysis_.diagnostics.report(statement.word.span, diag::DeclaredTwice, "window")
          .label(first->word.span, "it is declared here")
          .help("several openings are one window: write them with commas between");
      continue;
    }
    first = &statement;
    if (&statement != &block.statements.front()) {
      analysis_.diagnostics.report(statement.word.span, diag::NotFirst, "window")
          .help("it is for every step of the phase, so it stands above them all");
    }
    row_ = find_statement(Context::Phase, "window");
    Form form(statement, row_->form, analysis_.diagnostics);
    const Attributes attributes(statement, *row_, analysis_.diagnostics);
    attributes_ = &attributes;
    plan::Window window;
    const bool is_read = read_openings(form, window) && form.ok() && attributes.ok() &&
                         read_zone(statement, window) && read_window_end(statement, window);
    attributes_ = nullptr;
    if (is_read) analysis_.plan.phases[phase_.index].window = std::move(window);
  }
}

// `mon..thu 22:00..04:00, sat 00:00..12:00`, or two moments.
bool StepChecker::read_openings(Form& form, plan::Window& window) {
  syntax::Mark mark = syntax::Mark::None;
  do {
    const syntax::Expr* times = form.value(mark);
    if (times == nullptr) return false;
    plan::Weekly days;
    if (!are_weekdays_known(*times)) return false;
    const auto named = weekdays(*times);
    if (named) {
      days.first_day = named->first;
      days.last_day = named->second;
      times = form.value();
      if (times == nullptr) return false;
    }
    if (!read_opening(*times, days, named.has_value(), window)) return false;
    mark = syntax::Mark::Comma;
  } while (form.ok() && !form.at_end());
  return form.ok();
}

// Reports the one end of a range that is no weekday where the other one is.
bool StepChecker::are_weekdays_known(const syntax::Expr& expr) {
  const auto* range = std::get_if<syntax::Binary>(&expr.node);
  if (range == nullptr || range->op != syntax::Operator::Range) return true;
  const bool is_first = weekday(*range->lhs).has_value();
  if (is_first == weekday(*range->rhs).has_value()) return true;
  const syntax::Expr& strange = is_first ? *range->rhs : *range->lhs;
  analysis_.diagnostics.report(strange.span, diag::UnknownName, "weekday", name_of(strange))
      .help(fmt::format("the days are {}", fmt::join(kDays, ", ")));
  return false;
}

// `sat` or `mon..thu`; nothing where it is something else.
std::optional<std::pair<std::uint8_t, std::uint8_t>> StepChecker::weekdays(
    const syntax::Expr& expr) const {
  if (const auto day = weekday(expr)) return std::pair(*day, *day);
  const auto* range = std::get_if<syntax::Binary>(&expr.node);
  if (range == nullptr || range->op != syntax::Operator::Range) return std::nullopt;
  const auto first = weekday(*range->lhs);
  const auto last = weekday(*range->rhs);
  if (!first || !last) return std::nullopt;
  return std::pair(*first, *last);
}

bool StepChecker::read_opening(const syntax::Expr& times, plan::Weekly days, bool has_days,
                               plan::Window& window) {
  const auto* ends = std::get_if<syntax::Binary>(&times.node);
  if (ends == nullptr || ends->op != syntax::Operator::Range) {
    analysis_.diagnostics.report(times.span, diag::WrongForm, "window")
        .help(fmt::format("it is written like `{}`", row_->form));
    return false;
  }
  const auto opens = analysis_.constants.evaluate(*ends->lhs, *scope_.module);
  if (!opens) return false;
  if (opens->unit == plan::Unit::Timestamp && !has_days) {
    const auto moments = analysis_.constants.range(times, *scope_.module, plan::Unit::Timestamp);
    if (!moments) return false;
    window.once.push_back({moments->first.value, moments->second.value});
    return true;
  }
  const auto from = analysis_.constants.wanted(*ends->lhs, *scope_.module, plan::Unit::TimeOfDay);
  const auto to = analysis_.constants.wanted(*ends->rhs, *scope_.module, plan::Unit::TimeOfDay);
  if (!from || !to) return false;
  days.opens = since_midnight(*from);
  days.closes = since_midnight(*to);
  window.weekly.push_back(days);
  return true;
}

bool StepChecker::read_zone(const syntax::Statement& statement, plan::Window& window) {
  const WrittenAttribute* written = attributes_->find("zone");
  if (window.weekly.empty()) {
    if (written == nullptr) return true;
    analysis_.diagnostics
        .report(written->statement->word.span, diag::UnknownAttribute, "window", "zone")
        .help("moments are written in UTC; only times of the day have a zone");
    return false;
  }
  if (written == nullptr) {
    if (attributes_->mentions("zone")) return false;
    analysis_.diagnostics.report(statement.word.span, diag::MissingPart, "window", "zone")
        .help("say whose clock is meant: `zone = \"Europe/Berlin\"`");
    return false;
  }
  const auto zone = analysis_.constants.text(*written->value, *scope_.module);
  if (!zone) return false;
  if (!may_be_zone(*zone)) {
    analysis_.diagnostics.report(written->value->span, diag::NoZone, *zone)
        .help("write its name in the time zone database, such as \"Europe/Berlin\" or \"UTC\"");
    return false;
  }
  window.zone = *zone;
  return true;
}

// `reserve` and `at_end`.
bool StepChecker::read_window_end(const syntax::Statement& statement, plan::Window& window) {
  std::optional<plan::Duration> reserve;
  if (!read_duration("reserve", reserve)) return false;
  const plan::Duration whole = longest_use(window);
  window.reserve = reserve.value_or(plan::Duration::zero());
  if (window.reserve >= whole) {
    const syntax::Expr* written = attribute("reserve");
    const syntax::Span& at = written == nullptr ? statement.word.span : written->span;
    ToldRun run;
    run.other("time", fmt::format("the window opens, and {} are left", plan::print(whole)))
        .mig(analysis_.plan.at(phase_).name,
             fmt::format("begins nothing: {} have to be left", plan::print(window.reserve)), at)
        .other("time", "the window closes");
    run.tell(analysis_.diagnostics.report(at, diag::WindowTooShort, "reserve",
                                          plan::print(window.reserve), plan::print(whole)),
             "no window is ever long enough, and the run waits for ever");
    return false;
  }
  const syntax::Expr* at_end = attribute("at_end");
  if (at_end == nullptr) return true;
  const std::string_view word = name_of(*at_end);
  if (word != "pause" && word != "rollback") {
    analysis_.diagnostics.report(at_end->span, diag::WrongForm, "at_end")
        .help("it is `pause`, which waits for the next opening, or `rollback`");
    return false;
  }
  window.at_end = word == "pause" ? plan::AtEnd::Pause : plan::AtEnd::Rollback;
  return true;
}

// A pause of the writes that never fits is never begun, and the run would wait for ever.
void StepChecker::check_pause_fits(const syntax::Statement& statement) {
  const auto& window = analysis_.plan.at(phase_).window;
  if (!window) return;
  const plan::StepId last{static_cast<std::uint32_t>(analysis_.plan.steps.size() - 1)};
  const plan::Duration pause = longest_pause(analysis_.plan, last);
  if (pause == plan::Duration::zero() || pause <= longest_use(*window)) return;
  auto report =
      analysis_.diagnostics.report(statement.span, diag::WindowTooShort, statement.word.text,
                                   plan::print(pause), plan::print(longest_use(*window)));
  ToldRun run;
  run.other("time", fmt::format("the window opens, and {} of it may be used",
                                plan::print(longest_use(*window))))
      .mig(
          analysis_.plan.at(phase_).name,
          fmt::format("does not begin to hold the writes back: it may take {}", plan::print(pause)),
          statement.span)
      .other("time", "the window closes");
  run.tell(report, "no window is ever long enough, and the run waits for ever");
  report
      .note(window->reserve > plan::Duration::zero()
                ? fmt::format("{} of it are in reserve", plan::print(window->reserve))
                : std::string("nobody may write while it is at work"))
      .help("let the window be open for longer, or say a shorter pause");
}

}  // namespace mig::compiler
