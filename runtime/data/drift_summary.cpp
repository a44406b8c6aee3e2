#include <cassert>
#include <charconv>

#include <fmt/format.h>

#include "runtime/data/reconcile.hpp"

namespace mig::runtime {
namespace {

std::string print_findings(const Reconciliation& result) {
  std::string text;
  if (result.orphans() > 0) text += fmt::format("; orphans={}", result.orphans());
  if (result.behind.empty()) return text;
  const auto what =
      result.is_behind_wrong ? "sequences behind" : "sequences to move at the cutover";
  return text + fmt::format("; {}={}", what, result.behind.size());
}

}  // namespace

std::string_view name(DriftClass kind) {
  switch (kind) {
    case DriftClass::Missing:
      return "missing";
    case DriftClass::Extra:
      return "extra";
    case DriftClass::Mismatched:
      return "mismatched";
  }
  return "";
}

std::int64_t& DatasetDrift::of(DriftClass kind) {
  switch (kind) {
    case DriftClass::Missing:
      return missing;
    case DriftClass::Extra:
      return extra;
    case DriftClass::Mismatched:
      return mismatched;
  }
  assert(false && "every class has its count");
  return missing;
}

std::int64_t Reconciliation::drift() const {
  std::int64_t rows = 0;
  for (const DatasetDrift& dataset : datasets)
    rows += dataset.drift();
  return rows;
}

std::int64_t Reconciliation::orphans() const {
  std::int64_t rows = 0;
  for (const DatasetDrift& dataset : datasets)
    rows += dataset.orphans;
  return rows;
}

std::int64_t Reconciliation::findings() const {
  return drift() + orphans() + (is_behind_wrong ? static_cast<std::int64_t>(behind.size()) : 0);
}

std::string print_summary(const plan::Plan& plan, const Reconciliation& result) {
  std::string line = "drift";
  for (const DatasetDrift& dataset : result.datasets)
    line += fmt::format(" {}={}", plan.at(dataset.dataset).name, dataset.drift());
  line += fmt::format("; source={}; rejected={}; compared={}; ", result.source_drift,
                      result.rejected, result.source_rows);
  if (result.complete) return line + "complete" + print_findings(result);
  std::int64_t expected = 0;
  for (const DatasetDrift& dataset : result.datasets)
    expected += dataset.expected;
  // No difference in n rows bounds their rate at 3/n, 95 times of 100.
  const std::int64_t bound =
      expected == 0 ? plan::Ratio::kWhole : 3 * plan::Ratio::kWhole / expected;
  const auto share = plan::Ratio::from_parts(std::min(bound, plan::Ratio::kWhole));
  assert(share.has_value());
  line += fmt::format("sample of {} rows", expected);
  if (result.drift() == 0) line += fmt::format(", at most {} differ at 95%", print(*share));
  return line + print_findings(result);
}

std::optional<std::int64_t> parse_drift(std::string_view summary, std::string_view dataset) {
  const std::string wanted = fmt::format(" {}=", dataset);
  const auto at = summary.find(wanted);
  if (!summary.starts_with("drift") || at == summary.npos) return std::nullopt;
  const std::string_view rest = summary.substr(at + wanted.size());
  std::int64_t rows = 0;
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), rows);
  if (parsed.ec != std::errc()) return std::nullopt;
  return rows;
}

}  // namespace mig::runtime
