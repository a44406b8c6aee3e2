#include "runtime/gates/look.hpp"

#include <algorithm>

#include "runtime/gates/metric_sources.hpp"

namespace mig::runtime {

Look look_at_gate(const plan::Plan& plan, const plan::Gate& gate, const TakeReading& take) {
  Look look;
  for (const plan::Clause& clause : gate.clauses) {
    const Sample sample = take(clause.reading);
    std::vector<Sample> measured;
    for (const plan::Measured& one : clause.measured)
      measured.push_back(take(one.of));
    const Sample limit = limit_of(clause, measured);
    look.verdict = std::max(look.verdict, judge(clause, sample, limit));
    const plan::Unit unit = unit_of(plan, clause.reading);
    look.seen.push_back(describe_reading(clause, unit, sample, limit));
    look.lines.push_back(describe(clause, unit, sample, limit));
  }
  return look;
}

}  // namespace mig::runtime
