#include "compiler/check_gates.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "compiler/gate_limits.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {
namespace {

using plan::Unit;

constexpr std::pair<std::string_view, plan::Arm> kArms[] = {
    {"reads", plan::Arm::Reads},          {"reads.new", plan::Arm::ReadsNew},
    {"reads.old", plan::Arm::ReadsOld},   {"reads.control", plan::Arm::ReadsControl},
    {"writes", plan::Arm::Writes},        {"writes.new", plan::Arm::WritesNew},
    {"writes.old", plan::Arm::WritesOld},
};

const std::vector<std::string> kMetrics = {
#define METRIC(enumerator, language_name, unit, takes) language_name,
#include "compiler/plan/metrics.def"
#undef METRIC
};

std::optional<plan::Compare> compare_of(syntax::Operator op) {
  switch (op) {
    case syntax::Operator::Less:
      return plan::Compare::Less;
    case syntax::Operator::LessEqual:
      return plan::Compare::LessOrEqual;
    case syntax::Operator::Equal:
      return plan::Compare::Equal;
    case syntax::Operator::GreaterEqual:
      return plan::Compare::GreaterOrEqual;
    case syntax::Operator::Greater:
      return plan::Compare::Greater;
    default:
      return std::nullopt;
  }
}

class GateChecker {
 public:
  GateChecker(Analysis& analysis, const Declaration& declaration, const PlanNames* names)
      : analysis_(analysis), declaration_(declaration), names_(names) {}

  std::optional<plan::Gate> check() {
    const StatementRow& row = *find_statement(Context::File, "gate");
    Form form(*declaration_.statement, row.form, analysis_.diagnostics);
    form.name();
    form.end();
    const Attributes attributes(*declaration_.statement, row, analysis_.diagnostics);
    if (!form.ok()) return std::nullopt;
    plan::Gate gate{.name = declaration_.name};
    bool ok = attributes.ok();
    for (const syntax::Statement* clause : attributes.all("require")) {
      auto checked = check_clause(*clause);
      ok = ok && checked.has_value();
      if (checked) gate.clauses.push_back(std::move(*checked));
    }
    if (!attributes.mentions("require") && declaration_.statement->is_intact) {
      analysis_.diagnostics.report(declaration_.span, diag::MissingPart, "gate", "require")
          .help(fmt::format("it is written like `{}`", row.form));
      ok = false;
    }
    ok = read_duration(attributes, "every", gate.every) && ok;
    ok = read_duration(attributes, "window", gate.window) && ok;
    ok = read_duration(attributes, "warmup", gate.warmup) && ok;
    const WrittenAttribute* no_data = attributes.find("no_data");
    if (no_data == nullptr) {
      if (declaration_.statement->is_intact && !attributes.mentions("no_data")) {
        analysis_.diagnostics.report(declaration_.span, diag::NoDataMissing, gate.name)
            .help("write `no_data = pause after 10m`, or `no_data = fail`");
      }
      return std::nullopt;
    }
    ok = read_absence(*no_data, gate.no_data) && ok;
    gate.source_error = gate.no_data;
    if (const WrittenAttribute* source_error = attributes.find("source_error")) {
      ok = read_absence(*source_error, gate.source_error) && ok;
    }
    return ok ? std::optional(std::move(gate)) : std::nullopt;
  }

 private:
  const Module& scope() const { return *declaration_.module; }

  bool read_duration(const Attributes& attributes, std::string_view name, plan::Duration& into) {
    const WrittenAttribute* attribute = attributes.find(name);
    if (attribute == nullptr) return true;
    Form form(*attribute->statement, fmt::format("{} = 5m", name), analysis_.diagnostics);
    const syntax::Expr* value = form.value(syntax::Mark::Assign);
    form.end();
    if (!form.ok()) return false;
    const auto duration = analysis_.constants.duration(*value, scope());
    if (duration) into = *duration;
    return duration.has_value();
  }

  // `fail`, `pause after 10m`
  bool read_absence(const WrittenAttribute& attribute, plan::Absence& into) {
    Form form(*attribute.statement,
              fmt::format("{} = pause after 10m", attribute.statement->word.text),
              analysis_.diagnostics);
    const syntax::Expr* then = form.value(syntax::Mark::Assign);
    if (then == nullptr) return false;
    const std::string_view word = name_of(*then);
    if (word == "fail") {
      into = plan::Absence{plan::Then::Fail, plan::Duration::zero()};
      form.end();
      return form.ok();
    }
    if (word != "pause") {
      auto report =
          analysis_.diagnostics.report(then->span, diag::WrongForm, attribute.statement->word.text);
      if (word == "pass") report.note("no data is no evidence, so it never passes a gate");
      report.help("write `pause after 10m` or `fail`");
      return false;
    }
    form.word("after");
    const syntax::Expr* after = form.value();
    form.end();
    if (!form.ok()) return false;
    const auto duration = analysis_.constants.duration(*after, scope());
    if (duration) into = plan::Absence{plan::Then::Pause, *duration};
    return duration.has_value();
  }

  std::optional<plan::Clause> check_clause(const syntax::Statement& statement) {
    Form form(statement, "require drift(users) == 0 rows", analysis_.diagnostics);
    const syntax::Expr* condition = form.value();
    form.end();
    if (!form.ok()) return std::nullopt;
    const auto* binary = std::get_if<syntax::Binary>(&condition->node);
    const auto compare = binary == nullptr ? std::nullopt : compare_of(binary->op);
    if (!compare) {
      analysis_.diagnostics.report(condition->span, diag::NotACondition)
          .help(
              "compare a metric with a limit, such as `drift(users) == 0 rows`; several conditions "
              "are several `require`");
      return std::nullopt;
    }
    const bool is_metric =
        !name_of(*binary->lhs).empty() || std::holds_alternative<syntax::Call>(binary->lhs->node);
    if (!is_metric) {
      analysis_.diagnostics.report(binary->lhs->span, diag::NotACondition)
          .help("the left side is a metric, such as `drift(users)` or a declared one");
      return std::nullopt;
    }
    const auto reading = check_reading(*binary->lhs);
    if (!reading) return std::nullopt;
    const Unit unit = unit_of(*reading);
    plan::Clause clause{*reading,
                        *compare,
                        {unit, plan::kNothingFixed},
                        std::string(analysis_.sources.text(condition->span))};
    if (!read_limit(*binary, unit, clause) || !has_floor(analysis_, *binary->rhs, clause))
      return std::nullopt;
    return clause;
  }

  // `40ms`, `max(2 * p95(reads.control), 20ms)`, `error_rate(reads.control) + 0.5%`
  bool read_limit(const syntax::Binary& binary, Unit unit, plan::Clause& clause) {
    const auto* call = std::get_if<syntax::Call>(&binary.rhs->node);
    if (call == nullptr || name_of(*call->callee) != "max")
      return read_term(binary, *binary.rhs, unit, clause);
    if (call->arguments.empty()) {
      analysis_.diagnostics.report(binary.rhs->span, diag::WrongArguments, "max", "limits");
      return false;
    }
    return std::ranges::all_of(call->arguments, [&](const syntax::Argument& argument) {
      return read_term(binary, argument.value, unit, clause);
    });
  }

  bool read_term(const syntax::Binary& binary, const syntax::Expr& term, Unit unit,
                 plan::Clause& clause) {
    if (!is_measured(term)) {
      const auto limit = analysis_.constants.evaluate(term, scope());
      if (!limit) return false;
      if (unit == limit->unit) {
        clause.limit.value = std::max(clause.limit.value, limit->value);
        return true;
      }
      report_units(analysis_, binary, term.span, unit, limit->unit);
      return false;
    }
    plan::Measured measured;
    if (!read_measured(term, unit, measured)) return false;
    if (const Unit own = unit_of(measured.of); own != unit) {
      report_units(analysis_, binary, term.span, unit, own);
      return false;
    }
    clause.measured.push_back(std::move(measured));
    return true;
  }

  // Whether a limit is not known before it is judged.
  bool is_measured(const syntax::Expr& expr) const {
    if (const auto* call = std::get_if<syntax::Call>(&expr.node))
      return plan::metric_named(name_of(*call->callee)).has_value();
    if (const auto* binary = std::get_if<syntax::Binary>(&expr.node))
      return is_measured(*binary->lhs) || is_measured(*binary->rhs);
    const auto found = scope().names.find(std::string(name_of(expr)));
    return found != scope().names.end() && found->second->kind == DeclarationKind::Metric;
  }

  // A reading, a multiple of it, or either and something on top.
  bool read_measured(const syntax::Expr& expr, Unit unit, plan::Measured& into) {
    const auto* binary = std::get_if<syntax::Binary>(&expr.node);
    if (binary == nullptr) {
      const auto reading = check_reading(expr);
      if (reading) into.of = *reading;
      return reading.has_value();
    }
    if (binary->op == syntax::Operator::Add && is_measured(*binary->lhs)) {
      const auto plus = analysis_.constants.wanted(*binary->rhs, scope(), unit);
      if (plus) into.plus = plus->value;
      return plus && read_measured(*binary->lhs, unit, into);
    }
    const bool is_left = is_measured(*binary->rhs);
    const syntax::Expr& number = is_left ? *binary->lhs : *binary->rhs;
    const syntax::Expr& measured = is_left ? *binary->rhs : *binary->lhs;
    const auto times = factor(number);
    const bool is_simple = !std::holds_alternative<syntax::Binary>(measured.node);
    if (binary->op == syntax::Operator::Multiply && times && is_simple) {
      into.times = *times;
      return read_measured(measured, unit, into);
    }
    analysis_.diagnostics.report(expr.span, diag::WrongForm, "require")
        .help(
            "a limit is measured like `max(1.5 * p95(reads.control), 20ms)`, or like "
            "`error_rate(reads.control) + 0.5%`");
    return false;
  }

  Unit unit_of(const plan::Reading& reading) const {
    if (const auto* arm = std::get_if<plan::ArmReading>(&reading))
      return plan::unit_of(arm->metric);
    if (const auto* data = std::get_if<plan::DatasetReading>(&reading))
      return plan::unit_of(data->metric);
    if (const auto* store = std::get_if<plan::StoreReading>(&reading))
      return plan::unit_of(store->metric);
    return analysis_.plan.at(std::get<plan::DeclaredReading>(reading).metric).unit;
  }

  std::optional<plan::Reading> check_reading(const syntax::Expr& expr) {
    if (const auto* call = std::get_if<syntax::Call>(&expr.node)) return check_call(*call, expr);
    const auto metric = analysis_.find(expr, scope(), DeclarationKind::Metric, analysis_.metrics);
    return metric ? std::optional<plan::Reading>(plan::DeclaredReading{*metric}) : std::nullopt;
  }

  std::optional<plan::Reading> check_call(const syntax::Call& call, const syntax::Expr& expr) {
    const std::string_view written = name_of(*call.callee);
    const auto metric = plan::metric_named(written);
    if (!metric) {
      analysis_.diagnostics.report(call.callee->span, diag::UnknownName, "metric", written)
          .instead(nearest(written, kMetrics));
      return std::nullopt;
    }
    if (call.arguments.size() != 1) {
      analysis_.diagnostics.report(expr.span, diag::WrongArguments, written, "one name");
      return std::nullopt;
    }
    const syntax::Expr& of = call.arguments.front().value;
    switch (plan::takes_of(*metric)) {
      case plan::MetricTakes::Arm:
        return check_arm(*metric, of);
      case plan::MetricTakes::Store: {
        const auto store = analysis_.find(of, scope(), DeclarationKind::Store, analysis_.stores);
        if (!store) return std::nullopt;
        return plan::StoreReading{*metric, *store};
      }
      case plan::MetricTakes::Dataset: {
        const auto dataset = check_dataset(of);
        if (!dataset) return std::nullopt;
        return plan::DatasetReading{*metric, *dataset};
      }
    }
    return std::nullopt;
  }

  std::optional<plan::DatasetId> check_dataset(const syntax::Expr& of) {
    const std::string_view word = name_of(of);
    const bool is_side = names_ != nullptr && names_->has_sides && (word == "old" || word == "new");
    if (is_side && analysis_.plan.are_services()) {
      analysis_.diagnostics
          .report(of.span, diag::Incapable,
                  fmt::format("`{}` is a service here, and has no rows", word))
          .help("ask for what its requests show, such as `error_rate(reads.new)`");
      return std::nullopt;
    }
    if (is_side) return word == "old" ? names_->old_side : names_->new_side;
    return analysis_.find(of, scope(), DeclarationKind::Dataset, analysis_.datasets);
  }

  std::optional<plan::Reading> check_arm(plan::MetricKind metric, const syntax::Expr& of) {
    const std::string_view written = analysis_.sources.text(of.span);
    plan::ArmReading reading{.metric = metric};
    std::string_view arm = written;
    const std::string_view first = written.substr(0, written.find('.'));
    if (const auto part = part_named(first); part && first.size() < written.size()) {
      reading.of = *part;
      const std::uint32_t begin = of.span.begin;
      const syntax::Span at{of.span.file, begin, begin + static_cast<std::uint32_t>(first.size())};
      analysis_.names.refer(at, names_->part_spans.at(part->index));
      arm = written.substr(first.size() + 1);
    }
    const auto* found =
        std::ranges::find(kArms, arm, &std::pair<std::string_view, plan::Arm>::first);
    const bool is_captured = first == "captured" && first.size() + 1 < written.size();
    if (found == std::end(kArms) && !is_captured) {
      report_unknown_arm(of, written);
      return std::nullopt;
    }
    if (names_ != nullptr && names_->has_sides && !reading.of && !names_->has_router) {
      analysis_.diagnostics.report(of.span, diag::UnknownName, "arm", written)
          .note("arms are seen by a router, and this plan has no `through`")
          .help(
              "declare what the application measures: `metric p95_reads: duration = "
              "file(\"m.jsonl\")`");
      return std::nullopt;
    }
    if (is_captured) {
      reading.arm = plan::Arm::Captured;
      reading.baseline = std::string(written.substr(first.size() + 1));
    } else {
      reading.arm = found->second;
    }
    return reading;
  }

  std::optional<plan::ResourceId> part_named(std::string_view name) const {
    if (names_ == nullptr) return std::nullopt;
    const auto found = std::ranges::find(names_->parts, name);
    if (found == names_->parts.end()) return std::nullopt;
    return plan::ResourceId{static_cast<std::uint32_t>(found - names_->parts.begin())};
  }

  void report_unknown_arm(const syntax::Expr& of, std::string_view written) {
    std::vector<std::string> known;
    for (const auto& [name, arm] : kArms)
      known.emplace_back(name);
    if (names_ != nullptr) {
      for (const std::string& part : names_->parts) {
        for (const auto& [name, arm] : kArms)
          known.push_back(fmt::format("{}.{}", part, name));
      }
    }
    const auto near = nearest(written, known);
    known.resize(std::size(kArms));
    analysis_.diagnostics.report(of.span, diag::UnknownName, "arm", written)
        .instead(near, fmt::format("arms are {}", fmt::join(known, ", ")));
  }

  Analysis& analysis_;
  const Declaration& declaration_;
  const PlanNames* names_;
};

}  // namespace

std::optional<plan::Gate> check_gate(Analysis& analysis, const Declaration& declaration,
                                     const PlanNames* names) {
  return GateChecker(analysis, declaration, names).check();
}

void check_gates(Analysis& analysis) {
  for (const Declaration* declaration : analysis.program.declarations(DeclarationKind::Gate)) {
    auto gate = check_gate(analysis, *declaration, nullptr);
    if (!gate) continue;
    analysis.gates[declaration] =
        plan::GateId{static_cast<std::uint32_t>(analysis.plan.gates.size())};
    analysis.plan.gates.push_back(std::move(*gate));
  }
}

}  // namespace mig::compiler
