#include "compiler/prove/application.hpp"

namespace mig::compiler::prove {
namespace {

using plan::Side;
using plan::WriteMode;

bool is_too_late(const Model& model, const World& world) {
  const auto* reads = model.reads(world);
  const plan::Duration allowed = reads == nullptr ? plan::Duration::zero() : reads->stale_ok;
  const auto lag = model.lag(world);
  return !lag || allowed < *lag;
}

}  // namespace

bool may_write(const Model& model, const World& world) {
  return model.authority(world) != Side::None;
}

std::optional<Harm> write(const Model& model, World& world) {
  const plan::WritesState& writes = model.writes(world);
  const Side authority = model.authority(world);
  const bool leads_old = authority == Side::Old;
  const Side other = leads_old ? Side::New : Side::Old;
  if (!model.is_there(world, authority)) return Harm::WriteToNothing;
  if (writes.mirror && !model.is_there(world, other)) return Harm::WriteToNothing;
  SideWorld& behind = leads_old ? world.new_side : world.old_side;
  (leads_old ? world.old_side : world.new_side) = {};
  if (!leads_old) world.holds_row = true;
  if (writes.mirror == WriteMode::Follow) {
    behind.late = true;
  } else if (writes.mirror) {
    behind = {};
    world.holds_row = true;
  } else {
    const bool only_misses = leads_old && model.is_refillable() && !world.holds_row;
    behind.lost = behind.lost || (!only_misses && !model.are_services());
    world.gap = world.gap || (leads_old && world.copying);
  }
  if (!leads_old && writes.mirror && model.fault() == Fault::InverseIsPartial)
    behind = {.lost = true};
  if (writes.mirror == WriteMode::Sync) world.sent = model.fault() == Fault::AnswerIsLost;
  // A copy at work has read the row as it was on the old side, and puts it where it is changed.
  if (world.copying && !leads_old) world.overwritten = true;
  return std::nullopt;
}

void cross(const Model& model, World& world) {
  world.holds_row = true;
  // The key that the authority hands out is the one that clients are told.
  const bool is_of_keys = model.crossing(world) == Crossing::OfKeys;
  if (!is_of_keys || model.authority(world) == Side::New) world.old_side.lost = true;
  if (!is_of_keys || model.authority(world) == Side::Old) world.new_side.lost = true;
}

std::optional<Harm> read_old(const Model& model, World& world) {
  if (!model.is_there(world, Side::Old)) return Harm::ReadOfNothing;
  if (world.old_side.lost) return Harm::ReadMisses;
  if (world.old_side.late && is_too_late(model, world)) return Harm::ReadLate;
  if (world.sent_back) return Harm::MovedBack;
  return std::nullopt;
}

std::optional<Harm> read_new(const Model& model, World& world) {
  if (!model.is_there(world, Side::New)) return Harm::ReadOfNothing;
  if (world.leftover != 0) return Harm::ReadLeftover;
  if (world.uncopied && !model.is_refillable()) return Harm::ReadUncopied;
  if (world.new_side.lost) return Harm::ReadMisses;
  if (world.new_side.late && is_too_late(model, world)) return Harm::ReadLate;
  if (world.defect && !world.watched && !model.reads_old(world)) return Harm::EverybodyHit;
  if (model.is_refillable()) world.holds_row = true;  // a miss is filled from the authority
  if (model.narrows()) world.seen_new = true;
  return std::nullopt;
}

}  // namespace mig::compiler::prove
