#include "runtime/steps/recheck.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "runtime/steps/place_back.hpp"
#include "runtime/steps/store_step.hpp"

namespace mig::runtime {
namespace {

constexpr int kRounds = 10;
constexpr std::size_t kEntriesAtOnce = 500;
constexpr std::size_t kPending = 100'000;  // entries between two looks, a moment apart

}  // namespace

Result<Recheck> Recheck::open(World& world, plan::StepId step, const plan::WritesState& stream,
                              Strays known) {
  MIG_ASSIGN(follower, Follower::open(world, stream.followed(), stream.leads()));
  MIG_ASSIGN(check, RowCheck::open(world.plan, world.stores, world.authority.run, stream.leads()));
  return Recheck(step, plan::lane(world.plan, stream.leads()), std::move(follower),
                 std::move(check), OrphanRecheck(world.plan, world.stores), std::move(known));
}

bool Recheck::has_fresh_strays() const {
  return !std::ranges::includes(known_, strays_);
}

bool Recheck::is_shared(plan::DatasetId dataset) const {
  const plan::Plan& plan = check_.plan();
  const auto& emits = plan::lane(plan, plan::Side::Old).transform.emits;
  return std::ranges::any_of(emits, [&](const plan::Emit& emit) {
    return emit.shared && emit.entity == plan.at(dataset).entity;
  });
}

Result<bool> Recheck::advance(World& world, Reconciler& compared) {
  Followed followed;
  do {
    // At a gap it waits for the run's own follower, which closes it or pauses the run: a step that
    // fails may take the new side back, and with it the rows that the gap is about.
    MIG_ASSIGN(slice, follower_.carry_over(world, kEntriesAtOnce));
    if (!slice) return false;
    followed = *slice;
  } while (!followed.is_drained);
  if (rounds_ == 0) {
    MIG_ASSIGN(suspects, compared.differences(0, static_cast<std::size_t>(kMostSuspects) + 1));
    open_ = std::move(suspects);
    MIG_ASSIGN(orphans, compared.orphans(0, static_cast<std::size_t>(kMostSuspects) + 1));
    if (static_cast<std::int64_t>(orphans.size()) <= kMostSuspects)
      MIG_TRY(orphans_.suspect(std::move(orphans)));
  }
  if (static_cast<std::int64_t>(open_.size()) > kMostSuspects) {
    is_too_many_ = true;
    return true;
  }
  const std::vector<RowDifference> suspects = std::exchange(open_, {});
  MIG_TRY(judge(world, suspects, followed.position));
  const bool is_last_round = ++rounds_ == kRounds;
  if (is_last_round) confirmed_.insert(confirmed_.end(), open_.begin(), open_.end());
  if (is_last_round) orphans_.confirm_the_rest();
  return is_last_round || (open_.empty() && orphans_.is_done());
}

Result<void> Recheck::judge(World& world, const std::vector<RowDifference>& suspects,
                            std::int64_t position) {
  const plan::Plan& plan = world.plan;
  const plan::Entity& source = plan.entity_of(lane_.source);
  MIG_ASSIGN(reader, world.stores.reading(plan.at(lane_.source).store));
  // Nothing of ours is written: the lock keeps the side that follows as it is, and goes with the
  // effect.
  const auto lock = begin_effect(world, plan.at(lane_.targets.front()).store, step_);
  if (!lock) return std::unexpected(lock.error());
  MIG_ASSIGN(snapshot, follower_.feed().hold());
  MIG_ASSIGN(touched, follower_.feed().read(position, kPending, Horizon::Visible));
  if (touched.is_gap) {
    open_ = suspects;
    return {};
  }
  MIG_TRY(orphans_.judge(touched.entries == 0));
  std::set<std::string> pending;
  for (const std::string& key : touched.keys) {
    MIG_ASSIGN(place, place_as_written(reader, source, key));
    if (!place) continue;
    const bool is_forward = lane_.authority == plan::Side::Old;
    pending.insert(is_forward ? *place : old_place_of(plan, lane_, *place));
  }
  for (const RowDifference& suspect : suspects) {
    MIG_ASSIGN(judged, verdict(reader, suspect, pending));
    if (judged == Verdict::Different && !snapshot) {
      // Nothing held the rows still: it may have changed, or expired, while it was looked at.
      MIG_ASSIGN(newer, follower_.feed().read(position, kPending, Horizon::Visible));
      MIG_ASSIGN(again, verdict(reader, suspect, pending));
      judged = newer.entries > touched.entries ? Verdict::Open : again;
    }
    if (judged == Verdict::Open) open_.push_back(suspect);
    if (judged == Verdict::Different) confirmed_.push_back(suspect);
  }
  return snapshot ? snapshot->commit() : Result<void>();
}

// A shared row is too much where none of those becomes it that it is said to be of: the first that
// is as it should be speaks for it.
Result<Recheck::Verdict> Recheck::verdict(const OpenStore& source, const RowDifference& suspect,
                                          const std::set<std::string>& touched) {
  const plan::Plan& plan = check_.plan();
  const bool new_leads = lane_.authority == plan::Side::New;
  if (new_leads && suspect.kind == DriftClass::Extra && is_shared(suspect.dataset)) {
    const auto stray = std::pair(suspect.dataset.index, suspect.place);
    strays_.insert(stray);
    return known_.contains(stray) ? Verdict::Different : Verdict::Same;
  }
  MIG_ASSIGN(sources, sources_of(suspect));
  bool is_open = false;
  for (const std::string& from : sources) {
    MIG_ASSIGN(owner, place_as_written(source, plan.entity_of(plan.from), from));
    if (owner && touched.contains(*owner)) {
      is_open = true;
      continue;
    }
    MIG_ASSIGN(is_same, check_.is_equal(from));
    if (is_same) return Verdict::Same;
  }
  if (is_open) return Verdict::Open;
  if (!sources.empty()) return Verdict::Different;
  MIG_ASSIGN(stands, check_.stands(suspect.dataset, suspect.place));
  return stands ? Verdict::Different : Verdict::Same;
}

// An extra row says only where it stands itself.
Result<std::vector<std::string>> Recheck::sources_of(const RowDifference& difference) {
  if (difference.kind == DriftClass::Extra) {
    return check_.sources_of(difference.dataset, difference.place);
  }
  return std::vector<std::string>{difference.source};
}

Result<std::int64_t> Recheck::mend(World& world) {
  if (is_too_many_) {
    return fail(
        ErrorKind::Permanent,
        fmt::format("more than {} rows differ, too many to mend one by one while others write",
                    kMostSuspects),
        "look for the cause, then copy again with `writes none`");
  }
  std::set<std::string> places;
  std::vector<Follower::Stray> strays;
  const bool new_leads = lane_.authority == plan::Side::New;
  for (const RowDifference& difference : confirmed_) {
    // What the authority has is right, also where the other side cannot hold it.
    if (new_leads && difference.kind == DriftClass::Extra && is_shared(difference.dataset))
      continue;
    MIG_ASSIGN(sources, sources_of(difference));
    if (sources.empty()) strays.push_back({difference.dataset, difference.place});
    for (const std::string& from : sources)
      places.insert(new_leads ? driving_place_of(check_.plan(), lane_, from) : from);
  }
  const std::vector<std::string> all(places.begin(), places.end());
  std::int64_t written = 0;
  for (std::size_t from = 0; from < all.size(); from += kEntriesAtOnce) {
    const std::size_t end = std::min(all.size(), from + kEntriesAtOnce);
    MIG_ASSIGN(rows, follower_.mend(world, step_,
                                    {all.begin() + static_cast<std::ptrdiff_t>(from),
                                     all.begin() + static_cast<std::ptrdiff_t>(end)}));
    written += rows;
  }
  for (std::size_t from = 0; from < strays.size(); from += kEntriesAtOnce) {
    const std::size_t count = std::min(strays.size() - from, kEntriesAtOnce);
    MIG_ASSIGN(rows, follower_.delete_strays(world, step_, std::span(strays).subspan(from, count)));
    written += rows;
  }
  return written;
}

Reconciliation Recheck::confirmed(const Reconciliation& suspected) const {
  if (is_too_many_) return suspected;
  Reconciliation result = suspected;
  result.first.clear();
  result.source_drift = 0;
  for (DatasetDrift& drift : result.datasets)
    drift.missing = drift.extra = drift.mismatched = 0;
  std::set<std::string> sources;
  for (const RowDifference& difference : confirmed_) {
    ++std::ranges::find(result.datasets, difference.dataset, &DatasetDrift::dataset)
          ->of(difference.kind);
    const bool counts = difference.source.empty() || sources.insert(difference.source).second;
    result.source_drift += counts ? 1 : 0;
    if (result.first.size() < suspected.first.size()) result.first.push_back(difference);
  }
  orphans_.tell(result);
  return result;
}

}  // namespace mig::runtime
