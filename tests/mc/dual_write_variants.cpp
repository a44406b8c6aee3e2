// The dual-write family: what a copy and its writers may do about each other.
#include "tests/mc/dual_write.hpp"
#include "tests/mc/variant.hpp"

namespace mig::mc {
namespace {

using enum Op;
using Programs = std::array<std::vector<Op>, 2>;

const Programs kShort = {{{Put, Delete}, {Put}}};
const Programs kLong = {{{Put, Delete, Put}, {Delete}}};

Protocol dual(Rule rule, const Programs& programs = kShort) {
  return {.rule = rule, .programs = programs};
}

Protocol followed(Rule rule, const Programs& programs = kLong) {
  return {.rule = rule, .has_changelog = true, .writes_both = false, .programs = programs};
}

// The protocol with one thing set otherwise.
template <class Member, class Setting>
Protocol with(Protocol protocol, Member member, const Setting& setting) {
  protocol.*member = static_cast<std::remove_cvref_t<decltype(protocol.*member)>>(setting);
  return protocol;
}
template <class Member, class Setting, class... More>
Protocol with(Protocol protocol, Member member, const Setting& setting, const More&... more) {
  return with(with(std::move(protocol), member, setting), more...);
}

using P = Protocol;

std::vector<Variant> conditional_writes() {
  const Protocol keeps = dual(Rule::CopyKeeps);
  const Protocol newer = dual(Rule::NewerWins);
  const Protocol tombs = dual(Rule::Tombstones);
  const Protocol longer = dual(Rule::Tombstones, kLong);
  const Programs alone = {{{Put, Delete}, {}}};
  const Programs deletes = {{{Delete}, {}}};
  return {
      control("A1", "both sides: everything overwrites", 1477, DualWrite(dual(Rule::Overwrite))),
      control("A2", "both sides: the copy keeps, clients overwrite", 1358, DualWrite(keeps)),
      control("A2b", "the same, one client, nothing sent again", 43,
              DualWrite(with(keeps, &P::repeats, 0, &P::programs, alone))),
      control("A3", "the newer version wins, deletes leave nothing", 1194, DualWrite(newer)),
      control("A3b", "the same, one client, nothing sent again", 19,
              DualWrite(with(newer, &P::repeats, 0, &P::programs, deletes))),
      safe("A4", "the newer version wins, tombstones, versions from the commit", 1421,
           DualWrite(tombs)),
      safe("A4b", "the same, 3 operations beside 1, 2 sent again", 5559,
           DualWrite(with(longer, &P::repeats, 2))),
      safe("A4c", "the same, the copy passes twice", 5459, DualWrite(with(longer, &P::passes, 2))),
      control("A5", "tombstones, collected at any time", 1544,
              DualWrite(with(tombs, &P::collection, Collection::Anytime))),
      safe("A6", "tombstones, collected behind a barrier", 5562,
           DualWrite(with(longer, &P::collection, Collection::BehindBarrier, &P::repeats, 2))),
      control("A7", "tombstones, versions counted in the row", 2153,
              DualWrite(with(longer, &P::stamp, Stamp::PerRow))),
      control("A8", "tombstones, versions taken before the commit", 3099,
              DualWrite(with(tombs, &P::stamp, Stamp::BeforeCommit))),
      control("A9", "tombstones, versions from clocks that differ", 3047,
              DualWrite(with(tombs, &P::stamp, Stamp::SkewedClock))),
      control("A10", "A4, the proxy dies, no changelog", 1778,
              DualWrite(with(tombs, &P::crashes, 1))),
      safe("A11", "A4, the proxy dies, changelog in the source's transaction", 26137,
           DualWrite(with(longer, &P::crashes, 1, &P::has_changelog, true))),
  };
}

std::vector<Variant> changelogs() {
  const Protocol keeps = followed(Rule::CopyKeeps);
  const Protocol overwrites = followed(Rule::Overwrite);
  const Protocol marks = with(overwrites, &P::copying, Copying::Watermarks, &P::passes, 2);
  const Protocol both =
      with(dual(Rule::Overwrite), &P::has_changelog, true, &P::copying, Copying::Watermarks);
  return {
      safe("A12", "changelog alone, tombstones, plain copy", 591,
           DualWrite(followed(Rule::Tombstones))),
      control("A13", "changelog alone, everything overwrites", 377,
              DualWrite(followed(Rule::Overwrite, kShort))),
      safe("A14", "changelog alone, the copy keeps and holds the source's row", 304,
           DualWrite(with(keeps, &P::copying, Copying::UnderRowLock, &P::passes, 2))),
      control("A15", "the same without holding the row", 335,
              DualWrite(followed(Rule::CopyKeeps, kShort))),
      safe("A16", "changelog alone, watermarks, everything overwrites", 3012, DualWrite(marks)),
      control("A17", "watermarks, both sides written without versions", 25947, DualWrite(both)),
      safe("A18", "watermarks, both sides written with versions, tombstones, the proxy dies", 30449,
           DualWrite(with(both, &P::rule, Rule::Tombstones, &P::crashes, 1))),
  };
}

std::vector<Variant> repairs() {
  const Protocol dies = with(dual(Rule::Tombstones), &P::crashes, 1);
  const Protocol locked = with(followed(Rule::CopyKeeps), &P::copying, Copying::UnderRowLock);
  const Protocol marks = with(followed(Rule::Overwrite), &P::copying, Copying::Watermarks);
  return {
      safe("B1", "A10 repaired: read again, written by version", 18338,
           DualWrite(with(dies, &P::repair, Repair::Versioned, &P::programs, kLong))),
      control("B2", "A10 repaired: read again, written over what is there", 6674,
              DualWrite(with(dies, &P::repair, Repair::Unconditional))),
      safe("B3", "A12, the follower starts again earlier", 2881,
           DualWrite(with(followed(Rule::Tombstones), &P::rewinds, 2))),
      safe("B4", "A14, the follower starts again earlier", 680,
           DualWrite(with(locked, &P::passes, 2, &P::rewinds, 1))),
      safe("B5", "A16, the follower starts again earlier", 8676,
           DualWrite(with(marks, &P::passes, 2, &P::rewinds, 1))),
      safe("B6", "A11 with two passes, repeats, a new start and collected tombstones", 54131,
           DualWrite(with(dies, &P::has_changelog, true, &P::rewinds, 1, &P::passes, 2,
                          &P::collection, Collection::BehindBarrier))),
  };
}

std::vector<Variant> copies_of_version_zero() {
  const Protocol dies = with(dual(Rule::CopyIsOldest), &P::crashes, 1);
  return {
      safe("G1", "the copy writes where is neither row nor tombstone; changelog", 1868,
           DualWrite(with(followed(Rule::CopyIsOldest), &P::passes, 2))),
      safe("G2", "the same, both sides written by version, the proxy dies", 23533,
           DualWrite(with(dies, &P::has_changelog, true, &P::passes, 2))),
      control("G3", "the same without the changelog", 1786, DualWrite(dies)),
  };
}

}  // namespace

std::vector<Variant> dual_writes() {
  std::vector<Variant> all;
  for (auto* part : {conditional_writes, changelogs, repairs, copies_of_version_zero}) {
    for (Variant& variant : part()) {
      all.push_back(std::move(variant));
    }
  }
  return all;
}

}  // namespace mig::mc
