#include "runtime/steps/copy.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "compiler/plan/machine/schedule.hpp"
#include "runtime/steps/bytes_ahead.hpp"
#include "runtime/steps/copy_cursor.hpp"
#include "runtime/steps/copy_lanes.hpp"
#include "runtime/steps/copy_large.hpp"
#include "runtime/steps/copy_pace.hpp"
#include "runtime/steps/copy_pages.hpp"
#include "runtime/steps/copy_rows.hpp"
#include "runtime/steps/copy_source.hpp"
#include "runtime/steps/lane_width.hpp"
#include "runtime/steps/strain.hpp"
#include "runtime/stores/control.hpp"
#include "runtime/stores/copied_blocks.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/lineage.hpp"
#include "runtime/stores/page_limit.hpp"
#include "runtime/stores/sqlite_bulk.hpp"
#include "runtime/stores/store_letters.hpp"

namespace mig::runtime {
namespace {

constexpr int kLookedAt = 16;
constexpr int kMostLanes = 4;

class CopyStep final : public Step {
 public:
  CopyStep(const plan::Plan& plan, const plan::Copy& action, plan::StepId id)
      : plan_(plan),
        action_(action),
        id_(id),
        target_(plan.at(plan.to.front()).store),
        note_(plan.at(id).name),
        strain_(plan_, action_),
        large_(plan_, action_, id_),
        rows_(plan_, action_, id) {}

  Result<Outcome> advance(World& world) override {
    MIG_TRY(open(world));
    assert(pace_.has_value());
    if (world.clock.now() < pace_->rests_until()) {
      return Outcome{WaitUntil{pace_->rests_until(), {}, "so that others can write"}, {}};
    }
    MIG_ASSIGN(applied, read_applied(*writer_, world.authority.run, plan_.at(id_).name));
    if (!applied) return start(world);
    if (applied->finished) return ended(*applied);
    MIG_ASSIGN(look, strain_.look(world));
    if (!look.why.empty()) {
      const Instant again = world.clock.now() + std::chrono::floor<Instant::duration>(kStrainAgain);
      return Outcome{WaitUntil{again, {}, look.why}, {}, std::move(look.warned)};
    }
    if (!look.warned.empty())
      return Outcome{More{.counts = applied->counts}, {}, std::move(look.warned)};
    MIG_ASSIGN(can_go_on, knows(applied->cursor));
    if (!can_go_on) return start_again(world);
    const CopyCursor cursor = CopyCursor::parse(applied->cursor);
    if (cursor.ranges > 0) {
      auto moved = move_ranges(world, *applied);
      if (!moved) lanes_.reset();  // nobody knows how far they came: their notes are read again
      return moved;
    }
    if (cursor.is_claimed && applied->cursor != settled_) return look_again(world, *applied);
    if (!cursor.large.empty()) return large_.advance(world, *applied, rows_.set_aside(), *pace_);
    return move(world, *applied);
  }

  // The rows go with the tables that this run made; without the note a later start copies again. A
  // lineage that a follower still uses goes with the following.
  Result<Outcome> undo(World& world) override {
    if (world.stores.exists(target_)) {
      MIG_ASSIGN(effect, begin(world));
      MIG_TRY(drop_dead_letters(effect, world.authority.run, plan_.at(id_).name));
      const bool has_lineages = effect.redis() == nullptr && !is_followed(world);
      if (has_lineages) MIG_TRY(remove_lineages(effect.database(), plan_));
      if (effect.redis() == nullptr)
        MIG_TRY(forget_blocks(effect.database(), world.authority.run, plan_.at(id_).name));
      MIG_TRY(effect.commit_undone());
    }
    return Outcome{Done{.summary = "the copy is forgotten"}, {}};
  }

 private:
  Result<void> open(World& world) {
    if (rows_.is_open()) return {};
    MIG_TRY(check_one_target(world.stores, plan_));
    MIG_ASSIGN(writer, world.stores.writing(target_));
    writer_.emplace(writer);
    MIG_ASSIGN(old, world.stores.reading(plan_.at(plan_.from).store));
    const auto open_source = is_followed(world) ? open_followed_source : open_source_at_rest;
    MIG_ASSIGN(source, open_source(world.stores, plan_, writer));
    MIG_TRY(rows_.open(world, std::move(source), writer));
    const bool may_claim = writer.redis() != nullptr && !is_followed(world) &&
                           action_.on_conflict == plan::OnConflict::Keep;
    claims_ = may_claim ? Claims::Blind : Claims::None;
    pace_.emplace(action_, most_rows());
    if (!action_.pace.bytes) {  // inside the engine nobody sees how large the rows are
      MIG_ASSIGN(bulk, BulkCopy::open(world.stores, plan_, action_));
      bulk_ = std::move(bulk);
    }
    if (rows_.were_set_aside()) {  // pages of bytes do not say which rows they hold
      bulk_.reset();
      return {};
    }
    const bool is_scanned = rows_.scanned() != nullptr && claims_ != Claims::None;
    if (old.redis() != nullptr && !is_scanned) return {};
    const bool hurries = action_.pace.kind == plan::PaceKind::Full && old.redis() == nullptr;
    width_ = LaneWidth(hurries ? kMostLanes : 1);
    MIG_ASSIGN(bytes, open_bytes_ahead(world.stores, writer, plan_,
                                       {action_, world.authority.run, plan_.at(id_).name}));
    bytes_ = std::move(bytes);
    return {};
  }

  // Fixes the end: rows that appear behind it are not this copy's.
  Result<Outcome> start(World& world) {
    MIG_TRY(rows_.check_keys());
    MIG_ASSIGN(total, rows_.reader().about());
    MIG_ASSIGN(last, rows_.reader().last_key());
    MIG_ASSIGN(effect, begin(world));
    if (effect.applied()) return Outcome{More{.counts = effect.applied()->counts}, {}};
    const CopyCursor cursor{"", last.empty() ? "-" : last, total};
    MIG_TRY(effect.commit({.cursor = cursor.text(), .finished = last.empty()}));
    return Outcome{More{.total = total}, {}};
  }

  // Whether a copy that stands there is one that this step can go on with.
  Result<bool> knows(const std::string& cursor) {
    if (!is_known_) {
      MIG_ASSIGN(is_known, rows_.knows(CopyCursor::parse(cursor)));
      is_known_ = is_known;
    }
    return is_known_;
  }

  // What was moved stays, and is kept the next time.
  Result<Outcome> start_again(World& world) {
    MIG_ASSIGN(effect, begin(world));
    MIG_TRY(effect.commit_undone());
    is_known_ = true;
    return Outcome{More{}, {}};
  }

  // Nobody heard what became of a page's claims: what stands there now tells. Where that is the row
  // it was moved, where it is another one that was kept.
  Result<Outcome> look_again(World& world, const Applied& applied) {
    const CopyCursor cursor = CopyCursor::parse(applied.cursor);
    MIG_ASSIGN(carried, rows_.pages().take({cursor.claimed_from, cursor.at, kWholePage}));
    MIG_ASSIGN(effect, begin(world));
    if (!stands_at(effect, applied.cursor)) return cursor_moved();
    MIG_ASSIGN(refused, rows_.count_refused(world, effect, *carried, cursor.large));
    return settle(effect, applied, refused);
  }

  // The note of a page whose claims are known, inside an effect that does nothing else.
  Result<Outcome> settle(Effect& effect, const Applied& applied, std::size_t refused) {
    const Applied now = settled(applied, refused);
    const CopyCursor cursor = CopyCursor::parse(now.cursor);
    if (auto committed = effect.commit(now); !committed) {
      if (effect.is_disturbed()) return Outcome{More{.counts = applied.counts}, {}};
      return std::unexpected(std::move(committed).error());
    }
    if (now.finished) return ended(now);
    return Outcome{More{shown_key(cursor.at), now.counts, cursor.total}, {}};
  }

  // Ends a page's effect; what a server loses of it, it loses with its note. A claim that was
  // refused is counted by another one, and so is the end of a copy whose last page claimed.
  Result<Outcome> finish_page(World& world, Effect& effect, Applied now, CopyCursor cursor,
                              bool is_last) {
    now.cursor = cursor.text();
    now.finished = is_last && !cursor.is_claimed && cursor.large.empty();
    if (auto committed = effect.commit(now, Durable::WithTheNext); !committed) {
      if (effect.is_disturbed()) return Outcome{More{.counts = now.counts}, {}};
      return std::unexpected(std::move(committed).error());
    }
    if (now.finished) return ended(now);
    const std::size_t refused = cursor.is_claimed ? effect.redis()->refused().size() : 0;
    if (refused > 0 && claims_ == Claims::Blind) {  // there may be more of them
      claims_ = Claims::Looked;
      rows_.reopen_chunk();
    }
    const bool is_awaited = is_last || !cursor.large.empty();  // nobody else would say it soon
    if (refused > 0 || (is_awaited && cursor.is_claimed)) {
      MIG_ASSIGN(next, begin(world));
      if (!stands_at(next, now.cursor)) return cursor_moved();
      return settle(next, now, refused);
    }
    settled_ = now.cursor;
    return Outcome{More{shown_key(cursor.at), now.counts, cursor.total}, {}};
  }

  // With the note that is written at present.
  Result<Effect> begin(World& world) {
    MIG_ASSIGN(opened, world.stores.writing(target_));
    return begin(world, opened);
  }
  Result<Effect> begin(World& world, const OpenStore& opened) const {
    return Effect::begin(opened, resources_of(world.stores, target_), world.authority, note_);
  }

  // A page inside the engine, or nothing where it needs to be looked at row by row.
  Result<std::optional<Outcome>> move_page_in_bulk(World& world, const Applied& applied) {
    assert(bulk_.has_value());
    CopyCursor cursor = CopyCursor::parse(applied.cursor);
    const Duration began = world.clock.elapsed();
    MIG_ASSIGN(effect, begin(world, bulk_->database()));
    if (!stands_at(effect, applied.cursor)) return cursor_moved();
    MIG_ASSIGN(totals,
               bulk_->copy(cursor.at, cursor.end, static_cast<std::int64_t>(pace_->rows())));
    if (!totals) return std::optional<Outcome>();
    Applied now = applied;
    now.counts.read += totals->read;
    now.counts.moved += totals->moved;
    now.counts.kept += totals->read - totals->moved;
    now.counts.written += totals->moved;
    if (totals->read > 0) cursor.at = totals->last;
    MIG_ASSIGN(outcome, finish_page(world, effect, now, std::move(cursor), totals->is_last));
    pace_->note(world.clock, {.rows = totals->read}, world.clock.elapsed() - began);
    return std::optional(std::move(outcome));
  }

  // Pages as the bytes that the source gives, or nothing where the rows of the first one need to be
  // looked at.
  Result<std::optional<Outcome>> move_bytes(World& world, const Applied& applied) {
    assert(bytes_ != nullptr);
    CopyCursor cursor = CopyCursor::parse(applied.cursor);
    PageRange range{cursor.at, cursor.end, pace_->rows_of_page(may_read_ahead(world))};
    if (may_read_ahead(world)) bytes_->start(world.beside, range);
    const Reading reading(*bytes_, world.beside);
    MIG_ASSIGN(page, bytes_->take(range));
    if (!goes_in(*page)) return std::optional<Outcome>();
    const Duration began = world.clock.elapsed();
    MIG_ASSIGN(effect, begin(world));
    if (!stands_at(effect, applied.cursor)) return cursor_moved();
    MIG_ASSIGN(written, write_pages(*bytes_, effect, claims_, *pace_, range, page));
    if (!written.is_any) return std::optional<Outcome>();
    Applied now = applied;
    cursor.large = written.large;
    now.counts = now.counts + written.counts;
    cursor.move_on(written.last, claims_ != Claims::None);
    MIG_ASSIGN(outcome, finish_page(world, effect, now, std::move(cursor), written.is_last));
    const Duration took = world.clock.elapsed() - began;
    pace_->note(world.clock, written.moved, took);
    width_.note(written.moved.rows, took);
    return std::optional(std::move(outcome));
  }

  // More than one writer pays, as far as was measured: the rest is split into ranges. False where
  // it cannot be.
  Result<bool> split(World& world, const Applied& applied) {
    assert(bytes_ != nullptr);
    CopyCursor cursor = CopyCursor::parse(applied.cursor);
    MIG_ASSIGN(points, split_points(*bytes_, cursor, applied.counts.read));
    if (points.empty()) {
      width_ = LaneWidth(1);
      return false;
    }
    MIG_ASSIGN(effect, begin(world));
    if (!stands_at(effect, applied.cursor)) return cursor_moved();
    MIG_TRY(note_ranges(*effect.sql(), cursor.at, points, cursor.end));
    cursor.ranges = points.size() + 1;
    lanes_.reset();
    MIG_TRY(effect.commit({cursor.text(), applied.counts}));
    bytes_.reset();  // lanes have pages of their own
    return true;
  }

  // A stretch of the ranges; the last one to end ends the copy.
  Result<Outcome> move_ranges(World& world, const Applied& applied) {
    const CopyCursor cursor = CopyCursor::parse(applied.cursor);
    if (!lanes_) {
      MIG_ASSIGN(ranges, read_ranges(*writer_, world.authority.run, note_, cursor.ranges));
      lanes_.emplace(CopyLanes::Owner{plan_, action_, id_, most_rows()}, std::move(ranges));
    }
    const bool must_look = rows_.were_set_aside() || looked_at_ > 0 || is_followed(world);
    if (CopyRange* next = lanes_->next(); next != nullptr && must_look) {
      MIG_TRY(move_rows_of(world, *next, applied.counts + lanes_->counts(next)));
    } else {
      const Duration began = world.clock.elapsed();
      MIG_ASSIGN(moved, lanes_->advance(world, width_.lanes()));
      width_.note(moved.rows, world.clock.elapsed() - began);
      if (moved.is_stuck) looked_at_ = kLookedAt;
    }
    const plan::Counts counts = applied.counts + lanes_->counts();
    const CopyRange* next = lanes_->next();
    if (next == nullptr) return end_ranges(world, applied, counts);
    const CopyCursor at = CopyCursor::parse(next->applied.cursor);
    return Outcome{More{shown_key(at.at), counts, cursor.total}, {}};
  }

  // A page of a range whose rows need to be looked at, with its own note.
  Result<void> move_rows_of(World& world, CopyRange& range, const plan::Counts& others) {
    if (looked_at_ > 0) --looked_at_;
    const std::string own = std::exchange(note_, range.name);
    auto moved = move_rows(world, range.applied, others);
    note_ = own;
    if (!moved) return std::unexpected(std::move(moved).error());
    MIG_ASSIGN(applied, read_applied(*writer_, world.authority.run, range.name));
    if (applied) range.applied = std::move(*applied);
    if (range.applied.finished) looked_at_ = 0;
    return {};
  }

  Result<Outcome> end_ranges(World& world, const Applied& applied, const plan::Counts& counts) {
    MIG_ASSIGN(effect, begin(world));
    if (!stands_at(effect, applied.cursor)) return cursor_moved();
    MIG_TRY(effect.sql()->forget_parts());
    const CopyCursor cursor = CopyCursor::parse(applied.cursor);
    const Applied now{CopyCursor{cursor.end, cursor.end, cursor.total}.text(), counts, true};
    MIG_TRY(effect.commit(now));
    return ended(now);
  }

  Result<Outcome> move(World& world, const Applied& applied) {
    if (looked_at_ > 0) {
      --looked_at_;
    } else if (bytes_ && !is_followed(world)) {
      if (width_.lanes() > 1) {
        MIG_ASSIGN(is_split, split(world, applied));
        if (is_split) return Outcome{More{.counts = applied.counts}, {}};
      }
      MIG_ASSIGN(moved, move_bytes(world, applied));
      if (moved) return *moved;
      looked_at_ = kLookedAt;
    }
    if (bulk_) {
      MIG_ASSIGN(moved, move_page_in_bulk(world, applied));
      if (moved) return *moved;
    }
    return move_rows(world, applied);
  }

  // `others`: what was read and rejected beside this note.
  Result<Outcome> move_rows(World& world, const Applied& applied, const plan::Counts& others = {}) {
    CopyCursor cursor = CopyCursor::parse(applied.cursor);
    PageRange range{cursor.at, cursor.end, pace_->rows_of_page(may_read_ahead(world))};
    if (may_read_ahead(world)) rows_.pages().start(world.beside, range, claims_ == Claims::Blind);
    const Reading reading(rows_.pages(), world.beside);
    // While others write, what is read before the lock may be older than what the follower puts
    // meanwhile, or a row that it takes away: it would come back from the dead (tests/mc, I2).
    std::optional<Effect> effect;
    if (is_followed(world)) {
      MIG_ASSIGN(locked, begin(world));
      effect.emplace(std::move(locked));
    }
    MIG_ASSIGN(page, rows_.pages().take(range));
    const Duration began = world.clock.elapsed();
    if (!effect) {
      MIG_ASSIGN(locked, begin(world));
      effect.emplace(std::move(locked));
    }
    if (!stands_at(*effect, applied.cursor)) return cursor_moved();
    MIG_ASSIGN(written,
               rows_.write(world, *effect, {applied, others, range, claims_}, *pace_, page));
    cursor.move_on(written.last, written.is_claimed);
    MIG_ASSIGN(outcome,
               finish_page(world, *effect, written.now, std::move(cursor), written.is_last));
    pace_->note(world.clock, written.moved, world.clock.elapsed() - began);
    return std::move(outcome);
  }

  static bool is_followed(const World& world) {
    return plan::stream(world.plan, world.state).has_value();
  }

  // A polite page may be smaller than was foreseen. In one file a reader would keep the commit
  // waiting, and behind a page that goes inside the engine nothing has to be read.
  bool may_read_ahead(const World& world) const {
    return action_.pace.kind != plan::PaceKind::Polite && !bulk_ && !is_followed(world) &&
           !world.stores.is_one_file(plan_.at(plan_.from).store, target_);
  }

  std::size_t most_rows() const {
    const auto chunk =
        adapts(action_) ? kMostAdapted : static_cast<std::size_t>(action_.chunk.value);
    const std::size_t typed = rows_.scanned() != nullptr ? kMostScanned : chunk;
    return std::min({chunk, typed, most_rows_of_effect(plan_.at(target_).kind, claims_)});
  }

  const plan::Plan& plan_;
  plan::Copy action_;
  plan::StepId id_;
  plan::StoreId target_;
  std::string note_;  // the step's, or that of the range that is moved
  Strain strain_;
  LargeRows large_;
  std::optional<OpenStore> writer_;  // from `open` on
  std::optional<CopyPace> pace_;
  CopyRows rows_;
  std::optional<BulkCopy> bulk_;
  Claims claims_ = Claims::None;
  bool is_known_ = false;  // the cursor, to the source
  std::string settled_;    // a cursor whose page is known to have moved all of its rows
  std::unique_ptr<BytesAhead> bytes_;
  LaneWidth width_{1};
  std::optional<CopyLanes> lanes_;  // while the rest is split into ranges
  int looked_at_ = 0;               // pages whose rows are read before bytes are tried again
};

}  // namespace

std::unique_ptr<Step> make_copy(const plan::Plan& plan, const plan::Copy& action, plan::StepId id) {
  return std::make_unique<CopyStep>(plan, action, id);
}

}  // namespace mig::runtime
