#include "runtime/sim/effects.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "compiler/plan/overloaded.hpp"

namespace mig::runtime::sim {
namespace {

using plan::Side;
using plan::StepId;
using plan::WriteMode;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr plan::Duration kStatement = milliseconds(40);  // one small transaction
constexpr Key kChunk = 8;

// How fast a store is read and written where no plan says it.
constexpr std::int64_t kPoliteRows = 5'000;
constexpr std::int64_t kFullRows = 50'000;
constexpr std::int64_t kComparedRows = 100'000;

Slice done(std::string text, plan::Duration took = kStatement) {
  return Slice{SliceKind::Done, took, std::move(text)};
}
Slice more(plan::Duration took = kStatement) {
  return Slice{SliceKind::More, took, {}};
}
Slice failed(std::string why) {
  return Slice{SliceKind::Failed, kStatement, std::move(why)};
}

// Whether mig itself reads a changelog of that side under such routes.
bool needs_log(const World& world, const plan::WritesState& writes, Side side) {
  const bool is_read = writes.mirror == WriteMode::Follow || writes.mirror == WriteMode::App;
  if (!is_read || writes.authority == Side::None) return false;
  for (Key key = 0; key < kKeys; ++key) {
    if (world.leader(key, writes) == side) return true;
  }
  return false;
}

std::string count(std::int64_t rows) {
  std::string digits = fmt::format("{}", rows);
  for (std::size_t i = digits.size(); i > 3; i -= 3)
    digits.insert(i - 3, "_");
  return digits + (rows == 1 ? " row" : " rows");
}

}  // namespace

World& Effects::world_of(StepId step) {
  const auto resource = plan_.resource_of(step);
  return worlds_.at(resource ? resource->index : 0);
}

plan::Duration Effects::time_for(std::int64_t rows_per_second) const {
  return script_.rows / plan::RowRate{std::max<std::int64_t>(rows_per_second, 1)};
}

Keys Effects::moved(const World& world, const plan::WritesState& target) {
  if (target.authority == Side::None) return world.is_stopped() ? 0 : kAllKeys;
  Keys keys = 0;
  for (Key key = 0; key < kKeys; ++key) {
    if (world.leader(key, target) != world.leader(key)) keys |= only(key);
  }
  return keys;
}

// Works out what is missing from what is there, so that a crash anywhere only repeats it.
bool Effects::turn(World& world, Work& work, const Target& target) {
  const Keys moves = moved(world, target.writes);
  world.is_moving = moves != 0;
  if (moves != 0) {
    const bool skips_drain = world.mistake() == Mistake::NoDrainBack && target.is_way_back;
    const bool has_fence = world.mistake() != Mistake::NoFence || target.is_way_back;
    if (!skips_drain && !work.has_drained) {
      work.has_drained = true;  // before anybody has to wait, so that the wait is short
      if (world.pending() != 0) {
        world.carry_over(kAllKeys);
        return false;
      }
    }
    if (has_fence && (world.fenced & moves) != moves) {
      world.fenced |= moves;
      return false;
    }
    if (!skips_drain && has_fence && (world.pending() & moves) != 0) {
      world.carry_over(moves);
      return false;
    }
    for (const Side side : {Side::Old, Side::New}) {
      if (!needs_log(world, target.writes, side) || world.at(side).is_logged) continue;
      world.at(side).is_logged = true;
      return false;
    }
    // Nobody reads on from where another side led.
    world.touched &= ~moves;
    world.intents &= ~moves;
    world.set_writes(target.writes, target.route);
    world.fenced = 0;
    return false;
  }
  for (const Side side : {Side::Old, Side::New}) {
    if (!needs_log(world, target.writes, side) || world.at(side).is_logged) continue;
    world.at(side).is_logged = true;
    return false;
  }
  const bool is_said = world.writes() == target.writes && world.writes_route() == target.route;
  if (!is_said || world.fenced != 0) {
    world.set_writes(target.writes, target.route);
    world.fenced = 0;
    return false;
  }
  if (target.writes.authority == Side::None) return true;  // whoever followed goes on later
  for (const Side side : {Side::Old, Side::New}) {
    if (needs_log(world, target.writes, side) || !world.at(side).is_logged) continue;
    world.at(side).is_logged = false;
    for (Key key = 0; key < kKeys; ++key) {
      if (world.leader(key) == side) world.touched &= ~only(key);
    }
  }
  return true;
}

bool Effects::is_about_to_pause(StepId step) const {
  const auto resource = plan_.resource_of(step);
  const World& world = worlds_.at(resource ? resource->index : 0);
  if (world.fenced != 0) return false;
  if (std::holds_alternative<plan::Rehearse>(plan_.at(step).action)) return true;
  if (!std::holds_alternative<plan::RouteWrites>(plan_.at(step).action)) return false;
  const plan::Plan& view = world.view();
  return moved(world, after_writes(view, step, writes_before(view, step))) != 0;
}

Slice Effects::turn_writes(StepId step, Work& work) {
  World& world = world_of(step);
  const auto& route = std::get<plan::RouteWrites>(plan_.at(step).action);
  const Target target{after_writes(world.view(), step, writes_before(world.view(), step)), route};
  if (!turn(world, work, target)) return more();
  return done("writes go to " + print(route));
}

Slice Effects::turn_writes_back(StepId step, Work& work) {
  World& world = world_of(step);
  const auto route = plan::route_before<plan::RouteWrites>(world.view(), step);
  const Target target{writes_before(world.view(), step), route, /*is_way_back=*/true};
  if (!turn(world, work, target)) return more();
  return done(fmt::format("writes go to {} again", print(route)));
}

Slice Effects::rehearse(StepId step, Work& work) {
  World& world = world_of(step);
  const plan::Plan& view = world.view();
  const plan::WritesState now = writes_before(view, step);
  if (!now.reverse) return done("there is nothing to take back");
  const auto route = plan::route_before<plan::RouteWrites>(view, step);
  const Target there{writes_before(view, *now.reverse),
                     plan::route_before<plan::RouteWrites>(view, *now.reverse), true};
  if (work.stage == 0) {
    if (!turn(world, work, there)) return more();
    work.stage = 1;
    work.has_drained = false;
    return more();
  }
  if (!turn(world, work, Target{now, route})) return more();
  return done("the writes went back to the old side, and came over again");
}

// A chunk is read, clients act, and it is written. What changed in between is read again.
Slice Effects::copy(StepId step, const plan::Copy& copy, Work& work) {
  World& world = world_of(step);
  std::int64_t pace = kPoliteRows;
  if (copy.pace.kind == plan::PaceKind::Full) pace = kFullRows;
  // How large rows are nobody says: a limit of their bytes is taken for the speed of a polite copy.
  const plan::Duration whole =
      copy.pace.rate.rows > 0 ? script_.rows / copy.pace.rate : time_for(pace);
  const plan::Duration took = whole * kChunk / kKeys / 2;
  std::uint8_t& cursor = world.cursors.at(step.index);
  SideState& source = world.at(Side::Old);
  SideState& target = world.at(Side::New);
  if (!source.is_there() || !target.is_there()) return failed("a table is not there");
  if (!work.has_read) {
    work.read = source.rows;
    work.has_read = true;
    world.changed = 0;
    return more(took);
  }
  work.has_read = false;
  const Key end = std::min<Key>(cursor + kChunk, kKeys);
  for (Key key = cursor; key < end; ++key) {
    if (world.mistake() == Mistake::CopyOverwrites) {
      target.rows[key] = work.read[key];
      continue;
    }
    const bool has_changed = (world.changed & only(key)) != 0;
    const Version row = has_changed ? source.rows[key] : work.read[key];
    if (row == kNoRow) continue;
    // A row of which only some fields are overwritten goes on to differ in the others.
    const bool is_kept = target.rows[key] != kNoRow &&
                         (copy.on_conflict == plan::OnConflict::Keep ||
                          copy.on_conflict == plan::OnConflict::Merge ||
                          (copy.on_conflict == plan::OnConflict::Newer && target.rows[key] > row));
    if (!is_kept) target.rows[key] = row;
  }
  cursor = static_cast<std::uint8_t>(end);
  if (cursor < kKeys) return more(took);
  return done(fmt::format("{} copied", count(script_.rows.value)), took);
}

Slice Effects::verify(StepId step, const plan::Verify& verify, Work& work) {
  World& world = world_of(step);
  const plan::Duration took = time_for(kComparedRows) / (kKeys / kChunk);
  // What is still on its way is no difference.
  if (!world.carry_over(kAllKeys)) return failed("a table is not there");
  const Keys chunk = ((Keys{1} << kChunk) - 1) << (work.stage * kChunk);
  const Keys different = world.different() & chunk;
  work.found += static_cast<std::uint32_t>(std::popcount(different));
  world.found_different += static_cast<std::uint32_t>(std::popcount(different));
  for (Key key = 0; key < kKeys && verify.repair && !verify.sample; ++key) {
    if ((different & only(key)) == 0) continue;
    const Side leads = world.leader(key);
    world.at(leads == Side::New ? Side::Old : Side::New).rows[key] = world.at(leads).rows[key];
  }
  if (++work.stage < kKeys / kChunk) return more(took);
  const std::int64_t rows = script_.rows.value * work.found / static_cast<std::int64_t>(kKeys);
  std::string text = fmt::format("{} compared, ", count(script_.rows.value));
  text += work.found == 0
              ? "all equal"
              : fmt::format("{} {}", count(rows), verify.repair ? "repaired" : "differ");
  return done(std::move(text), took);
}

Slice Effects::forward(StepId step, Work& work) {
  const auto every = [&](auto&& change) {
    for (World& world : worlds_)
      change(world);
  };
  const plan::Duration swept = time_for(kFullRows);
  return std::visit(
      plan::Overloaded{
          [&](const plan::Create& it) {
            every([&](World& world) { world.create(it.datasets); });
            return done("created", 3 * kStatement);
          },
          [&](const plan::AddField&) { return done("added"); },
          [&](const plan::AddIndex&) { return done("built", swept); },
          [&](const plan::DropField&) { return done("dropped"); },
          [&](const plan::Drop& it) {
            // Somebody looks for so long whether anybody still asks.
            const plan::Duration idle = it.after_idle.value_or(plan::Duration::zero());
            if (work.stage++ == 0 && idle > plan::Duration::zero()) return more(idle);
            every([&](World& world) { world.drop(it.datasets); });
            return done("dropped");
          },
          [&](const plan::Purge& it) {
            every([&](World& world) { world.purge(it.datasets); });
            return done("emptied");
          },
          [&](const plan::Backup&) {
            if (work.stage++ == 0) return more(swept);
            return done("backed up, and read back");
          },
          [](const plan::Sql&) { return done("executed", seconds(1)); },
          [&](const plan::Copy& it) { return copy(step, it, work); },
          [&](const plan::Verify& it) { return verify(step, it, work); },
          [&](const plan::RouteWrites&) { return turn_writes(step, work); },
          [&](const plan::RouteReads& it) {
            World& world = world_of(step);
            world.set_reads(it);
            return done("reads go to " + print(world.view(), it));
          },
          [](const plan::Hold&) { return done("held"); },
          [](const plan::Approve&) { return done("approved"); },
          [](const plan::Accept& it) { return done("accepted: " + it.reason, {}); },
          [](const plan::PointOfNoReturn& it) { return done("no way back: " + it.reason, {}); },
          [&](const plan::Rehearse&) { return rehearse(step, work); },
          [](const plan::Leave& it) { return done("left as it is: " + it.reason); },
          [&](const plan::Shadow& it) {
            world_of(step).shadow = it.share;
            return done(it.share == plan::Ratio{}
                            ? std::string("answers are not compared any more")
                            : fmt::format("{} of the reads are asked of both sides, and compared",
                                          print(it.share)));
          },
          [&](const plan::Parity&) {
            if (work.stage++ == 0) return more(seconds(30));
            return done("every recorded request is answered alike");
          },
          [](const plan::Freeze&) { return done("the contract may not change now"); },
          [](const plan::Capture& it) { return done("captured " + it.baseline, seconds(1)); },
      },
      plan_.at(step).action);
}

Slice Effects::back(StepId step, Work& work) {
  const plan::Action& action = plan_.at(step).action;
  if (const auto* create = std::get_if<plan::Create>(&action)) {
    for (World& world : worlds_)
      world.drop(create->datasets);
    return done("dropped again");
  }
  if (std::holds_alternative<plan::RouteWrites>(action)) return turn_writes_back(step, work);
  if (std::holds_alternative<plan::RouteReads>(action)) {
    World& world = world_of(step);
    const auto before = plan::route_before<plan::RouteReads>(world.view(), step);
    world.set_reads(before);
    return done(fmt::format("reads go to {} again", print(world.view(), before)));
  }
  if (std::holds_alternative<plan::Shadow>(action)) {
    World& world = world_of(step);
    world.shadow = plan::shadow_before(plan_, plan_.at(step).phase, step).share;
    return done("answers are compared as before");
  }
  if (std::holds_alternative<plan::Copy>(action)) {
    world_of(step).cursors.at(step.index) = 0;
    return done("nothing to undo: the rows stay where they are");
  }
  const bool has_inverse = undo_of(plan_, plan_.at(step)) == plan::UndoKind::Inverse;
  return done(has_inverse ? "undone" : "nothing to undo");
}

}  // namespace mig::runtime::sim
