#include "compiler/facts.hpp"

#include <algorithm>

#include "compiler/plan/overloaded.hpp"

namespace mig::compiler {
namespace {

using plan::Side;
using plan::StepId;

bool is_drift(const plan::Clause& clause) {
  const auto* dataset = std::get_if<plan::DatasetReading>(&clause.reading);
  return dataset != nullptr && dataset->metric == plan::MetricKind::Drift;
}

class Fold {
 public:
  explicit Fold(const plan::Plan& plan) : plan_(plan) {}

  FactTable run() {
    FactTable table;
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const StepId step{i};
      add_ancestors(step);
      const auto& needs = plan_.at(step).needs;
      // Along a line of steps what holds is what held after the one before.
      Facts facts = needs.size() == 1 && is_in_line(needs.front(), step)
                        ? table.after[needs.front().index]
                        : over_ancestors(step);
      doubt(facts, step);
      table.before.push_back(facts);
      take(facts, step);
      table.after.push_back(std::move(facts));
    }
    table.ancestors = std::move(ancestors_);
    return table;
  }

 private:
  void add_ancestors(StepId step) {
    std::vector<bool> own(plan_.steps.size());
    for (const StepId need : plan_.at(step).needs) {
      own[need.index] = true;
      for (std::uint32_t i = 0; i < need.index; ++i)
        own[i] = own[i] || ancestors_[need.index][i];
    }
    ancestors_.push_back(std::move(own));
  }

  bool is_in_line(StepId before, StepId step) const { return before.index + 1 == step.index; }

  Facts over_ancestors(StepId step) const {
    Facts facts;
    for (std::uint32_t i = 0; i < step.index; ++i) {
      if (ancestors_[step.index][i]) take(facts, StepId{i});
    }
    return facts;
  }

  // Steps that may run before or after this one: what they undo may be undone already.
  void doubt(Facts& facts, StepId step) const {
    for (std::uint32_t i = 0; i < step.index; ++i) {
      if (ancestors_[step.index][i]) continue;
      const plan::Action& action = plan_.steps[i].action;
      const bool moves_data =
          std::holds_alternative<plan::Copy>(action) || std::holds_alternative<plan::Purge>(action);
      if (moves_data) facts.proved.reset();
    }
  }

  void take(Facts& facts, StepId step) const {
    std::visit(plan::Overloaded{
                   [&](const plan::Create& it) {
                     facts.made.insert(it.datasets.begin(), it.datasets.end());
                   },
                   [&](const plan::Purge& it) {
                     facts.made.insert(it.datasets.begin(), it.datasets.end());
                     facts.proved.reset();
                   },
                   [&](const plan::Backup& it) {
                     facts.backed_up.insert(it.datasets.begin(), it.datasets.end());
                   },
                   [&](const plan::Copy&) {
                     facts.filled = step;
                     facts.proved.reset();
                   },
                   [&](const plan::Verify& it) {
                     if (it.repair) facts.proved.reset();
                   },
                   [&](const plan::RouteWrites&) { take_writes(facts, step); },
                   [&](const plan::RouteReads& it) { take_reads(facts, it, step); },
                   [&](const plan::Hold& it) { take_hold(facts, it, step); },
                   [&](const plan::Accept& it) {
                     if (it.risk == plan::AcceptedRisk::AllAtOnce) facts.accepted = step;
                   },
                   [&](const plan::PointOfNoReturn&) { facts.marker = step; },
                   [](const plan::AddField&) {},
                   [](const plan::AddIndex&) {},
                   [](const plan::DropField&) {},
                   [](const plan::Drop&) {},
                   [](const plan::Sql&) {},
                   [](const plan::Approve&) {},
                   [](const plan::Rehearse&) {},
                   [](const plan::Leave&) {},
                   [&](const plan::Parity&) { facts.asked = step; },
                   [](const plan::Shadow&) {},
                   [](const plan::Freeze&) {},
                   [](const plan::Capture&) {},
               },
               plan_.at(step).action);
  }

  void move(Facts& facts, StepId step) const {
    facts.moved = step;
    facts.watched.reset();
    facts.held.reset();
  }

  void take_writes(Facts& facts, StepId step) const {
    const Side led = facts.writes.authority;
    const bool was_mirrored = facts.writes.mirror.has_value();
    const auto share = facts.writes.share;
    facts.writes = plan::after_writes(plan_, step, facts.writes);
    if (!was_mirrored) facts.mirrored = plan::Duration::zero();
    if (facts.writes.authority != led || facts.writes.share != share) move(facts, step);
    if (!plan_.through && facts.writes.authority != Side::None) {
      // The application moves as a whole: it reads where it writes.
      const bool is_new = facts.writes.authority == Side::New;
      facts.fewest_reads = facts.most_reads = plan::Ratio::percent(is_new ? 100 : 0);
    }
    // From here on one side gets what the other does not.
    if (facts.writes.authority != Side::None && !facts.writes.mirror) facts.proved.reset();
  }

  void take_reads(Facts& facts, const plan::RouteReads& reads, StepId step) const {
    move(facts, step);
    const bool is_new = reads.to == Side::New;
    const auto share = widest_share(reads);
    facts.most_reads = share;
    // Nobody knows how many requests a `where` fits.
    facts.fewest_reads = is_new && reads.where.empty() ? share : plan::Ratio{};
  }

  void take_hold(Facts& facts, const plan::Hold& hold, StepId step) const {
    for (const plan::GateId gate : hold.gates) {
      if (compares_sides(plan_, gate) && facts.reaches_new()) facts.proved = step;
      if (watches_traffic(plan_, gate)) facts.watched = step;
    }
    if (!hold.gates.empty() && !hold.required) facts.held = step;
    if (facts.writes.mirror) facts.mirrored += hold.length;
  }

  const plan::Plan& plan_;
  std::vector<std::vector<bool>> ancestors_;
};

}  // namespace

plan::Ratio widest_share(const plan::RouteReads& reads) {
  if (reads.to != Side::New) return {};
  const auto share = reads.share.value_or(plan::Ratio::percent(100));
  return reads.where.empty() ? share : std::min(share, plan::Ratio::percent(50));
}

bool is_refilled(const plan::Plan& plan) {
  return !plan.nothing_moves.empty() && std::ranges::all_of(plan.to, [&](plan::DatasetId dataset) {
    return plan.at(plan.at(dataset).store).caches.has_value();
  });
}

bool compares_sides(const plan::Plan& plan, plan::GateId gate) {
  return std::ranges::any_of(plan.at(gate).clauses, [](const plan::Clause& clause) {
    const bool is_zero = clause.limit.value == 0 && clause.compare != plan::Compare::Greater &&
                         clause.compare != plan::Compare::GreaterOrEqual;
    return is_drift(clause) && is_zero;
  });
}

bool watches_traffic(const plan::Plan& plan, plan::GateId gate) {
  return std::ranges::any_of(plan.at(gate).clauses, [](const plan::Clause& clause) {
    return !std::holds_alternative<plan::DatasetReading>(clause.reading);
  });
}

FactTable facts_of(const plan::Plan& plan) {
  return Fold(plan).run();
}

}  // namespace mig::compiler
