// Gates as data: which readings must hold, how long, and what absence means.
//
// The rules that decide stand in runtime/gates/. Plain data, immutable once the plan is built.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/plan/ids.hpp"
#include "compiler/plan/units.hpp"

namespace mig::plan {

enum class MetricKind : std::uint8_t {
#define METRIC(enumerator, language_name, unit, takes) enumerator,
#include "compiler/plan/metrics.def"
#undef METRIC
};
enum class MetricTakes : std::uint8_t { Arm, Dataset, Store };

std::string_view name(MetricKind kind);
Unit unit_of(MetricKind kind);
MetricTakes takes_of(MetricKind kind);
std::optional<MetricKind> metric_named(std::string_view name);

// Whose requests a metric looks at.
enum class Arm : std::uint8_t {
  Reads,
  ReadsNew,
  ReadsOld,
  ReadsControl,
  Writes,
  WritesNew,
  WritesOld,
  Captured,  // what `capture` kept
};

// `= sql(store, "select …")`: one row, one column, read now.
struct SqlSource {
  static constexpr std::string_view kName = "sql";
  StoreId store;
  std::string query;
  bool operator==(const SqlSource&) const = default;
};

// `= file("m.jsonl")`: the newest line that an application wrote for this metric.
struct FileSource {
  static constexpr std::string_view kName = "file";
  std::string path;  // relative to the plan file
  bool operator==(const FileSource&) const = default;
};

// `= prometheus(mon, "…")`: what a query of a Prometheus server gives now.
struct PrometheusSource {
  static constexpr std::string_view kName = "prometheus";
  ServiceId service;
  std::string query;
  bool operator==(const PrometheusSource&) const = default;
};

// `= http_json(mon, "/health", "$.queue")`: one value of a document.
struct HttpJsonSource {
  static constexpr std::string_view kName = "http_json";
  ServiceId service;
  std::string path;
  std::string pick;
  bool operator==(const HttpJsonSource&) const = default;
};

// `= command(["./depth.sh", "queue"])`: what a program prints.
struct CommandSource {
  static constexpr std::string_view kName = "command";
  std::vector<std::string> run;
  bool operator==(const CommandSource&) const = default;
};

// A metric that the plan declares.
struct Metric {
  std::string name;
  Unit unit = Unit::Number;
  std::variant<SqlSource, FileSource, PrometheusSource, HttpJsonSource, CommandSource> source;
  bool operator==(const Metric&) const = default;
};

struct ArmReading {
  static constexpr std::string_view kName = "arm";
  MetricKind metric = MetricKind::P95;
  Arm arm = Arm::Reads;
  std::optional<ResourceId> of;  // absent: of what the step moves that asks for it
  std::string baseline;          // of Captured
  bool operator==(const ArmReading&) const = default;
};
struct DatasetReading {
  static constexpr std::string_view kName = "dataset";
  MetricKind metric = MetricKind::Drift;
  DatasetId dataset;
  bool operator==(const DatasetReading&) const = default;
};
struct StoreReading {
  static constexpr std::string_view kName = "store";
  MetricKind metric = MetricKind::Lag;
  StoreId store;
  bool operator==(const StoreReading&) const = default;
};
struct DeclaredReading {
  static constexpr std::string_view kName = "declared";
  MetricId metric;
  bool operator==(const DeclaredReading&) const = default;
};
using Reading = std::variant<ArmReading, DatasetReading, DeclaredReading, StoreReading>;

enum class Compare : std::uint8_t { Less, LessOrEqual, Equal, GreaterOrEqual, Greater };

// A limit that is measured when the clause is judged: `times` the reading, and `plus` on top of it.
struct Measured {
  Reading of;
  std::int64_t times = 1'000'000'000;  // in billionths
  std::int64_t plus = 0;               // in the base of the clause's unit
  bool operator==(const Measured&) const = default;
};

// The value of a limit where nothing is fixed: whatever is measured is greater.
inline constexpr std::int64_t kNothingFixed = INT64_MIN;

// One `require`: a reading against a limit of the same unit.
struct Clause {
  Reading reading;
  Compare compare = Compare::LessOrEqual;
  Quantity limit;
  std::string text;  // as written, for people
  // What counts is the greatest of these and of `limit`.
  std::vector<Measured> measured;
  bool operator==(const Clause&) const = default;
};

enum class Then : std::uint8_t { Fail, Pause };

// What happens when something has been missing for `after`.
struct Absence {
  Then then = Then::Fail;
  Duration after = Duration::zero();
  bool operator==(const Absence&) const = default;
};

struct Gate {
  std::string name;
  std::vector<Clause> clauses;
  Duration every = std::chrono::seconds(15);
  Duration window = std::chrono::minutes(5);
  Duration warmup = Duration::zero();
  Absence no_data;
  Absence source_error;
  bool operator==(const Gate&) const = default;
};

}  // namespace mig::plan
