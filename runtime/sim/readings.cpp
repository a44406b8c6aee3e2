#include "runtime/sim/readings.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "compiler/plan/overloaded.hpp"

namespace mig::runtime::sim {
namespace {

using plan::Arm;
using plan::MetricKind;
using plan::Side;

constexpr plan::Micros kEver = std::numeric_limits<plan::Micros>::max();
constexpr std::int64_t kBillion = 1'000'000'000;
constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kPerMille = plan::Ratio::kWhole / 1000;

plan::Micros end_of(std::optional<plan::Duration> lasts, plan::Micros now) {
  if (!lasts) return kEver;
  return now + std::chrono::duration_cast<std::chrono::microseconds>(*lasts).count();
}

Sample value(std::int64_t value) {
  return Sample{Taken::Value, value, {}};
}
Sample nothing(std::string why) {
  return Sample{Taken::NoData, 0, std::move(why)};
}

// What a healthy application would show, where no gate asks for less.
std::int64_t usual(MetricKind kind, const plan::Script& script) {
  switch (kind) {
    case MetricKind::P50:
      return 4 * kMillisecond;
    case MetricKind::P95:
      return 12 * kMillisecond;
    case MetricKind::P99:
      return 30 * kMillisecond;
    case MetricKind::ErrorRate:
    case MetricKind::Rate5xx:
      return kPerMille;
    case MetricKind::Rate4xx:
      return 5 * kPerMille;
    case MetricKind::Rps:
      return script.reads_per_second * kBillion;
    case MetricKind::FallbackRate:
    case MetricKind::Drift:
    case MetricKind::Rejects:
    case MetricKind::RowsIn:
    case MetricKind::HitRatio:
    case MetricKind::Discrepancy:
    case MetricKind::RepairBacklog:
    case MetricKind::Lag:
    case MetricKind::Share:
    case MetricKind::ShadowFailureRate:
      return 0;
  }
  return 0;
}

std::int64_t usual(const plan::Reading& reading, const plan::Script& script) {
  const auto* arm = std::get_if<plan::ArmReading>(&reading);
  return arm == nullptr ? 0 : usual(arm->metric, script);
}

}  // namespace

Readings::Readings(const plan::Plan& plan, const plan::Script& script,
                   const std::vector<World>& worlds)
    : plan_(plan), script_(script), worlds_(worlds) {
  for (const plan::Gate& gate : plan.gates) {
    for (const plan::Clause& clause : gate.clauses)
      assume(clause);
  }
}

// Well on the right side of the limit: what a gate asks for is the only thing known of it.
void Readings::assume(const plan::Clause& clause) {
  const bool has_limit = clause.limit.value != plan::kNothingFixed;
  auto found = std::ranges::find(assumed_, clause.reading, &Assumed::reading);
  if (found == assumed_.end()) {
    assumed_.push_back({clause.reading, usual(clause.reading, script_)});
    found = assumed_.end() - 1;
  }
  if (!has_limit) return;
  const std::int64_t limit = clause.limit.value;
  switch (clause.compare) {
    case plan::Compare::Less:
    case plan::Compare::LessOrEqual: {
      const std::int64_t most = limit > 1 ? limit / 5 * 3 : limit - 1;
      if (found->value > most || (found->value == 0 && clause.limit.unit == plan::Unit::TimeSpan))
        found->value = most;
      if (found->value == 0 && clause.limit.unit == plan::Unit::Ratio) found->value = limit / 5;
      return;
    }
    case plan::Compare::Equal:
      found->value = limit;
      return;
    case plan::Compare::GreaterOrEqual:
    case plan::Compare::Greater:
      if (found->value <= limit) {
        const bool is_ratio = clause.limit.unit == plan::Unit::Ratio;
        found->value = is_ratio ? limit + (plan::Ratio::kWhole - limit) / 2 : limit + limit / 5 + 1;
      }
      return;
  }
}

std::int64_t Readings::assumed(const plan::Reading& reading) const {
  const auto found = std::ranges::find(assumed_, reading, &Assumed::reading);
  return found == assumed_.end() ? usual(reading, script_) : found->value;
}

void Readings::set(const plan::Measure& measure, plan::Micros now) {
  std::erase_if(said_, [&](const Said& said) { return said.reading == measure.reading; });
  said_.push_back({measure.reading, measure.value, end_of(measure.lasts, now)});
}

void Readings::silence(plan::GateId gate, std::optional<plan::Duration> lasts, plan::Micros now) {
  std::erase_if(silent_, [&](const Silent& silent) { return silent.gate == gate; });
  silent_.push_back({gate, end_of(lasts, now)});
}

bool Readings::is_silent(plan::GateId gate, plan::Micros now) const {
  return std::ranges::any_of(
      silent_, [&](const Silent& silent) { return silent.gate == gate && now < silent.until; });
}

std::optional<plan::Micros> Readings::next_change(plan::Micros now) const {
  plan::Micros next = kEver;
  for (const Said& said : said_)
    next = said.until > now ? std::min(next, said.until) : next;
  for (const Silent& silent : silent_)
    next = silent.until > now ? std::min(next, silent.until) : next;
  return next == kEver ? std::nullopt : std::optional(next);
}

const World* Readings::world_of(plan::DatasetId dataset) const {
  const auto found =
      std::ranges::find_if(worlds_, [&](const World& world) { return world.has(dataset); });
  return found == worlds_.end() ? nullptr : &*found;
}

// An arm without a name is that of the step's own resource.
bool Readings::is_same(const plan::Reading& said, const plan::Reading& asked,
                       plan::StepId step) const {
  const auto* arm = std::get_if<plan::ArmReading>(&asked);
  const auto* other = std::get_if<plan::ArmReading>(&said);
  if (arm == nullptr || other == nullptr) return said == asked;
  plan::ArmReading own = *arm;
  if (!own.of) own.of = plan_.resource_of(step);
  plan::ArmReading wanted = *other;
  if (!wanted.of) wanted.of = own.of;
  return own == wanted;
}

Sample Readings::take(const plan::Reading& reading, plan::StepId step, plan::Micros now) const {
  for (const Said& said : said_) {
    if (is_same(said.reading, reading, step) && now < said.until) return value(said.value);
  }
  return std::visit(plan::Overloaded{
                        [&](const plan::ArmReading& arm) { return of_arm(arm, step); },
                        [&](const plan::DatasetReading& it) { return of_dataset(it, now); },
                        [&](const plan::DeclaredReading&) { return value(assumed(reading)); },
                        [&](const plan::StoreReading&) { return value(assumed(reading)); },
                    },
                    reading);
}

// An arm without requests has nothing to say.
Sample Readings::of_arm(const plan::ArmReading& reading, plan::StepId step) const {
  const auto resource = reading.of ? reading.of : plan_.resource_of(step);
  const World& world = worlds_.at(resource ? resource->index : 0);
  const bool is_read =
      reading.arm != Arm::Writes && reading.arm != Arm::WritesNew && reading.arm != Arm::WritesOld;
  const plan::Ratio share = is_read ? world.read_share() : world.write_share();
  const bool asks_new = reading.arm == Arm::ReadsNew || reading.arm == Arm::WritesNew;
  const bool asks_old = reading.arm == Arm::ReadsOld || reading.arm == Arm::WritesOld ||
                        reading.arm == Arm::ReadsControl;
  if (reading.metric == MetricKind::Share) {
    const std::int64_t parts = asks_old   ? plan::Ratio::kWhole - share.parts()
                               : asks_new ? share.parts()
                                          : plan::Ratio::kWhole;
    return value(parts);
  }
  // What is written to one side is written to the other one, too, where both are kept alike; and
  // with shadow reads the side that is not served is asked all the same.
  const bool both = is_read ? world.shadow > plan::Ratio{} : world.is_mirrored();
  if (asks_new && share == plan::Ratio{} && !both) return nothing("no requests go there");
  if (asks_old && share == plan::Ratio::percent(100) && !both)
    return nothing("no requests go there");
  return value(assumed(reading));
}

Sample Readings::of_dataset(const plan::DatasetReading& reading, plan::Micros) const {
  const World* world = world_of(reading.dataset);
  if (world == nullptr) return value(assumed(reading));
  const Side side = world->side_of(reading.dataset);
  const auto scaled = [&](std::int64_t keys) {
    return script_.rows.value * keys / static_cast<std::int64_t>(kKeys);
  };
  const bool both = world->at(Side::Old).is_there() && world->at(Side::New).is_there();
  switch (reading.metric) {
    case MetricKind::Drift:
      if (!both) return nothing("one side is not there");
      return value(scaled(std::popcount(world->different())));
    case MetricKind::Discrepancy:
      if (!both) return nothing("one side is not there");
      return value(std::popcount(world->different()) * plan::Ratio::kWhole / std::int64_t{kKeys});
    case MetricKind::RowsIn:
      if (!world->at(side).is_there()) return nothing("it is not there");
      return value(scaled(world->rows_at(side)));
    case MetricKind::HitRatio: {
      // What was deleted is no miss.
      const std::int64_t most = std::max(world->rows_at(Side::Old), world->rows_at(Side::New));
      const std::int64_t hits = world->rows_at(side);
      return value(most == 0 ? plan::Ratio::kWhole : hits * 1000 / most * kPerMille);
    }
    case MetricKind::RepairBacklog:
      return value(scaled(std::popcount(world->intents)));
    default:
      return value(assumed(reading));
  }
}

}  // namespace mig::runtime::sim
