// `rehearse rollback`: the way back of the authority, gone once while it is not needed.
//
// It is the step that moved the writes, undone to its end and done again to its end: what a
// rollback would do is what is tried, and nothing beside it. The step's note in the new side's
// store says which half is done; the halves themselves may be repeated.
#include <algorithm>
#include <cassert>
#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "compiler/plan/routing.hpp"
#include "runtime/steps/following.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/steps/waiting.hpp"

namespace mig::runtime {
namespace {

// The note: when the way back began, and how long it took, once it was gone.
struct Rehearsal {
  std::int64_t began = 0;  // microseconds since 1970
  std::int64_t took = -1;  // microseconds; less than nothing: the writes have not been back yet

  bool is_over = false;  // and the writes are where they were before

  bool was_back() const { return took >= 0; }
  std::string print() const { return fmt::format("began={} took={}", began, took); }
  static std::optional<Rehearsal> parse(const std::string& text) {
    Rehearsal found;
    if (std::sscanf(text.c_str(), "began=%ld took=%ld", &found.began, &found.took) != 2)
      return std::nullopt;
    return found;
  }
};

class RehearseStep final : public Step {
 public:
  RehearseStep(const plan::Plan& plan, plan::StepId id, plan::StepId writes)
      : plan_(plan), id_(id), writes_id_(writes) {}

  Result<Outcome> advance(World& world) override {
    MIG_ASSIGN(noted, note(world));
    if (!noted) {
      MIG_TRY(write_note(world, Rehearsal{.began = micros(world.clock.now())}));
      return Outcome{More{.cursor = "the way back begins"}, {}};
    }
    if (!noted->was_back()) {
      MIG_ASSIGN(outcome, writes().undo(world));
      if (!std::holds_alternative<Done>(outcome.what)) return std::move(outcome);
      writes_.reset();
      noted->took = micros(world.clock.now()) - noted->began;
      MIG_TRY(write_note(world, *noted));
      return Outcome{More{.cursor = "the writes have been back"}, {}};
    }
    if (!noted->is_over) {
      MIG_ASSIGN(outcome, writes().advance(world));
      if (!std::holds_alternative<Done>(outcome.what)) return std::move(outcome);
      writes_.reset();
      noted->is_over = true;
      MIG_TRY(write_note(world, *noted));
    }
    const auto took = std::chrono::milliseconds((noted->took + 999) / 1000);
    return Outcome{Done{"writes went back to old, and go to new again", {}, took}, {}};
  }

  // Where the writes go back as well, the undoing of their step takes them from wherever this one
  // stopped. Where they stay, what was begun is ended.
  Result<Outcome> undo(World& world) override {
    const auto undone = plan::undo_order(world.plan, world.state);
    const bool go_back = std::ranges::find(undone, writes_id_) != undone.end();
    MIG_ASSIGN(noted, note(world));
    if (noted && !noted->is_over && !go_back) {
      MIG_ASSIGN(outcome, advance(world));
      if (!std::holds_alternative<Done>(outcome.what)) return std::move(outcome);
    }
    MIG_TRY(forget_note(world));
    return Outcome{Done{"nothing to undo", {}}, {}};
  }

 private:
  static std::int64_t micros(Instant at) { return at.time_since_epoch().count(); }

  Step& writes() {
    if (!writes_) writes_ = make_writes(plan_, writes_id_, id_);
    return *writes_;
  }

  Result<std::optional<Rehearsal>> note(World& world) const {
    MIG_ASSIGN(opened, world.stores.reading(new_store(world)));
    MIG_ASSIGN(noted, read_applied(opened, world.authority.run, plan_.at(id_).name));
    if (!noted) return std::optional<Rehearsal>();
    auto found = Rehearsal::parse(noted->cursor);
    if (found) found->is_over = noted->finished;
    return found;
  }
  Result<void> write_note(World& world, const Rehearsal& rehearsal) const {
    MIG_ASSIGN(effect, begin_effect(world, new_store(world), id_));
    return effect.commit(Applied{.cursor = rehearsal.print(), .finished = rehearsal.is_over});
  }
  Result<void> forget_note(World& world) const {
    MIG_ASSIGN(effect, begin_effect(world, new_store(world), id_));
    return effect.commit_undone();
  }

  const plan::Plan& plan_;
  plan::StepId id_;
  plan::StepId writes_id_;
  std::unique_ptr<Step> writes_;
};

}  // namespace

std::unique_ptr<Step> make_rehearse(const plan::Plan& plan, plan::StepId id) {
  const auto before = plan::writes_before(plan, id);
  assert(before.reverse && "the compiler lets nobody rehearse what does not lead back");
  return std::make_unique<RehearseStep>(plan, id, *before.reverse);
}

}  // namespace mig::runtime
