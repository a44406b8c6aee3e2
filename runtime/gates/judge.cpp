#include "runtime/gates/judge.hpp"

#include <cassert>

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

Verdict judge(const plan::Clause& clause, const Sample& sample) {
  if (sample.taken == Taken::NoData) return Verdict::NoData;
  if (sample.taken == Taken::SourceError) return Verdict::SourceError;
  const std::int64_t limit = clause.limit.value;
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

std::string describe(const plan::Clause& clause, plan::Unit unit, const Sample& sample) {
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
  return fmt::format("{}: {}, {}", clause.text, seen, name(judge(clause, sample)));
}

}  // namespace mig::runtime
