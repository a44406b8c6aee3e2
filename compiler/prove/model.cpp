#include "compiler/prove/model.hpp"

#include <algorithm>
#include <cassert>

#include "compiler/facts.hpp"
#include "compiler/plan/overloaded.hpp"

namespace mig::compiler::prove {
namespace {

using plan::Side;
using plan::StepId;

constexpr std::uint32_t kOldTable = 1;

// What the route of that kind was before a step, as a position counted from 1.
template <class Route>
std::uint16_t before(const plan::Plan& plan, StepId step) {
  for (std::uint32_t i = step.index; i > 0; --i) {
    if (std::holds_alternative<Route>(plan.steps[i - 1].action))
      return static_cast<std::uint16_t>(i);
  }
  return 0;
}

std::uint16_t position(StepId step) {
  return static_cast<std::uint16_t>(step.index + 1);
}

// Whoever writes `reads old` means it.
bool is_narrower(const plan::RouteReads& reads, plan::Ratio before) {
  return reads.to == Side::New && widest_share(reads) < before;
}

plan::Ratio share_of(const plan::RouteReads* reads) {
  return reads == nullptr ? plan::Ratio{} : widest_share(*reads);
}

Crossing crossing_of(const plan::Plan& plan, const plan::RouteWrites& writes) {
  if (plan.are_services()) return Crossing::None;
  const auto& fields = plan.entity_of(plan.from).fields;
  const bool is_by_key =
      std::ranges::all_of(writes.by, [&](std::uint32_t field) { return fields.at(field).key; });
  if (writes.share && !is_by_key) return Crossing::OfClients;
  if (writes.share && plan.via &&
      std::ranges::any_of(plan.at(*plan.via).emits, &plan::Emit::shared))
    return Crossing::OfParts;
  const auto hands_out = [&](plan::DatasetId dataset) {
    return std::ranges::any_of(plan.entity_of(dataset).fields, &plan::Field::generated);
  };
  const bool both_insert = writes.share || writes.mirror == plan::WriteMode::App;
  const bool hand_out = hands_out(plan.from) && std::ranges::any_of(plan.to, hands_out);
  return both_insert && hand_out ? Crossing::OfKeys : Crossing::None;
}

}  // namespace

Model::Model(const plan::Plan& plan, Fault fault, std::optional<plan::StepId> during)
    : plan_(plan), fault_(fault), during_(during) {
  are_services_ = plan.are_services();
  is_refillable_ = is_refilled(plan);
  if (!are_services_) {
    for (const plan::DatasetId dataset : plan.to)
      new_tables_ |= bit(dataset);
    is_in_parts_ = std::ranges::any_of(plan.to, [&](plan::DatasetId dataset) {
      return plan.at(dataset).store != plan.at(plan.to.front()).store;
    });
  }
  count_shares();
  plan::WritesState state;
  const plan::RouteReads* reads = nullptr;
  writes_.push_back(state);
  crossings_.push_back(Crossing::None);
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const plan::Action& action = plan.steps[i].action;
    if (std::holds_alternative<plan::RouteWrites>(action))
      state = plan::after_writes(plan, StepId{i}, state);
    const auto* writes = std::get_if<plan::RouteWrites>(&action);
    writes_.push_back(state);
    crossings_.push_back(writes == nullptr ? crossings_.back() : crossing_of(plan, *writes));
    const auto* next = std::get_if<plan::RouteReads>(&action);
    if (next == nullptr) continue;
    narrows_ = narrows_ || is_narrower(*next, share_of(reads));
    reads = next;
  }
}

void Model::count_shares() {
  for (const plan::Step& step : plan_.steps) {
    const auto* writes = std::get_if<plan::RouteWrites>(&step.action);
    if (writes != nullptr && writes->share) shares_.push_back(*writes->share);
  }
  shares_.push_back(plan::Ratio::percent(100));
  std::ranges::sort(shares_);
  shares_.erase(std::unique(shares_.begin(), shares_.end()), shares_.end());
}

plan::Side Model::authority(const World& world) const {
  const plan::WritesState& now = writes(world);
  if (!now.share) return now.authority;
  return *now.share < shares_.at(world.bucket) ? Side::Old : Side::New;
}

std::uint32_t Model::bit(plan::DatasetId dataset) const {
  if (dataset == plan_.from) return kOldTable;
  const auto found = std::ranges::find(plan_.to, dataset);
  return found == plan_.to.end() ? 0 : 2U << (found - plan_.to.begin());
}

std::uint32_t Model::bits(const std::vector<plan::DatasetId>& datasets) const {
  std::uint32_t all = 0;
  for (const plan::DatasetId dataset : datasets)
    all |= bit(dataset);
  return all;
}

std::vector<World> Model::starts() const {
  std::vector<World> worlds(shares_.size(), first());
  std::uint16_t bucket = 0;
  for (World& world : worlds)
    world.bucket = bucket++;
  return worlds;
}

World Model::first() const {
  World world;
  world.tables = kOldTable | new_tables_;
  for (const plan::Step& step : plan_.steps) {
    if (const auto* create = std::get_if<plan::Create>(&step.action))
      world.tables &= ~bits(create->datasets);
  }
  // What services hold is their own affair.
  world.uncopied = !are_services_ && !is_refillable_;
  world.leftover = are_services_ ? 0 : world.tables & new_tables_;
  world.holds_row = world.leftover != 0;
  world.defect = fault_ == Fault::NewSideIsWrong || fault_ == Fault::WrongOnceLeading ||
                 fault_ == Fault::WrongUnseen;
  return world;
}

const plan::RouteReads* Model::reads(const World& world) const {
  if (world.reads == 0) return nullptr;
  return &std::get<plan::RouteReads>(plan_.steps[world.reads - 1U].action);
}

// Without a router the application moves as a whole: it reads where it writes.
bool Model::reads_new(const World& world) const {
  if (!plan_.through) return leader(world) == Side::New;
  // One hash decides both; a row whose writes have moved is read where it is written.
  if (writes(world).share && authority(world) == Side::New) return true;
  const auto* now = reads(world);
  return now != nullptr && now->to == Side::New;
}

bool Model::reads_old(const World& world) const {
  if (!plan_.through) return leader(world) == Side::Old;
  if (writes(world).share && authority(world) == Side::New) return false;
  const auto* now = reads(world);
  return now == nullptr || now->to != Side::New || now->share || !now->where.empty();
}

std::optional<plan::Duration> Model::lag(const World& world) const {
  const plan::WritesState& now = writes(world);
  if (now.mirror != plan::WriteMode::Follow) return std::nullopt;
  const auto& route = std::get<plan::RouteWrites>(plan_.steps[world.writes - 1U].action);
  return route.max_lag.value_or(plan::Duration::zero());
}

bool Model::is_there(const World& world, Side side) const {
  const std::uint32_t wanted = side == Side::Old ? kOldTable : new_tables_;
  return (world.tables & wanted) == wanted;
}

// Whom a comparison believes: where nobody takes writes, whoever took them last.
Side Model::leader(const World& world) const {
  const plan::WritesState& now = writes(world);
  if (now.authority != Side::None) return authority(world);
  return now.reverse ? Side::New : Side::Old;
}

bool Model::takes_time(StepId step) const {
  return std::holds_alternative<plan::Copy>(plan_.at(step).action);
}

void Model::begin(World& world, StepId step) const {
  assert(takes_time(step));
  world.copying = true;
  world.gap = false;
  world.overwritten = false;
}

void Model::finish(World& world, StepId step) const {
  std::visit(plan::Overloaded{
                 [&](const plan::Create& create) {
                   world.tables |= bits(create.datasets);
                   empty(world, bits(create.datasets));
                 },
                 [&](const plan::Purge& purge) { empty(world, bits(purge.datasets)); },
                 [&](const plan::Drop& drop) { take_away(world, bits(drop.datasets)); },
                 [&](const plan::Copy& copy) { end_copy(world, copy); },
                 [&](const plan::Verify& asked) { verify(world, asked); },
                 [&](const plan::RouteWrites&) { turn_writes(world, position(step)); },
                 [&](const plan::RouteReads&) { turn_reads(world, step); },
                 [&](const plan::Hold& asked) { hold(world, asked); },
                 // What the application has in these it does not have because of mig, or not for
                 // one row rather than another.
                 [](const plan::AddField&) {},
                 [](const plan::AddIndex&) {},
                 [](const plan::DropField&) {},
                 [&](const plan::Backup& it) {
                   world.backed_up = world.backed_up || (bits(it.datasets) & kOldTable) != 0;
                 },
                 [](const plan::Sql&) {},
                 [](const plan::Approve&) {},
                 [](const plan::Accept&) {},
                 [](const plan::PointOfNoReturn&) {},
                 [](const plan::Rehearse&) {},  // it ends where it began
                 [](const plan::Leave&) {},
                 [](const plan::Shadow&) {},  // whoever answered before is served
                 [](const plan::Parity&) {},
                 [](const plan::Freeze&) {},
                 [](const plan::Capture&) {},
             },
             plan_.at(step).action);
}

void Model::take_away(World& world, std::uint32_t tables) const {
  world.tables &= ~tables;
  if ((tables & new_tables_) != 0) empty(world, tables);
}

void Model::empty(World& world, std::uint32_t tables) const {
  if ((tables & new_tables_) == 0) return;
  world.leftover &= ~tables;
  world.uncopied = !is_refillable_;
  world.holds_row = false;
  world.new_side = {};
}

void Model::end_copy(World& world, const plan::Copy& copy) const {
  const bool keeps = copy.on_conflict == plan::OnConflict::Keep;
  // Of a row that is there some fields stay what they are.
  const bool leaves = keeps || copy.on_conflict == plan::OnConflict::Merge;
  const bool stays_lost = leaves && world.holds_row && world.new_side.lost;
  // What the old side misses may be that a row is gone.
  const bool is_older = world.old_side.lost || world.old_side.late;
  const bool brings_older = is_older && (!keeps || authority(world) == Side::New);
  world.new_side.lost = stays_lost || brings_older || world.gap || world.overwritten || world.half;
  world.half = false;
  world.uncopied = false;
  world.holds_row = true;
  world.copying = false;
  world.gap = false;
  world.overwritten = false;
}

bool Model::differs(const World& world) const {
  if (fault_ == Fault::ComparisonErrs) return false;
  // Of rows that were there before the plan nobody knows before somebody has looked.
  const bool is_known_uncopied = world.uncopied && world.leftover == 0;
  return world.new_side.lost || world.old_side.lost || is_known_uncopied;
}

void Model::verify(World& world, const plan::Verify& verify) const {
  if (verify.sample || !verify.repair || fault_ == Fault::ComparisonErrs) return;
  if (leader(world) == Side::New) {
    world.old_side.lost = false;
    return;
  }
  world.new_side.lost = false;
  world.uncopied = false;
  world.holds_row = true;
  world.leftover = 0;
}

void Model::turn_writes(World& world, std::uint16_t to) const {
  const Side led = leader(world);
  world.writes = to;
  const plan::WritesState& now = writes(world);
  const bool moves = leader(world) != led;
  // Whoever moves the authority, or stops the writes, has carried over what was left.
  if (moves || now.authority == Side::None) {
    world.catch_up();
  }
  if (moves) world.watched = false;
  if (now.mirror || now.authority == Side::None) return;
  world.forget();
}

void Model::turn_reads(World& world, StepId step) const {
  const plan::Ratio share_before = share_of(reads(world));
  world.reads = position(step);
  world.watched = false;
  if (is_narrower(*reads(world), share_before)) world.sent_back = world.seen_new;
}

bool Model::sees_clients(const plan::Hold& hold, plan::GateId gate) const {
  if (fault_ == Fault::WrongUnseen || !watches_traffic(plan_, gate)) return false;
  return fault_ != Fault::WrongOnceLeading || !hold.required;
}

void Model::hold(World& world, const plan::Hold& hold) const {
  for (const plan::GateId gate : hold.gates) {
    if (compares_sides(plan_, gate)) {
      // What nobody knew is known now.
      world.uncopied = false;
      world.leftover = 0;
    }
    if (sees_clients(hold, gate)) world.watched = true;
  }
}

bool Model::may_pass(const World& world, StepId step) const {
  const auto* hold = std::get_if<plan::Hold>(&plan_.at(step).action);
  if (hold == nullptr) return true;
  const bool leads = authority(world) == Side::New;
  const bool is_seen = leads || (reads_new(world) && fault_ != Fault::WrongOnceLeading);
  return std::ranges::none_of(hold->gates, [&](plan::GateId gate) {
    const bool finds_difference = compares_sides(plan_, gate) && differs(world);
    return finds_difference || (sees_clients(*hold, gate) && world.defect && is_seen);
  });
}

bool Model::is_refusable(StepId step) const {
  const plan::Action& action = plan_.at(step).action;
  const auto* hold = std::get_if<plan::Hold>(&action);
  return std::holds_alternative<plan::Approve>(action) || (hold != nullptr && !hold->gates.empty());
}

void Model::undo(World& world, StepId step) const {
  const plan::Action& action = plan_.at(step).action;
  if (const auto* create = std::get_if<plan::Create>(&action)) {
    take_away(world, bits(create->datasets));
  } else if (std::holds_alternative<plan::RouteWrites>(action)) {
    turn_writes(world, before<plan::RouteWrites>(plan_, step));
  } else if (std::holds_alternative<plan::RouteReads>(action)) {
    world.reads = before<plan::RouteReads>(plan_, step);
    world.watched = false;
  } else if (takes_time(step)) {
    world.copying = false;
    world.gap = false;
    world.overwritten = false;
    world.half = false;
  }
}

bool Model::finish_wrong(World& world, StepId step) const {
  if (fault_ != Fault::CopyErrs || !takes_time(step)) return false;
  finish(world, step);
  world.new_side.lost = true;
  return true;
}

bool Model::is_used(const World& world, std::uint32_t tables) const {
  const plan::WritesState& now = writes(world);
  const bool uses_old = reads_old(world) || now.authority == Side::Old || now.mirror.has_value();
  const bool uses_new = reads_new(world) || now.authority == Side::New || now.mirror.has_value();
  return ((tables & kOldTable) != 0 && uses_old) || ((tables & new_tables_) != 0 && uses_new);
}

std::optional<Harm> Model::harm_of(const World& world, StepId step) const {
  const plan::Action& action = plan_.at(step).action;
  const auto* index = std::get_if<plan::AddIndex>(&action);
  const bool narrows =
      std::holds_alternative<plan::DropField>(action) || (index != nullptr && index->unique);
  const bool drops = std::holds_alternative<plan::Drop>(action);
  if (!narrows && !drops && !std::holds_alternative<plan::Purge>(action)) return std::nullopt;
  const std::uint32_t tables = bits(plan::datasets_of(action));
  if (is_used(world, tables)) return narrows ? Harm::Narrowed : Harm::TakenInUse;
  if (!drops || (tables & kOldTable) == 0 || !world.defect) return std::nullopt;
  const bool is_covered = fault_ == Fault::WrongUnseen ? world.backed_up : world.watched;
  return is_covered ? std::nullopt : std::optional(Harm::NothingToGoTo);
}

}  // namespace mig::compiler::prove
