#include "runtime/gates/judge.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

#include <fmt/format.h>

namespace mig::runtime {

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return "pass";
    case Verdict::NoData:
      return "no_data";
    case Verdict::SourceError:
      return "source_error";
    case Verdict::Fail:
      return "fail";
  }
  assert(false && "every verdict has a name");
  return {};
}

Sample limit_of(const plan::Clause& clause, const std::vector<Sample>& measured) {
  assert(measured.size() == clause.measured.size());
  Sample limit{Taken::Value, clause.limit.value, {}};
  for (std::size_t i = 0; i < measured.size(); ++i) {
    if (measured[i].taken != Taken::Value) return measured[i];
    constexpr std::int64_t kBillion = 1'000'000'000;
    const __int128 value =
        static_cast<__int128>(measured[i].value) * clause.measured[i].times / kBillion +
        clause.measured[i].plus;
    limit.value = static_cast<std::int64_t>(
        std::clamp<__int128>(value, limit.value, std::numeric_limits<std::int64_t>::max()));
  }
  return limit;
}

Verdict judge(const plan::Clause& clause, const Sample& sample, const Sample& bound) {
  for (const Sample* taken : {&sample, &bound}) {
    if (taken->taken == Taken::SourceError) return Verdict::SourceError;
    if (taken->taken == Taken::NoData) return Verdict::NoData;
  }
  const std::int64_t limit = bound.value;
  const bool holds = [&] {
    switch (clause.compare) {
      case plan::Compare::Less:
        return sample.value < limit;
      case plan::Compare::LessOrEqual:
        return sample.value <= limit;
      case plan::Compare::Equal:
        return sample.value == limit;
      case plan::Compare::GreaterOrEqual:
        return sample.value >= limit;
      case plan::Compare::Greater:
        return sample.value > limit;
    }
    assert(false && "every comparison is decided");
    return false;
  }();
  return holds ? Verdict::Pass : Verdict::Fail;
}

std::string describe_reading(const plan::Clause& clause, plan::Unit unit, const Sample& sample,
                             const Sample& limit) {
  std::string seen;
  switch (sample.taken) {
    case Taken::Value:
      seen = print(plan::Quantity{unit, sample.value});
      break;
    case Taken::NoData:
      seen = "no data";
      break;
    case Taken::SourceError:
      seen = "cannot be read";
      break;
  }
  if (!sample.note.empty()) seen += fmt::format(" ({})", sample.note);
  if (!clause.measured.empty()) {
    seen += limit.taken == Taken::Value
                ? fmt::format(" against {}", print(plan::Quantity{unit, limit.value}))
                : std::string(", and the limit has no data");
  }
  return seen;
}

std::string describe(const plan::Clause& clause, plan::Unit unit, const Sample& sample,
                     const Sample& limit) {
  return fmt::format("{}: {}, {}", clause.text, describe_reading(clause, unit, sample, limit),
                     name(judge(clause, sample, limit)));
}

}  // namespace mig::runtime
