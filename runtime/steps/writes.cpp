// `writes`: who takes writes, and whether mig keeps the other side as this one is.
//
// Two things say who: the routing document, which a willing application follows, and guards in the
// stores, which refuse the others. Where the authority moves, the order is that of tests/mc (D, F,
// S): the word, the guard, all that was committed before it carried over, the way back ready,
// the other side opened, the word. Every piece may be repeated, and until the other side is opened
// all of it can be taken back. Where all of it stands in one file it is one transaction
// (turn_at_once).
#include <cassert>
#include <optional>

#include <fmt/format.h>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/routing.hpp"
#include "runtime/engine/window_guard.hpp"
#include "runtime/steps/feeds.hpp"
#include "runtime/steps/follower.hpp"
#include "runtime/steps/following.hpp"
#include "runtime/steps/open_letters.hpp"
#include "runtime/steps/route_step.hpp"
#include "runtime/steps/side_guard.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/steps/turn_at_once.hpp"
#include "runtime/steps/waiting.hpp"

namespace mig::runtime {
namespace {

using plan::Side;
using plan::WriteMode;
using plan::WritesState;

constexpr std::size_t kEntriesAtOnce = 1000;
constexpr auto kFollowAgain = std::chrono::milliseconds(250);
// Attempts to turn at once before the writers are asked to stand still.
constexpr int kTurns = 20;
constexpr Duration kNoLimit = Duration::max();

std::string describe(const WritesState& writes) {
  if (writes.authority == Side::None) return "writes go to nobody";
  const bool is_old = writes.authority == Side::Old;
  std::string text = is_old ? "writes go to old" : "writes go to new";
  if (!writes.mirror) return text;
  switch (*writes.mirror) {
    case WriteMode::Sync:
      return text;
    case WriteMode::Follow:
      return text + (is_old ? ", and new follows" : ", and old follows");
    case WriteMode::Transaction:
      return text + (is_old ? ", and new gets them at once" : ", and old gets them at once");
    case WriteMode::App:
      return text + (is_old ? ", and the application writes new, too"
                            : ", and the application writes old, too");
  }
  return text;
}

// The application writes both sides itself, so no guard stands on the one that does not lead.
bool is_open_to_all(const WritesState& writes) {
  return writes.mirror == WriteMode::App;
}

class WritesStep final : public RouteStep {
 public:
  WritesStep(const plan::Plan& plan, plan::StepId id, plan::StepId works_for)
      : id_(id),
        works_for_(works_for),
        action_(std::get<plan::RouteWrites>(plan.at(id).action)),
        before_(plan::writes_before(plan, id)),
        after_(plan::after_writes(plan, id, before_)) {}

  Result<Outcome> advance(World& world) override {
    if (after_.authority == before_.authority) return change_mirror(world);
    switch (after_.authority) {
      case Side::Old:
        return reopen(world);
      case Side::None:
        return stand_still(world);
      case Side::New:
        return move_over(world);
    }
    return done();
  }

  Result<Outcome> undo(World& world) override {
    if (after_.authority == Side::New) return move_back(world);
    if (after_.authority == before_.authority) {
      MIG_TRY(say(world, before_));
      if (after_.forward != before_.forward) {
        MIG_TRY(stop_following(world, id_));
        MIG_TRY(let_go_of_new(world, id_));
      }
    } else if (before_.authority == Side::None) {
      MIG_TRY(close_old(world, Note::Forget));
    } else {
      MIG_TRY(open_old(world, Note::Forget));
    }
    MIG_TRY(take_back(world));
    return Outcome{Done{describe(before_) + " again", {}}, {}};
  }

 private:
  // What becomes of the step's note in the store. It may say where a follower stands.
  enum class Note : std::uint8_t { Keep, Opened, Forget };

  // ---- what every change is made of

  static Result<void> say(World& world, const WritesState& writes) {
    return tell(world, [&](Routes& routes) { put_writes(routes, writes); });
  }
  // `told`: the side that follows, which the last writes are still carried over to. Readers keep to
  // what they allow an answer to be behind.
  static Result<void> say_nobody(World& world, std::optional<Side> told) {
    return tell(world, [&](Routes& routes) {
      routes.writes = {.authority = Side::None, .mirror = told};
      if (told) routes.writes.mode = plan::WriteMode::Follow;
    });
  }

  Result<void> set_guard(World& world, Side side, Guard guard, Note note = Note::Keep) {
    for (const plan::StoreId store : files_of(world.stores, datasets_of(world.plan, side))) {
      MIG_ASSIGN(effect, begin_effect(world, store, id_));
      MIG_TRY(put_guard(world, effect, store, side, guard));
      if (note == Note::Forget) {
        MIG_TRY(effect.commit_undone());
        continue;
      }
      Applied now = effect.applied().value_or(Applied{});
      now.finished = now.finished || note == Note::Opened;
      MIG_TRY(effect.commit(now));
    }
    return {};
  }

  // True when nothing newer stands in the log of the side that leads.
  Result<bool> follow(World& world, Side leads) {
    if (!follower_) {
      const plan::StepId place = leads == Side::Old ? *before_.forward : *after_.reverse;
      MIG_ASSIGN(opened, Follower::open(world, place, leads));
      follower_.emplace(std::move(opened));
    }
    MIG_ASSIGN(followed, follower_->advance(world, kEntriesAtOnce));
    return followed.is_drained;
  }
  // Behind a closed guard, so it ends; or the pause has become too long.
  Result<void> drain(World& world, Side leads, Duration until) {
    while (true) {
      MIG_ASSIGN(is_drained, follow(world, leads));
      if (is_drained) return {};
      MIG_TRY(check_pause(world, until));
    }
  }
  Result<void> check_pause(const World& world, Duration until) const {
    if (world.clock.elapsed() <= until) return {};
    return fail(ErrorKind::Transient,
                fmt::format("the writes would have stood still for longer than {}; nothing has "
                            "changed",
                            plan::print(*action_.max_pause)),
                "it is tried again when there is less to carry over");
  }

  Outcome done() const { return Outcome{Done{describe(after_), {}}, {}}; }
  static Outcome catching_up() {
    return Outcome{More{.cursor = "what was written is carried over"}, {}};
  }

  // ---- the changes

  // `writes old, new` keeps the new side as the old one is; `writes new` lets go of the old one.
  Result<Outcome> change_mirror(World& world) {
    if (after_.forward && !before_.forward) {
      if (!is_open_to_all(after_)) MIG_TRY(set_guard(world, Side::New, Guard::Closed));
      MIG_TRY(start_following(world, id_, Side::Old));
    }
    MIG_TRY(say(world, after_));
    if (before_.follows() && !after_.follows()) MIG_TRY(stop_all(world));
    return done();
  }

  Result<void> stop_all(World& world) {
    if (before_.reverse) MIG_TRY(stop_following(world, *before_.reverse, Side::New));
    if (before_.forward) MIG_TRY(stop_following(world, *before_.forward, Side::Old));
    return {};
  }

  Result<void> close_old(World& world, Note note = Note::Keep) {
    // A willing application stops asking before it is refused.
    MIG_TRY(say_nobody(world, before_.forward ? std::optional(Side::New) : std::nullopt));
    MIG_TRY(set_guard(world, Side::Old, Guard::Closed, note));
    if (!is_open_to_all(before_)) return {};
    return set_guard(world, Side::New, Guard::Closed);
  }
  // Nobody is told to write where a guard still refuses.
  Result<void> open_old(World& world, Note note = Note::Keep) {
    MIG_TRY(set_guard(world, Side::Old, Guard::Open, note));
    if (is_open_to_all(before_)) MIG_TRY(set_guard(world, Side::New, Guard::Open));
    return say(world, before_);
  }

  Result<Outcome> reopen(World& world) {
    MIG_TRY(set_guard(world, Side::Old, Guard::Open));
    MIG_TRY(say(world, after_));
    return done();
  }

  Result<Outcome> stand_still(World& world) {
    MIG_ASSIGN(is_near, is_caught_up(world));
    if (!is_near) return catching_up();
    MIG_ASSIGN(wait, wait_for_window(world));
    if (wait) return std::move(*wait);
    MIG_TRY(close_old(world));
    if (before_.forward) MIG_TRY(drain(world, Side::Old, kNoLimit));
    return done();
  }

  // Set while the pause must not begin. Nobody else follows meanwhile, so the waits are short ones.
  // A pause that has begun is not made longer by its window.
  Result<std::optional<Outcome>> wait_for_window(World& world) {
    MIG_ASSIGN(shut, shut_for_pause(world.plan, works_for_, world.clock.now()));
    if (!shut) return std::optional<Outcome>();
    MIG_ASSIGN(old, world.stores.reading(old_store(world)));
    MIG_ASSIGN(has_begun, is_guarded(old, world.plan.at(world.plan.from)));
    if (has_begun) return std::optional<Outcome>();
    const Instant soon = world.clock.now() + kFollowAgain;
    const Instant until = before_.forward ? std::min(shut->until.value_or(soon), soon)
                                          : shut->until.value_or(soon + std::chrono::hours(1));
    return std::optional(
        Outcome{WaitUntil{.until = until, .why = shut->why, .is_untimed = true}, {}});
  }

  // Before anybody has to wait, so that the wait is short.
  Result<bool> is_caught_up(World& world) {
    if (!before_.forward || before_.authority != Side::Old) return true;
    return follow(world, Side::Old);
  }

  Result<Outcome> move_over(World& world) {
    MIG_ASSIGN(has_opened, is_open(world));
    if (!has_opened) {
      MIG_ASSIGN(is_near, is_caught_up(world));
      if (!is_near) return catching_up();
      MIG_ASSIGN(wait, wait_for_window(world));
      if (wait) return std::move(*wait);
      const bool at_once = can_turn_at_once(world, before_, after_);
      if (auto moved = at_once ? turn_over(world) : pass_authority(world); !moved)
        return put_back(world, moved.error());
    }
    if (is_open_to_all(after_)) MIG_TRY(set_guard(world, Side::Old, Guard::Open));
    MIG_TRY(say(world, after_));
    if (!after_.follows()) MIG_TRY(stop_all(world));
    return done();
  }

  // Nobody has to wait, unless more is written than can be carried over before the lock is taken.
  Result<void> turn_over(World& world) {
    for (int i = 0; i < kTurns; ++i) {
      MIG_TRY(check_letters(world));
      const Turn turn{
          .step = id_, .followed = *before_.forward, .writes = after_, .is_finished = true};
      MIG_ASSIGN(has_turned, turn_at_once(world, turn));
      if (has_turned) return {};
      MIG_TRY(follow(world, Side::Old));
    }
    return pass_authority(world);
  }

  // From here to the last line nobody can write. A crash on the way is taken up by doing it again.
  Result<void> pass_authority(World& world) {
    const Duration until =
        action_.max_pause ? world.clock.elapsed() + *action_.max_pause : kNoLimit;
    if (before_.authority == Side::Old) MIG_TRY(close_old(world));
    if (before_.forward) MIG_TRY(drain(world, Side::Old, until));
    if (before_.forward && plan::mode_of(world.plan, *before_.forward) == WriteMode::Follow)
      MIG_TRY(check_still_noted(world, Side::Old));
    MIG_TRY(check_letters(world));
    // The way back first: what is acknowledged over there is logged from the first write on.
    if (after_.reverse) MIG_TRY(start_following(world, *after_.reverse, Side::New));
    MIG_TRY(check_pause(world, until));
    // Both sides are equal and closed: readers change sides before somebody writes.
    if (before_.forward) MIG_TRY(say_nobody(world, Side::Old));
    return set_guard(world, Side::New, Guard::Open, Note::Opened);
  }

  // Triggers lead from one side only, so before the old one is opened again they lead from there.
  Result<void> lead_from_old(World& world) {
    if (!before_.forward || plan::mode_of(world.plan, *before_.forward) != WriteMode::Transaction)
      return {};
    return start_following(world, *before_.forward, Side::Old);
  }

  // Whether the new side has been opened: from then on it may hold writes that nobody else has.
  Result<bool> is_open(World& world) {
    MIG_ASSIGN(opened, world.stores.reading(new_store(world)));
    MIG_ASSIGN(noted, read_applied(opened, world.authority.run, world.plan.at(id_).name));
    return noted && noted->finished;
  }

  // Nothing has moved, so the application goes on where it was. What fails on the way is left to
  // the next attempt, or to the rollback.
  std::unexpected<Error> put_back(World& world, Error why) {
    if (before_.authority != Side::Old) return std::unexpected(std::move(why));
    // Of a commit that failed only the store knows whether it happened. Behind it nothing is put
    // back: the next attempt finds the new side open.
    if (const auto is_over = is_open(world); !is_over || *is_over)
      return std::unexpected(std::move(why));
    auto opened = lead_from_old(world);
    if (opened) opened = open_old(world);
    if (!opened) {
      why.message += fmt::format("; the old side stays closed: {}", opened.error().message);
    }
    return std::unexpected(std::move(why));
  }

  // A row that the new side refused would be missing where the application goes.
  Result<void> check_letters(World& world) const {
    const plan::DatasetId from = world.plan.from;
    MIG_ASSIGN(open, open_letters(world, new_store(world), from));
    if (open <= accepted_letters(world)) return {};
    return fail(ErrorKind::Permanent,
                fmt::format("{} rows of `{}` could not be carried over, and would be missing", open,
                            world.plan.at(from).name),
                "correct them, or the transform; the dead letters say why");
  }

  // ---- the way back of the authority

  Result<Outcome> move_back(World& world) {
    assert(after_.reverse && "nothing else takes the authority back");
    MIG_ASSIGN(is_logged, is_told(world, *after_.reverse, Side::New));
    MIG_ASSIGN(is_over, old_leads(world));
    if (is_logged && !is_over) {
      MIG_ASSIGN(is_near, follow(world, Side::New));
      if (!is_near) return catching_up();
    }
    if (is_logged && !is_over && can_turn_at_once(world, before_, after_)) {
      for (int i = 0; i < kTurns && !is_over; ++i) {
        MIG_ASSIGN(refused, refused_on_old(world));
        if (refused) return std::move(*refused);
        const Turn turn{.step = id_, .followed = *after_.reverse, .writes = before_};
        MIG_ASSIGN(has_turned, turn_at_once(world, turn));
        is_over = has_turned;
        if (!is_over) MIG_TRY(follow(world, Side::New));
      }
    }
    if (!is_over) {
      MIG_TRY(say_nobody(world, Side::Old));
      MIG_TRY(set_guard(world, Side::New, Guard::Closed));
      if (is_logged) {
        MIG_TRY(drain(world, Side::New, kNoLimit));
        MIG_ASSIGN(refused, refused_on_old(world));
        if (refused) return std::move(*refused);
      }
      // Both sides are equal and closed: the moment at which readers may change sides.
      MIG_TRY(say_nobody(world, Side::New));
    }
    MIG_TRY(lead_from_old(world));
    if (before_.authority == Side::Old) MIG_TRY(open_old(world));
    // The new side stays closed, as it was before, but where the application writes both.
    MIG_TRY(stop_following(world, *after_.reverse, Side::New));
    MIG_TRY(take_back(world));
    return Outcome{Done{describe(before_) + " again", {}}, {}};
  }

  // Whether the document names the old side as the one that leads. From then on it may have been
  // opened, and hold what the new one misses.
  static Result<bool> old_leads(World& world) {
    if (!world.plan.through) return false;
    MIG_ASSIGN(routes, open_router(world.plan, world.stores, world.folder)->read());
    const WriteRoute& writes = routes.writes;
    return writes.authority == Side::Old ||
           (writes.authority == Side::None && writes.mirror == Side::New);
  }

  // Rows that were acknowledged on the new side and that the old one refuses would be lost on the
  // way back, so there is none until somebody has corrected them. The application goes on.
  Result<std::optional<Outcome>> refused_on_old(World& world) {
    const plan::DatasetId driving = plan::lane(world.plan, Side::New).source;
    MIG_ASSIGN(open, open_letters(world, old_store(world), driving));
    if (open == 0) return std::optional<Outcome>();
    MIG_TRY(set_guard(world, Side::New, Guard::Open));
    MIG_TRY(say(world, after_));
    return std::optional(Outcome{
        Failed{.trouble = plan::Trouble::Permanent,
               .message = fmt::format("{} rows of `{}` do not fit the old side, and would be lost; "
                                      "correct them on the new side, then go back again",
                                      open, world.plan.at(driving).name)},
        {}});
  }

  plan::StepId id_;
  plan::StepId works_for_;
  plan::RouteWrites action_;
  WritesState before_;
  WritesState after_;
  std::optional<Follower> follower_;
};

}  // namespace

std::unique_ptr<Step> make_writes(const plan::Plan& plan, plan::StepId id) {
  return make_writes(plan, id, id);
}
std::unique_ptr<Step> make_writes(const plan::Plan& plan, plan::StepId id, plan::StepId works_for) {
  return std::make_unique<WritesStep>(plan, id, works_for);
}

}  // namespace mig::runtime
