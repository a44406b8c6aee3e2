#include "compiler/gate_limits.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/constants.hpp"
#include "compiler/quantity.hpp"

namespace mig::compiler {

using plan::Unit;

std::optional<std::int64_t> factor(const syntax::Expr& expr) {
  const auto* literal = std::get_if<syntax::Literal>(&expr.node);
  if (literal == nullptr || literal->kind != syntax::LiteralKind::Quantity) return std::nullopt;
  const auto number = read_quantity(literal->raw);
  if (!number) return std::nullopt;
  __int128 value = 0;
  int places = 9;
  if (const auto* whole = std::get_if<plan::Quantity>(&*number)) {
    if (whole->unit != Unit::Number) return std::nullopt;
    value = whole->value;
  } else {
    const auto& decimal = std::get<plan::Decimal>(*number);
    value = decimal.digits;
    places -= decimal.scale;
  }
  if (places < 0 || value <= 0 || value > 1'000'000'000) return std::nullopt;
  for (; places > 0; --places)
    value *= 10;
  if (value > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

bool has_floor(Analysis& analysis, const syntax::Expr& limit, const plan::Clause& clause) {
  const bool is_rate = clause.limit.unit == Unit::Ratio && clause.limit.value <= 0;
  const bool is_multiple = std::ranges::any_of(clause.measured, [](const plan::Measured& one) {
    return one.times != plan::Measured{}.times && one.plus == 0;
  });
  if (!is_rate || !is_multiple) return true;
  const std::string written(analysis.sources.text(limit.span));
  analysis.diagnostics.report(limit.span, diag::NoFloor)
      .help(written.starts_with("max(")
                ? "say in it from where on it counts: `max(…, 0.1%)`"
                : fmt::format("say from where on it counts: `max({}, 0.1%)`", written));
  return false;
}

void report_units(Analysis& analysis, const syntax::Binary& binary, const syntax::Span& at,
                  Unit unit, Unit other) {
  auto report =
      analysis.diagnostics.report(at, diag::UnitsMixed, with_article(unit), with_article(other));
  report.primary(fmt::format("this is {}", with_article(other)))
      .label(binary.lhs->span, fmt::format("this is {}", with_article(unit)));
  const std::string metric(analysis.sources.text(binary.lhs->span));
  const std::string_view op = syntax::text_of(binary.op);
  switch (unit) {
    case Unit::TimeSpan:
      report.help(fmt::format("write a time, such as `{} {} 40ms`", metric, op));
      break;
    case Unit::Ratio:
      report.help(fmt::format("write a share, such as `{} {} 0.5%`", metric, op));
      break;
    case Unit::Rows:
      report.help(fmt::format("write a count, such as `{} {} 0 rows`", metric, op));
      break;
    case Unit::RowRate:
    case Unit::RequestRate:
    case Unit::Requests:
    case Unit::Keys:
      report.help(fmt::format("write {}, such as `{} {} 100 {}`", with_article(unit), metric, op,
                              name(unit)));
      break;
    default:
      break;
  }
}

}  // namespace mig::compiler
