#include "runtime/cli/preview/gates_now.hpp"

#include <algorithm>
#include <atomic>

#include "runtime/cli/session.hpp"
#include "runtime/engine/workers.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/gates/look.hpp"
#include "runtime/gates/metric_sources.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::cli {
namespace {

constexpr std::string_view kUnseen = "not_checked";

// What the plan creates is not read before it does.
bool is_readable(const plan::Plan& plan, const runtime::Stores& stores,
                 const plan::Reading& reading) {
  if (const auto* data = std::get_if<plan::DatasetReading>(&reading))
    return stores.exists(plan.at(data->dataset).store);
  const auto* own = std::get_if<plan::DeclaredReading>(&reading);
  if (own == nullptr) return true;
  const auto* sql = std::get_if<plan::SqlSource>(&plan.at(own->metric).source);
  return sql == nullptr || stores.exists(sql->store);
}

}  // namespace

runtime::Result<std::vector<ShownGate>> gates_now(const plan::Plan& plan,
                                                  const std::filesystem::path& folder) {
  MIG_ASSIGN(stores, runtime::Stores::find(plan, folder, environment));
  const runtime::SystemClock clock;
  const plan::RunState state;  // no run has begun
  runtime::Worker beside;
  const std::atomic<bool> is_stopping = false;
  runtime::World world{plan, state, clock, stores, beside, {}, folder, is_stopping};
  std::vector<ShownGate> shown;
  for (const plan::Gate& gate : plan.gates) {
    const auto every = std::chrono::duration_cast<runtime::Instant::duration>(gate.every);
    const runtime::Instant oldest = clock.now() - 2 * every;
    const auto look =
        runtime::look_at_gate(plan, gate, [&](const plan::Reading& reading) -> runtime::Sample {
          if (runtime::is_drift(reading))
            return {runtime::Taken::NoData, 0, "compared when it is asked"};
          if (!is_readable(plan, stores, reading))
            return {runtime::Taken::NoData, 0, "its store is not there yet"};
          return runtime::take_reading(reading, world, oldest);
        });
    ShownGate one{gate.name, std::string(name(look.verdict)), {}};
    for (std::size_t i = 0; i < gate.clauses.size(); ++i)
      one.clauses.push_back({gate.clauses[i].text, look.seen[i]});
    shown.push_back(std::move(one));
  }
  return shown;
}

std::vector<ShownGate> gates_unseen(const plan::Plan& plan) {
  std::vector<ShownGate> shown;
  for (const plan::Gate& gate : plan.gates) {
    ShownGate one{gate.name, std::string(kUnseen), {}};
    for (const plan::Clause& clause : gate.clauses)
      one.clauses.push_back({clause.text, {}});
    shown.push_back(std::move(one));
  }
  return shown;
}

}  // namespace mig::cli
