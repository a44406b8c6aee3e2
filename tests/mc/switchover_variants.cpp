// Plans of a cutover: the one that is proposed, what else holds, and each guard left out once.
#include <algorithm>

#include "tests/mc/switchover.hpp"
#include "tests/mc/variant.hpp"

namespace mig::mc {
namespace {

using enum Act::Kind;
using Plan = std::vector<Act>;

// From the side that leads to the other one. Back is the same from the other side.
Plan cutover(Number from, Number to) {
  return {{Preflight, from}, {Fence, from}, {Guard, from}, {Drain, from}, {Position, from},
          {Wait, from},      {Follow, to},  {Flip, to},    {Unguard, to}, {Open, to}};
}

Plan forth() {
  return cutover(kOld, kNew);
}
Plan back() {
  return cutover(kNew, kOld);
}

Plan then(Plan plan, const Plan& more) {
  plan.insert(plan.end(), more.begin(), more.end());
  return plan;
}

Plan without(Plan plan, Act::Kind kind) {
  std::erase_if(plan, [&](const Act& act) { return act.kind == kind; });
  return plan;
}

// With one step at another place, right behind the first of kind `before`.
Plan moved(Plan plan, Act::Kind kind, Act::Kind before) {
  const auto at = std::ranges::find(plan, kind, &Act::kind);
  const Act act = *at;
  plan.erase(at);
  plan.insert(std::next(std::ranges::find(plan, before, &Act::kind)), act);
  return plan;
}

Plan guarded_at_flip() {
  Plan plan = without(forth(), Guard);
  std::ranges::find(plan, Flip, &Act::kind)->kind = GuardAndFlip;
  return plan;
}

// Nothing refuses a writer behind the router's back once the new side leads.
Plan unguarded_after_flip() {
  Plan plan = guarded_at_flip();
  const auto flip = std::ranges::find(plan, GuardAndFlip, &Act::kind);
  plan.insert(std::next(flip), {Unguard, kOld});
  return plan;
}

std::vector<Variant> ways_forth() {
  const auto of = [](SwitchDesign design) { return Switchover(std::move(design)); };
  const Plan bare = without(forth(), Guard);
  return {
      safe("S1", "cutover: fence, guard, drain, position, wait, follow back, flip, open", 89708,
           of({.plan = forth()})),
      safe("S2", "the route's lock alone drains, where all writers are routed", 5923,
           of({.plan = without(bare, Drain), .direct_writes = 0})),
      safe("S3", "waiting for routers drains, where they lock no row and all writers are routed",
           7989, of({.plan = bare, .locks_route = false, .direct_writes = 0})),
      safe("S4", "the guard alone drains: it waits for open writes and refuses later ones", 129363,
           of({.plan = without(forth(), Drain), .locks_route = false})),
      safe("S5", "guard and flip are one transaction, unless the log has something newer", 86642,
           of({.plan = guarded_at_flip()})),
      control("S6", "no drain: no lock, no waiting, no guard", 655,
              of({.plan = without(bare, Drain), .locks_route = false, .direct_writes = 0})),
      control("S7", "position and waiting for it before the fence", 2431,
              of({.plan = moved(moved(forth(), Position, Preflight), Wait, Position)})),
      control("S8", "the position alone before the fence", 3262,
              of({.plan = moved(forth(), Position, Preflight)})),
      control("S9", "no waiting for the position", 1634, of({.plan = without(forth(), Wait)})),
      control("S10", "no guard, and a writer behind the router's back", 1491, of({.plan = bare})),
      control("S11", "the guard comes after the position", 2482,
              of({.plan = moved(forth(), Guard, Position)})),
      control("S12", "the guard comes after the flip", 1491,
              of({.plan = moved(forth(), Guard, Flip)})),
      control("S13", "the guard does not wait for open writes", 2774,
              of({.plan = forth(), .guard_waits = false})),
      control("S14", "following back begins after opening", 8755,
              of({.plan = moved(forth(), Follow, Open)})),
      control("S15", "the route opens before the flip", 6530,
              of({.plan = moved(moved(forth(), Unguard, Follow), Open, Unguard)})),
      control("S16", "the new side has no guard before it is opened", 11,
              of({.plan = forth(), .guards_target = false, .direct_side = kNew})),
      safe("S17", "the same with it", 55920, of({.plan = forth(), .direct_side = kNew})),
      control("S18", "S5, the old side's guard does not stay", 2605,
              of({.plan = unguarded_after_flip()})),
      control("S19", "another runner gave the cutover up, and the first goes on with it", 4720,
              of({.plan = forth(), .checks_epoch = false})),
  };
}

std::vector<Variant> ways_back() {
  const auto of = [](SwitchDesign design) { return Switchover(std::move(design)); };
  const Plan bare = without(without(back(), Guard), Drain);
  return {
      safe("T1", "rollback after the flip: the mirror image", 268586,
           of({.plan = then(forth(), back())})),
      safe("T2", "the same, a writer straight at the new side", 258875,
           of({.plan = then(forth(), back()), .direct_side = kNew})),
      safe("T3", "forth, back and forth again", 578555,
           of({.plan = then(then(forth(), back()), forth())})),
      control("T4", "back without lock, drain and guard", 9959,
              of({.plan = then(forth(), bare), .locks_route = false, .direct_writes = 0})),
      control("T5", "back without waiting for the position", 47466,
              of({.plan = then(forth(), without(back(), Wait))})),
      control("T6", "back with the position before the fence", 55174,
              of({.plan = then(forth(), moved(back(), Position, Preflight))})),
      control("T7", "back without a guard, and a writer straight at the new side", 15639,
              of({.plan = then(forth(), without(back(), Guard)), .direct_side = kNew})),
      control("T8", "back, and the old side's guard stays", 40432,
              of({.plan = then(forth(), without(back(), Unguard))})),
      control("T9", "back, and following forth begins after opening", 61865,
              of({.plan = then(forth(), moved(back(), Follow, Open))})),
  };
}

}  // namespace

std::vector<Variant> switchovers() {
  std::vector<Variant> all = ways_forth();
  for (Variant& variant : ways_back()) {
    all.push_back(std::move(variant));
  }
  return all;
}

}  // namespace mig::mc
