#include "runtime/cli/preview/changes.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/plan/overloaded.hpp"
#include "compiler/plan/routing.hpp"
#include "runtime/cli/observers.hpp"
#include "runtime/cli/preview/words.hpp"
#include "runtime/steps/copy_pace.hpp"

namespace mig::cli {
namespace {

using plan::Ratio;
using plan::StepId;

// More of the reads than this in one step is all at once.
constexpr std::int64_t kWideStep = 50;

// What a line says before it is known where it stands.
struct Words {
  Sign sign = Sign::Look;
  std::string what;
  Risk risk = Risk::None;
  std::string way_back;  // empty: follows from the step's undo
};

// How much of a copy one transaction moves.
std::string at_a_time(const plan::Copy& it) {
  if (!runtime::adapts(it)) return grouped(it.chunk.value) + " at a time";
  const bool is_polite = it.pace.kind == plan::PaceKind::Polite;
  return fmt::format("as many at a time as fit {}",
                     plan::print(is_polite ? runtime::kPoliteWrite : runtime::kLongestWrite));
}

// What it keeps to beside its rate, and for whom it waits; empty where it does not.
std::string limits_of(const plan::Copy& it) {
  std::string text;
  if (it.pace.bytes) text += fmt::format(", at most {}", print(*it.pace.bytes));
  if (it.max_lag)
    text +=
        fmt::format(", waiting while a replica is more than {} behind", plan::print(*it.max_lag));
  if (it.max_active)
    text += fmt::format(", waiting while more than {} sessions are active", *it.max_active);
  return text;
}

// One `row` for each action.
class Describer {
 public:
  Describer(const plan::Plan& view, StepId id, const Preflight* live)
      : plan_(view), id_(id), live_(live) {}

  Words describe() const {
    Words words = std::visit([&](const auto& action) { return row(action); }, step().action);
    if (words.way_back.empty()) words.way_back = way_back();
    return words;
  }

  // Rows that the step reads, writes or deletes; nothing where nobody has counted them.
  std::optional<ShownNumber> rows() const {
    return std::visit(plan::Overloaded{
                          [&](const plan::Copy&) { return rows({plan_.from}); },
                          [&](const plan::Verify&) { return rows({plan_.from}); },
                          [&](const plan::Drop& it) { return rows(it.datasets); },
                          [&](const plan::Purge& it) { return rows(it.datasets); },
                          [&](const plan::Backup& it) { return rows(it.datasets); },
                          [](const auto&) { return std::optional<ShownNumber>(); },
                      },
                      step().action);
  }

 private:
  const plan::Step& step() const { return plan_.at(id_); }

  std::optional<ShownNumber> rows(const std::vector<plan::DatasetId>& ids) const {
    if (live_ == nullptr || plan_.are_services() || live_->datasets.empty()) return std::nullopt;
    ShownNumber sum{0, Certainty::Fact, "count(*)"};
    for (const plan::DatasetId id : ids) {
      const auto one = shown_rows(live_->datasets.at(id.index));
      if (!one) return std::nullopt;
      sum.value += one->value;
      if (one->kind != Certainty::Fact) sum = {sum.value, one->kind, one->from};
    }
    return sum;
  }
  std::string counted(const std::vector<plan::DatasetId>& ids) const {
    const auto some = rows(ids);
    if (!some) return "all rows";
    return mig::cli::counted(*some);
  }

  std::string names(const std::vector<plan::DatasetId>& ids) const {
    std::vector<std::string> texts;
    texts.reserve(ids.size());
    for (const plan::DatasetId id : ids)
      texts.push_back(plan_.at(id).name);
    return fmt::format("{}", fmt::join(texts, ", "));
  }
  std::string field(plan::DatasetId dataset, std::uint32_t index) const {
    return fmt::format("{}.{}", plan_.at(dataset).name,
                       plan_.entity_of(dataset).fields[index].name);
  }

  std::string way_back() const {
    switch (undo_of(plan_, step())) {
      case plan::UndoKind::Inverse:
        return "undone";
      case plan::UndoKind::Nothing:
        return "none needed";
      case plan::UndoKind::None:
        return "none";
    }
    return {};
  }

  Words row(const plan::Create& it) const {
    return {Sign::Create, fmt::format("create {}", names(it.datasets)), Risk::Low, "dropped again"};
  }
  Words row(const plan::AddField& it) const {
    return {Sign::Create, fmt::format("add field {}", field(it.dataset, it.field)), Risk::Low,
            "dropped again"};
  }
  Words row(const plan::AddIndex& it) const {
    std::vector<std::string> fields;
    for (const std::uint32_t one : it.fields)
      fields.push_back(field(it.dataset, one));
    return {Sign::Create,
            fmt::format("add {}index on {}", it.unique ? "unique " : "", fmt::join(fields, ", ")),
            Risk::Low, "dropped again"};
  }
  Words row(const plan::DropField& it) const {
    return {Sign::Delete, fmt::format("drop field {}", field(it.dataset, it.field)), Risk::High,
            ""};
  }
  Words row(const plan::Drop& it) const {
    return {Sign::Delete,
            fmt::format("drop {}: {} deleted", names(it.datasets), counted(it.datasets)),
            Risk::High, ""};
  }
  Words row(const plan::Purge& it) const {
    return {Sign::Delete,
            fmt::format("purge {}: {} deleted", names(it.datasets), counted(it.datasets)),
            Risk::High, "stays empty"};
  }
  Words row(const plan::Backup& it) const {
    const std::string kept = it.keep ? fmt::format(", kept {}", plan::print(*it.keep)) : "";
    return {Sign::Move, fmt::format("backup {} to {}{}", names(it.datasets), it.to, kept),
            Risk::None, ""};
  }
  Words row(const plan::Sql& it) const {
    return {Sign::Change, fmt::format("sql in {}", plan_.at(it.store).name),
            it.undo.empty() ? Risk::High : Risk::Medium, ""};
  }
  Words row(const plan::Copy& it) const {
    return {Sign::Move,
            fmt::format("copy {}, {}{}{}", counted({plan_.from}), at_a_time(it), over_rows(it),
                        limits_of(it)),
            Risk::Low, ""};
  }
  // What becomes of rows that are there.
  std::string over_rows(const plan::Copy& it) const {
    switch (it.on_conflict) {
      case plan::OnConflict::Keep:
        return "";
      case plan::OnConflict::Replace:
        return ", over rows that differ";
      case plan::OnConflict::Newer:
        return ", over rows that are older";
      case plan::OnConflict::Merge:
        break;
    }
    std::vector<std::string> names;
    for (const plan::MergedField& one : it.merged) {
      const std::string& name = plan_.entity_of(one.dataset).fields[one.field].name;
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
    return fmt::format(", only {} into rows that are there", fmt::join(names, ", "));
  }
  static Words row(const plan::Verify& it) {
    return {Sign::Compare,
            fmt::format("compare {}{}", it.sample ? print(*it.sample) + " of the rows" : "all rows",
                        it.repair ? ", repair" : ""),
            it.repair ? Risk::Low : Risk::None, ""};
  }
  Words row(const plan::RouteWrites& it) const {
    if (it.to == plan::Side::None) {
      return {Sign::Turn,
              it.max_downtime
                  ? fmt::format("writes stand still, at most {}", plan::print(*it.max_downtime))
                  : std::string("writes stand still"),
              Risk::Medium, "writes old"};
    }
    const bool moves = plan::writes_before(plan_, id_).authority != it.to;
    const plan::DatasetId leads = it.to == plan::Side::Old ? plan_.from : plan_.to.front();
    const bool has_slot = it.mirror && !plan_.are_services() &&
                          plan_.at(plan_.at(leads).store).changes == plan::ChangeSource::Slot;
    return {Sign::Turn,
            fmt::format("writes go to {}{}", print(it), has_slot ? ", told by a slot" : ""),
            moves ? Risk::Medium : Risk::Low, ""};
  }
  static Words row(const plan::Rehearse&) {
    return {Sign::Turn, "rehearse the rollback: writes go to old, and to new again", Risk::Medium,
            ""};
  }
  Words row(const plan::RouteReads& it) const {
    return {Sign::Share, fmt::format("reads go to {}", print(plan_, it)), Risk::Medium,
            "reads " + print(plan_, plan::route_before<plan::RouteReads>(plan_, id_))};
  }
  Words row(const plan::Hold& it) const {
    std::vector<std::string> gates;
    gates.reserve(it.gates.size());
    for (const plan::GateId id : it.gates)
      gates.push_back(plan_.at(id).name);
    const auto joined = fmt::format("{}", fmt::join(gates, ", "));
    if (it.required) return {Sign::Wait, "gate " + joined, Risk::None, ""};
    return {Sign::Wait,
            fmt::format("hold {}{}", plan::print(it.length),
                        gates.empty() ? std::string() : ", gate " + joined),
            Risk::None, ""};
  }
  static Words row(const plan::Approve& it) {
    return {Sign::Wait,
            fmt::format("approval of {}{}", it.who,
                        it.by_author ? ", or of whoever starts the run" : ""),
            Risk::None, ""};
  }
  static Words row(const plan::Accept& it) {
    return {Sign::Look, fmt::format("accepted: {}", it.reason), Risk::None, ""};
  }
  Words row(const plan::Leave& it) const {
    return {Sign::Look, fmt::format("stays so: {}; {}", left_on(plan_, id_), it.reason), Risk::None,
            ""};
  }
  static Words row(const plan::PointOfNoReturn& it) {
    return {Sign::Look, it.reason, Risk::High, ""};
  }
  static Words row(const plan::Shadow& it) {
    if (it.share == Ratio())
      return {Sign::Compare, "answers are compared no longer", Risk::None, ""};
    return {Sign::Compare,
            fmt::format("both sides answer {} of the reads, and the answers are compared",
                        print(it.share)),
            Risk::Low, ""};
  }
  static Words row(const plan::Parity& it) {
    return {Sign::Compare, fmt::format("compare the answers to the requests of {}", it.suite),
            Risk::None, ""};
  }
  static Words row(const plan::Freeze& it) {
    return {Sign::Look, fmt::format("the names and fields of {} stay as they are", it.contract),
            Risk::None, ""};
  }
  static Words row(const plan::Capture& it) {
    return {Sign::Wait, fmt::format("what the old side measures is kept as {}", it.baseline),
            Risk::None, ""};
  }

  const plan::Plan& plan_;
  StepId id_;
  const Preflight* live_;
};

Ratio share_of(const plan::RouteReads& reads) {
  return reads.to == plan::Side::Old ? Ratio() : reads.share.value_or(Ratio::percent(100));
}

// What a `where` says is asked of requests, so nobody knows how many it fits.
std::string shares(const plan::Plan& view, const std::vector<StepId>& steps) {
  std::vector<std::string> texts;
  plan::RouteReads shared;
  std::string holds;
  for (const StepId id : steps) {
    if (const auto* reads = std::get_if<plan::RouteReads>(&view.at(id).action)) {
      texts.push_back(print(share_of(*reads)));
      if (reads->share) shared = *reads;
    }
    if (const auto* hold = std::get_if<plan::Hold>(&view.at(id).action))
      holds = fmt::format("; {} each, gate ", plan::print(hold->length));
  }
  if (!holds.empty()) {
    std::vector<std::string> gates;
    for (const StepId id : steps) {
      const auto* hold = std::get_if<plan::Hold>(&view.at(id).action);
      if (hold == nullptr) continue;
      for (const plan::GateId gate : hold->gates) {
        if (std::ranges::find(gates, view.at(gate).name) == gates.end())
          gates.push_back(view.at(gate).name);
      }
    }
    holds += fmt::format("{}", fmt::join(gates, ", "));
  }
  std::vector<std::string> people;
  for (const StepId id : steps) {
    if (const auto* approve = std::get_if<plan::Approve>(&view.at(id).action))
      people.push_back("; approval of " + approve->who);
  }
  const auto fields = hashed_fields(view, shared);
  return fmt::format("reads go to new {} by {}{}{}", fmt::join(texts, ", "),
                     fmt::join(fields, ", "), holds, fmt::join(people, ""));
}

// Shares of the reads, each with the same hold: `ramp` writes them so, and so do strategies.
bool goes_on(const plan::Plan& plan, const std::vector<StepId>& group, StepId id) {
  const plan::Action& action = plan.at(id).action;
  const auto* first = std::get_if<plan::RouteReads>(&plan.at(group.front()).action);
  if (first == nullptr) return false;
  if (const auto* reads = std::get_if<plan::RouteReads>(&action)) {
    // Everything has no field that decides.
    const bool is_alike = !reads->share || reads->by == first->by;
    return reads->to == first->to && reads->where == first->where && is_alike &&
           reads->fallback == first->fallback && reads->stale_ok == first->stale_ok;
  }
  if (std::holds_alternative<plan::Approve>(action)) return true;
  const auto* hold = std::get_if<plan::Hold>(&action);
  if (hold == nullptr || hold->required) return false;
  return std::ranges::all_of(group, [&](StepId one) {
    const auto* other = std::get_if<plan::Hold>(&plan.at(one).action);
    return other == nullptr || (other->length == hold->length && other->gates == hold->gates);
  });
}

bool is_ramp(const plan::Plan& plan, const std::vector<StepId>& group) {
  std::ptrdiff_t shares = 0;
  std::ptrdiff_t holds = 0;
  for (const StepId id : group) {
    shares += std::holds_alternative<plan::RouteReads>(plan.at(id).action) ? 1 : 0;
    holds += std::holds_alternative<plan::Hold>(plan.at(id).action) ? 1 : 0;
  }
  return shares > 1 && holds + 1 >= shares;
}

bool is_behind_marker(const plan::Plan& view, StepId id) {
  const auto marker = point_of_no_return(view);
  return marker && plan::steps_behind(view, *marker)[id.index];
}

}  // namespace

std::optional<ShownNumber> shown_rows(const LiveDataset& dataset) {
  if (!dataset.counted.rows) return std::nullopt;
  if (dataset.counted.is_exact)
    return ShownNumber{*dataset.counted.rows, Certainty::Fact, "count(*)"};
  if (dataset.counted.is_guessed)
    return ShownNumber{*dataset.counted.rows, Certainty::Sample,
                       "reltuples: counting takes too long"};
  return ShownNumber{*dataset.counted.rows, Certainty::Estimate,
                     "max(rowid): counting takes too long"};
}

std::vector<std::vector<StepId>> grouped_steps(const plan::Plan& plan, plan::PhaseId phase) {
  std::vector<std::vector<StepId>> groups;
  for (const StepId id : plan.at(phase).steps) {
    if (!groups.empty() && goes_on(plan, groups.back(), id)) {
      groups.back().push_back(id);
    } else {
      groups.push_back({id});
    }
  }
  std::vector<std::vector<StepId>> lines;
  for (std::vector<StepId>& group : groups) {
    if (is_ramp(plan, group)) {
      lines.push_back(std::move(group));
    } else {
      for (const StepId id : group)
        lines.push_back({id});
    }
  }
  return lines;
}

ShownChange change_of(const plan::Views& views, const plan::Plan& plan,
                      const std::vector<StepId>& steps, const Preflight* live) {
  assert(!steps.empty());
  const StepId first = steps.front();
  const plan::Plan& view = views.of(first);
  const Describer describer(view, first, live);
  const Words words = describer.describe();
  ShownChange change;
  for (const StepId id : steps)
    change.steps.push_back(plan.at(id).name);
  change.verb = std::string(name(plan.at(first).action));
  change.line = plan.at(first).place.line;
  change.sign = words.sign;
  change.what = steps.size() == 1 ? words.what : shares(view, steps);
  change.risk = words.risk;
  change.way_back = words.way_back;
  change.rows = describer.rows();
  change.is_destructive = words.sign == Sign::Delete;
  change.is_point_of_no_return =
      std::holds_alternative<plan::PointOfNoReturn>(plan.at(first).action);
  if (const auto* reads = std::get_if<plan::RouteReads>(&plan.at(first).action)) {
    Ratio before = share_of(plan::route_before<plan::RouteReads>(view, first));
    for (const StepId id : steps) {
      reads = std::get_if<plan::RouteReads>(&plan.at(id).action);
      if (reads == nullptr) continue;
      const Ratio now = share_of(*reads);
      if (now.parts() - before.parts() > Ratio::percent(kWideStep).parts())
        change.risk = Risk::High;
      before = now;
    }
  }
  if (is_behind_marker(view, first) && change.risk != Risk::None) change.risk = Risk::High;
  return change;
}

}  // namespace mig::cli
