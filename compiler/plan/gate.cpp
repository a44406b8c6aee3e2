#include "compiler/plan/gate.hpp"

#include <array>

namespace mig::plan {
namespace {

struct Row {
  std::string_view name;
  Unit unit;
  MetricTakes takes;
};

constexpr std::array kMetrics = {
#define METRIC(enumerator, language_name, unit, takes) \
  Row{language_name, Unit::unit, MetricTakes::takes},
#include "compiler/plan/metrics.def"
#undef METRIC
};

const Row& row_of(MetricKind kind) {
  return kMetrics.at(static_cast<std::size_t>(kind));
}

}  // namespace

std::string_view name(MetricKind kind) {
  return row_of(kind).name;
}
Unit unit_of(MetricKind kind) {
  return row_of(kind).unit;
}
MetricTakes takes_of(MetricKind kind) {
  return row_of(kind).takes;
}

std::optional<MetricKind> metric_named(std::string_view name) {
  for (std::size_t i = 0; i < kMetrics.size(); ++i) {
    if (kMetrics[i].name == name) return static_cast<MetricKind>(i);
  }
  return std::nullopt;
}

}  // namespace mig::plan
