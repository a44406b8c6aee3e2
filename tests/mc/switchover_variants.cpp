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

std::vector<Variant> ways_forth() {
  const auto of = [](SwitchDesign design) { return Switchover(std::move(design)); };
  const Plan bare = without(forth(), Guard);
  return {
      safe("S1", "cutover: fence, guard, drain, position, wait, follow back, flip, open", 7136,
           of({.plan = forth()})),
      safe("S2", "the route's lock alone drains, where all writers are routed", 1557,
           of({.plan = without(bare, Drain), .direct_writes = 0})),
      safe("S3", "waiting for routers drains, where they lock no row and all writers are routed",
           1965, of({.plan = bare, .locks_route = false, .direct_writes = 0})),
      safe("S4", "the guard alone drains: it waits for open writes and refuses later ones", 12647,
           of({.plan = without(forth(), Drain), .locks_route = false})),
      safe("S5", "guard and flip are one transaction, unless the log has something newer", 6503,
           of({.plan = guarded_at_flip()})),
      control("S6", "no drain: no lock, no waiting, no guard", 448,
              of({.plan = without(bare, Drain), .locks_route = false, .direct_writes = 0})),
      control("S7", "position and waiting for it before the fence", 1350,
              of({.plan = moved(moved(forth(), Position, Preflight), Wait, Position)})),
      control("S8", "the position alone before the fence", 1477,
              of({.plan = moved(forth(), Position, Preflight)})),
      control("S9", "no waiting for the position", 748, of({.plan = without(forth(), Wait)})),
      control("S10", "no guard, and a writer behind the router's back", 709, of({.plan = bare})),
      control("S11", "the guard comes after the position", 1007,
              of({.plan = moved(forth(), Guard, Position)})),
      control("S12", "the guard comes after the flip", 709,
              of({.plan = moved(forth(), Guard, Flip)})),
      control("S13", "the guard does not wait for open writes", 1063,
              of({.plan = forth(), .guard_waits = false})),
      control("S14", "following back begins after opening", 2078,
              of({.plan = moved(forth(), Follow, Open)})),
      control("S15", "the route opens before the flip", 1813,
              of({.plan = moved(moved(forth(), Unguard, Follow), Open, Unguard)})),
      control("S16", "the new side has no guard before it is opened", 11,
              of({.plan = forth(), .guards_target = false, .direct_side = kNew})),
      safe("S17", "the same with it", 5268, of({.plan = forth(), .direct_side = kNew})),
  };
}

std::vector<Variant> ways_back() {
  const auto of = [](SwitchDesign design) { return Switchover(std::move(design)); };
  const Plan bare = without(without(back(), Guard), Drain);
  return {
      safe("T1", "rollback after the flip: the mirror image", 14684,
           of({.plan = then(forth(), back())})),
      safe("T2", "the same, a writer straight at the new side", 13245,
           of({.plan = then(forth(), back()), .direct_side = kNew})),
      safe("T3", "forth, back and forth again", 22661,
           of({.plan = then(then(forth(), back()), forth())})),
      control("T4", "back without lock, drain and guard", 3203,
              of({.plan = then(forth(), bare), .locks_route = false, .direct_writes = 0})),
      control("T5", "back without waiting for the position", 5967,
              of({.plan = then(forth(), without(back(), Wait))})),
      control("T6", "back with the position before the fence", 7057,
              of({.plan = then(forth(), moved(back(), Position, Preflight))})),
      control("T7", "back without a guard, and a writer straight at the new side", 3539,
              of({.plan = then(forth(), without(back(), Guard)), .direct_side = kNew})),
      control("T8", "back, and the old side's guard stays", 5348,
              of({.plan = then(forth(), without(back(), Unguard))})),
      control("T9", "back, and following forth begins after opening", 7250,
              of({.plan = then(forth(), moved(back(), Follow, Open))})),
  };
}

}  // namespace

std::vector<Variant> switchovers() {
  std::vector<Variant> all = ways_forth();
  for (Variant& variant : ways_back())
    all.push_back(std::move(variant));
  return all;
}

}  // namespace mig::mc
