#include "runtime/steps/following.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/machine/schedule.hpp"
#include "runtime/steps/feeds.hpp"
#include "runtime/steps/hold_cursor.hpp"
#include "runtime/steps/slots.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/stores/lineage.hpp"
#include "runtime/stores/sqlite_mirror.hpp"
#include "runtime/stores/store_letters.hpp"
#include "runtime/traffic/router.hpp"

namespace mig::runtime {
namespace {

// How long a slice may keep the write lock of a file that is the application's, too.
constexpr Instant::duration kSharedSlice = std::chrono::milliseconds(20);
// Elsewhere nobody waits for it. What a transaction costs whatever it holds, on a busy server some
// 20 ms, must not be taken for the cost of its entries: fewer of them would only come to less.
constexpr Instant::duration kOwnSlice = std::chrono::milliseconds(200);
constexpr std::size_t kFewestEntries = 8;
constexpr std::size_t kFirstEntries = 250;
constexpr std::size_t kMostEntries = 4000;
// Between two looks at a log in which nothing stood.
constexpr Instant::duration kIdle = std::chrono::milliseconds(50);
// Between two moves of the place in a slot that nobody follows.
constexpr Instant::duration kPassEvery = std::chrono::seconds(1);
constexpr Instant::duration kLookAtRoutes = std::chrono::milliseconds(250);
// A log is pruned in pieces: each is a write transaction in the application's own store.
constexpr std::int64_t kPruneEvery = 2000;

// What a comparison may still ask the log for.
bool is_compared(const World& world) {
  for (std::uint32_t i = 0; i < world.plan.steps.size(); ++i) {
    const bool is_verify = std::holds_alternative<plan::Verify>(world.plan.steps[i].action);
    const bool is_own = is_verify && world.plan.sees(plan::StepId{i});
    if (is_own && world.state.steps[i].status == plan::StepStatus::Running) return true;
  }
  return false;
}

// A backup reads the side that follows page by page, and has to be of one moment. PostgreSQL shows
// it one, whoever writes.
bool is_backed_up(const World& world, plan::Side follows) {
  const plan::Plan& plan = world.plan;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const auto* backup = std::get_if<plan::Backup>(&plan.steps[i].action);
    const bool is_own = backup != nullptr && plan.sees(plan::StepId{i});
    if (!is_own || world.state.steps[i].status != plan::StepStatus::Running) continue;
    const bool reads_it = std::ranges::any_of(backup->datasets, [&](plan::DatasetId dataset) {
      return (dataset == plan.from) == (follows == plan::Side::Old) &&
             plan.at(plan.at(dataset).store).kind != plan::StoreKind::Postgres;
    });
    if (reads_it) return true;
  }
  return false;
}

}  // namespace

plan::StoreId old_store(const World& world) {
  return world.plan.at(world.plan.from).store;
}
plan::StoreId new_store(const World& world) {
  return world.plan.at(world.plan.to.front()).store;
}

namespace {

// Where the log of the side that leads is kept, and where the place of its follower.
struct Ends {
  plan::StoreId source;
  plan::StoreId target;
};
Ends ends_of(const World& world, plan::Side leads) {
  if (leads == plan::Side::Old) return {old_store(world), new_store(world)};
  return {new_store(world), old_store(world)};
}

}  // namespace

Result<void> check_following(const plan::Plan& plan, Stores& stores, plan::StepId step,
                             plan::Side leads) {
  MIG_TRY(check_feed(plan, stores, leads));
  if (plan::mode_of(plan, step) != plan::WriteMode::Transaction) return {};
  MIG_ASSIGN(log, log_of(plan, leads));
  const plan::DatasetId leading = leads == plan::Side::Old ? plan.from : plan.to.front();
  MIG_ASSIGN(database, stores.reader(plan.at(leading).store));
  return check_mirror(*database, plan, leads, log);
}

Result<void> check_still_noted(World& world, plan::Side leads) {
  // Redis has no trigger that anybody could drop; what its stream lost is a gap, and swept.
  if (leads_in_redis(world.plan, leads)) return {};
  if (leads_through_slot(world.plan, leads)) return check_slot_tells(world, leads);
  MIG_ASSIGN(log, log_of(world.plan, leads));
  MIG_ASSIGN(database, world.stores.reader(ends_of(world, leads).source));
  MIG_ASSIGN(is_installed, log.is_installed(*database));
  if (is_installed) return {};
  const plan::DatasetId leading =
      leads == plan::Side::Old ? world.plan.from : world.plan.to.front();
  return fail(ErrorKind::Permanent,
              fmt::format("somebody has dropped the trigger that notes what is written to `{}`, "
                          "so rows may be missing on the other side",
                          world.plan.at(leading).table),
              "run `mig rollback`, then the plan again, which copies them anew");
}

const Applied kFirstPlace{.cursor = "0"};

Result<bool> is_carried_over(const World& world, const Database& database, plan::StepId step,
                             plan::Side leads) {
  MIG_ASSIGN(place, read_applied(database, world.authority.run, world.plan.at(step).name));
  MIG_ASSIGN(log, log_of(world.plan, leads));
  MIG_ASSIGN(newer, log.read(database, position_of(place), 1));
  return newer.entries == 0;
}

Result<void> lead_by_triggers(const Database& database, const plan::Plan& plan, plan::Side leads) {
  // One direction at a time, or what a mirror writes would be carried back.
  if (plan::leads_back(plan)) {
    MIG_ASSIGN(other, log_of(plan, leads == plan::Side::Old ? plan::Side::New : plan::Side::Old));
    MIG_TRY(other.silence(database));
  }
  MIG_ASSIGN(log, log_of(plan, leads));
  return install_mirror(database, plan, leads, log);
}

namespace {

// The note of a step that has set guards already names no place yet.
Applied placed(const Effect& effect, const Applied& first) {
  Applied note = effect.applied().value_or(first);
  if (note.cursor.empty()) note.cursor = first.cursor;
  return note;
}

}  // namespace

Result<void> start_following(World& world, plan::StepId step, plan::Side leads) {
  const bool is_forward = leads == plan::Side::Old;
  const auto [source, target] = ends_of(world, leads);
  MIG_ASSIGN(first, first_place(world, step, leads));
  const auto keep_place = [&](Effect& effect) -> Result<void> {
    // Shared rows are shared forward only.
    if (is_forward && effect.redis() == nullptr)
      return install_lineages(effect.database(), world.plan);
    return {};
  };
  // The place first: whoever finds a changelog finds where its follower stands. In one file both
  // are one transaction.
  const bool is_one_file = world.stores.is_one_file(source, target);
  if (!is_one_file) {
    MIG_ASSIGN(place, begin_effect(world, target, step));
    MIG_TRY(keep_place(place));
    MIG_TRY(place.commit(placed(place, first)));
  }
  MIG_ASSIGN(effect, begin_effect(world, source, step));
  if (plan::mode_of(world.plan, step) == plan::WriteMode::Transaction) {
    MIG_TRY(lead_by_triggers(effect.database(), world.plan, leads));
  } else if (leads_through_slot(world.plan, leads)) {
    MIG_TRY(settle_slot(world, effect.database(), leads));
  } else if (effect.redis() == nullptr) {
    MIG_ASSIGN(log, log_of(world.plan, leads));
    MIG_TRY(log.install(effect.database()));
  }
  if (is_one_file) MIG_TRY(keep_place(effect));
  return effect.commit(placed(effect, first));
}

Result<void> stop_following(World& world, plan::StepId step, plan::Side leads) {
  const bool is_forward = leads == plan::Side::Old;
  const auto [source, target] = ends_of(world, leads);
  const bool is_one_file = world.stores.is_one_file(source, target);
  const auto forget_place = [&](Effect& effect) -> Result<void> {
    // Nobody goes back over them any more; forward they say what the new side misses.
    if (!is_forward)
      return drop_dead_letters(effect, world.authority.run, world.plan.at(step).name);
    if (effect.redis() != nullptr) return {};
    return remove_lineages(effect.database(), world.plan);
  };
  {
    MIG_ASSIGN(effect, begin_effect(world, source, step));
    if (leads_through_slot(world.plan, leads)) {
      MIG_TRY(take_slot_away(world, effect.database(), leads));
    } else if (effect.redis() == nullptr) {
      MIG_ASSIGN(log, log_of(world.plan, leads));
      MIG_TRY(log.remove(effect.database()));
    }
    if (is_one_file) MIG_TRY(forget_place(effect));
    MIG_TRY(effect.commit_undone());
  }
  if (is_one_file) return {};
  MIG_ASSIGN(place, begin_effect(world, target, step));
  MIG_TRY(forget_place(place));
  return place.commit_undone();
}

Result<void> let_go(World& world) {
  const plan::Plan& plan = world.plan;
  if (!plan::leaves_writes(plan)) return {};
  const plan::StepId end{static_cast<std::uint32_t>(plan.steps.size())};
  const plan::WritesState writes = plan::writes_before(plan, end);
  const bool stays = plan::mode_of(plan, writes.followed()) == plan::WriteMode::Transaction;
  if (writes.reverse && !stays) MIG_TRY(stop_following(world, *writes.reverse, plan::Side::New));
  if (writes.forward && (writes.reverse || !stays))
    MIG_TRY(stop_following(world, *writes.forward, plan::Side::Old));
  return {};
}

Result<void> Resident::open(World& world, plan::StepId step, plan::Side leads) {
  follower_.reset();
  pruned_ = 0;
  at_once_ = kFirstEntries;
  next_renewal_ = Instant{};
  MIG_ASSIGN(opened, Follower::open(world, step, leads));
  follower_.emplace(std::move(opened));
  step_ = step;
  leads_ = leads;
  is_shared_ = world.stores.is_one_file(old_store(world), new_store(world)) ||
               plan::mode_of(world.plan, step) == plan::WriteMode::App;
  return {};
}

Result<std::optional<Followed>> Resident::tend(World& world) {
  auto followed = tend_now(world);
  // What it holds may have been lost with a connection; the next slice opens it anew.
  if (!followed) step_.reset();
  return followed;
}

Result<std::optional<Followed>> Resident::tend_now(World& world) {
  const auto stream = plan::stream(world.plan, world.state);
  if (!stream) {
    follower_.reset();
    step_.reset();
    return std::optional<Followed>();
  }
  const Instant began = world.clock.now();
  const bool new_leads = stream->leads() == plan::Side::New;
  if (began < rests_until_ || is_backed_up(world, new_leads ? plan::Side::Old : plan::Side::New))
    return std::optional<Followed>();
  if (step_ != stream->followed()) MIG_TRY(open(world, stream->followed(), stream->leads()));
  // Most looks find nothing, and need not keep the application from writing.
  MIG_ASSIGN(idle, follower_->look_idly(world));
  Followed followed;
  if (idle) {
    followed = *idle;
  } else {
    MIG_ASSIGN(slice, follower_->advance(world, at_once_));
    followed = slice;
  }
  const std::int64_t unasked = std::min(followed.position, checked_by_holds(world, *step_));
  if (unasked - pruned_ >= kPruneEvery) MIG_TRY(prune(world, unasked));
  // All that others committed before the slice began is on the other side now.
  if (followed.is_drained) MIG_TRY(renew(world, began));
  const bool has_idle_slot =
      new_leads && stream->forward && leads_through_slot(world.plan, plan::Side::Old);
  if (has_idle_slot && began >= next_passing_) {
    next_passing_ = began + kPassEvery;
    MIG_TRY(pass_untouched(world, *stream->forward));
  }
  const Instant ended = world.clock.now();
  const auto took = ended - began;
  const auto longest = is_shared_ ? kSharedSlice : kOwnSlice;
  if (took > longest) at_once_ = std::max(kFewestEntries, at_once_ / 2);
  if (took < longest / 2) at_once_ = std::min(kMostEntries, at_once_ * 2);
  // Where the application writes the same file, it gets its turn.
  const auto rest = is_shared_ ? took : Instant::duration::zero();
  rests_until_ = ended + (followed.is_drained ? std::max(rest, kIdle) : rest);
  return std::optional(followed);
}

Result<void> Resident::prune(World& world, std::int64_t position) {
  const bool has_log =
      !leads_in_redis(world.plan, leads_) && !leads_through_slot(world.plan, leads_);
  if (is_compared(world) || !has_log) return {};
  MIG_ASSIGN(effect, begin_effect(world, ends_of(world, leads_).source, *step_));
  const std::optional<Applied>& applied = effect.applied();
  if (!applied) return {};  // it ended meanwhile
  MIG_ASSIGN(log, log_of(world.plan, leads_));
  MIG_TRY(log.prune(effect.database(), position));
  MIG_TRY(effect.commit(*applied));
  pruned_ = position;
  return {};
}

// What a follower answers is as old as its last look. Where reads ask for a bound, the document
// says until when it holds; nobody renews it when nobody follows, and reads go to the authority.
Result<void> Resident::renew(World& world, Instant seen) {
  if (!world.plan.through || world.clock.now() < next_renewal_) return {};
  const auto router = open_router(world.plan, world.stores, world.folder);
  MIG_ASSIGN(routes, router->read());
  next_renewal_ = world.clock.now() + kLookAtRoutes;
  if (!routes.needs_freshness()) return {};
  const auto bound = std::chrono::duration_cast<Instant::duration>(routes.reads.stale_ok);
  next_renewal_ = std::min(next_renewal_, world.clock.now() + bound / 4);
  routes.fresh_until = seen + bound;
  return router->write(routes, world.authority, world.clock.now());
}

}  // namespace mig::runtime
