#include "runtime/cli/preview/make_document.hpp"

#include <algorithm>
#include <cassert>
#include <map>

#include <fmt/format.h>

#include "compiler/facts.hpp"
#include "compiler/plan/carried_out.hpp"
#include "compiler/plan/resident_span.hpp"
#include "compiler/plan/views.hpp"
#include "compiler/prove/projection.hpp"
#include "runtime/cli/fact_words.hpp"
#include "runtime/cli/live_report.hpp"
#include "runtime/cli/observers.hpp"
#include "runtime/cli/preview/assumptions.hpp"
#include "runtime/cli/preview/changes.hpp"
#include "runtime/cli/preview/estimates.hpp"
#include "runtime/cli/preview/words.hpp"

namespace mig::cli {
namespace {

using plan::StepId;

class Maker {
 public:
  explicit Maker(const DocumentInput& input)
      : input_(input), plan_(input.plan), views_(plan_), live_(input.live) {}

  runtime::Result<Document> make() {
    add_head();
    add_sides();
    add_live();
    MIG_TRY(add_phases());
    add_margins();
    document_.outcome = outcome();
    return std::move(document_);
  }

 private:
  void add_head() {
    document_.format = kPreviewFormat;
    document_.mig = MIG_VERSION;
    document_.edition = plan_.edition;
    document_.plan = plan_.name;
    document_.about = plan_.about;
    document_.env = plan_.env;
    document_.file = input_.file;
    document_.made_at = to_the_second(input_.now);
    document_.run = input_.run;
    document_.hash.plan = print(plan_hash(plan_));
    document_.hash.source = input_.source_hash;
    document_.is_live = live_ != nullptr;
    document_.why_not_live = input_.why_not_live;
    document_.params = plan_.parameters;
    document_.proof = input_.proof;
    document_.diagnostics = input_.diagnostics;
    document_.gates = input_.gates;
  }

  void add_sides() {
    for (std::size_t i = 0; i < views_.size(); ++i) {
      const plan::Plan& view = views_.at(i);
      ShownMovement movement;
      movement.from = print_old(plan_, view);
      movement.to = print_new(plan_, view);
      if (view.via) movement.via = plan_.at(*view.via).name;
      if (view.back) movement.back = plan_.at(*view.back).name;
      if (view.seen_by) {
        movement.resource = plan_.at(*view.seen_by).name;
        movement.may_go_back_alone = may_go_back_alone(plan_, *view.seen_by);
      }
      document_.movements.push_back(std::move(movement));
    }
    for (std::size_t i = 0; i < plan_.stores.size(); ++i) {
      const plan::Store& store = plan_.stores[i];
      ShownStore shown{store.name, std::string(name(store.kind)), store.location.text, {}, {}};
      if (live_ != nullptr && !live_->identities.at(i).empty()) {
        shown.identity = live_->identities[i];
        const bool is_file = store.kind == plan::StoreKind::Sqlite;
        shown.bytes = ShownNumber{live_->bytes.at(i), Certainty::Fact,
                                  is_file ? "the file's size" : "the database's size"};
      }
      document_.stores.push_back(std::move(shown));
    }
    for (std::size_t i = 0; i < plan_.datasets.size(); ++i) {
      const plan::Dataset& dataset = plan_.datasets[i];
      ShownDataset shown{dataset.name, plan_.at(dataset.store).name, dataset.place(), {}, {}, {}};
      if (live_ != nullptr) {
        const LiveDataset& seen = live_->datasets.at(i);
        shown.exists = seen.exists;
        if (seen.exists) shown.rows = shown_rows(seen);
        if (seen.greatest_key)
          shown.greatest_key = ShownNumber{*seen.greatest_key, Certainty::Fact, "max(key)"};
      }
      document_.datasets.push_back(std::move(shown));
    }
  }

  void add_live() {
    add_findings(live_ != nullptr ? live_ : input_.pulled);
    if (live_ == nullptr) return;
    std::string schemas;
    for (const std::string& schema : live_->schemas)
      schemas += schema;
    document_.hash.live = print(plan::sha256(schemas));
    document_.hash.review = review_hash(plan_, *live_);
    for (std::size_t i = 0; i < live_->samples.size(); ++i) {
      const runtime::RowSample& sample = live_->samples[i];
      ShownSample shown;
      shown.resource = document_.movements.at(i).resource;
      shown.read = sample.read;
      shown.rejected = sample.rejected;
      shown.which = fmt::format("the first {} in the order of their key", grouped(sample.read));
      for (const runtime::SampledReject& reject : sample.first)
        shown.first.push_back({reject.key, reject.field, reject.reason});
      shown.limit = reject_limit(views_.at(i));
      if (sample.read > 0 && sample.took > plan::Duration::zero())
        shown.rows_per_second = per_second(sample);
      document_.samples.push_back(std::move(shown));
    }
  }

  void add_findings(const Preflight* found) {
    if (found == nullptr) return;
    document_.warnings = found->warnings;
    for (const Obstacle& obstacle : found->obstacles)
      document_.obstacles.push_back(
          {static_cast<std::int32_t>(obstacle.exit), obstacle.message, obstacle.help});
  }

  // What holds after each step, as far as it belongs to one movement.
  std::map<StepId, compiler::Facts> facts_after() const {
    std::map<StepId, compiler::Facts> facts;
    for (std::size_t i = 0; i < views_.size(); ++i) {
      const compiler::prove::Projection seen = compiler::prove::project(views_.at(i));
      const compiler::FactTable table = compiler::facts_of(seen.plan);
      for (std::size_t step = 0; step < seen.origin.size(); ++step) {
        if (is_own(views_.at(i), seen.origin[step]))
          facts.emplace(seen.origin[step], table.after[step]);
      }
    }
    return facts;
  }

  runtime::Result<void> add_phases() {
    const auto facts = facts_after();
    const auto lengths = lengths_of(plan_, live_);
    const auto back = ways_back(plan_);
    for (std::uint32_t i = 0; i < plan_.phases.size(); ++i) {
      const plan::PhaseId id{i};
      ShownPhase shown = phase_of(id);
      for (const auto& steps : grouped_steps(plan_, id)) {
        ShownChange change = change_of(views_, plan_, steps, live_);
        change.takes = length_of(steps, lengths);
        change.back_in = back[steps.back().index];
        const auto last = facts.find(steps.back());
        if (last != facts.end()) {
          change.fewest_reads_new = last->second.fewest_reads;
          change.most_reads_new = last->second.most_reads;
          change.after = in_short(last->second);
        }
        count(change, steps.front());
        shown.changes.push_back(std::move(change));
      }
      document_.phases.push_back(std::move(shown));
    }
    MIG_ASSIGN(finish, finish_of(plan_, lengths, input_.now));
    document_.finish = std::move(finish);
    return {};
  }

  ShownPhase phase_of(plan::PhaseId id) const {
    const plan::Phase& phase = plan_.at(id);
    ShownPhase shown;
    shown.name = phase.name;
    shown.about = phase.about;
    if (phase.resource) shown.resource = plan_.at(*phase.resource).name;
    for (const plan::PhaseId before : phase.after)
      shown.needs.push_back(plan_.at(before).name);
    if (phase.window) shown.window = plan::print(*phase.window);
    if (live_ != nullptr && live_->opens.contains(id))
      shown.opens = to_the_second(live_->opens.at(id));
    return shown;
  }

  // Of a ramp the sum of its steps; what cannot be known makes the sum so.
  static std::optional<ShownTime> length_of(const std::vector<StepId>& steps,
                                            const std::vector<std::optional<ShownTime>>& lengths) {
    if (steps.size() == 1) return lengths[steps.front().index];
    ShownTime sum{{}, Bound::Exactly, Certainty::Fact, "the plan says so"};
    for (const StepId id : steps) {
      const std::optional<ShownTime>& one = lengths[id.index];
      if (!one) return std::nullopt;
      if (one->bound != Bound::AtMost) sum.ns += one->ns;
    }
    return sum;
  }

  void count(const ShownChange& change, StepId id) {
    if (const auto* create = std::get_if<plan::Create>(&plan_.at(id).action))
      document_.tables_created += static_cast<std::int64_t>(create->datasets.size());
    if (!change.is_destructive || !change.rows) return;
    if (!document_.rows_deleted)
      document_.rows_deleted = ShownNumber{0, Certainty::Fact, "count(*)"};
    document_.rows_deleted->value += change.rows->value;
    if (change.rows->kind != Certainty::Fact) document_.rows_deleted->kind = change.rows->kind;
  }

  void add_margins() {
    for (const plan::NotCarriedOut& one : not_carried_out(plan_))
      document_.beyond.push_back(print(one));
    for (std::size_t i = 0; i < views_.size(); ++i) {
      if (const auto span = resident_span(views_.at(i)))
        document_.residents.push_back(print(plan_, *span));
    }
    document_.limits = limits_of(plan_);
    document_.locks = locks_of(plan_);
    document_.assumptions = assumptions_of(plan_, live_);
  }

  std::string outcome() const {
    if (live_ != nullptr && live_->is_completed) return "none";
    const bool is_wrong = std::ranges::any_of(
        input_.diagnostics, [](const ShownDiagnostic& one) { return one.severity == "error"; });
    if (is_wrong || !document_.obstacles.empty() || !document_.beyond.empty()) return "refused";
    return "changes";
  }

  const DocumentInput& input_;
  const plan::Plan& plan_;
  const plan::Views views_;
  const Preflight* live_;
  Document document_;
};

}  // namespace

ShownProof shown_proof(const compiler::Proof& proof) {
  ShownProof shown;
  shown.states = static_cast<std::int64_t>(proof.states);
  shown.is_complete = proof.is_complete;
  const compiler::prove::Bounds bounds;
  shown.failures = static_cast<std::uint32_t>(bounds.failures);
  shown.crashes = static_cast<std::uint32_t>(bounds.crashes);
  shown.text = print(proof);
  return shown;
}

runtime::Result<Document> make_document(const DocumentInput& input) {
  return Maker(input).make();
}

}  // namespace mig::cli
