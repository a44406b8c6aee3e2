#include "runtime/steps/copy.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/steps/bytes_ahead.hpp"
#include "runtime/steps/chunk_writer.hpp"
#include "runtime/steps/copy_cursor.hpp"
#include "runtime/steps/copy_pace.hpp"
#include "runtime/steps/copy_rejects.hpp"
#include "runtime/steps/copy_source.hpp"
#include "runtime/steps/read_ahead.hpp"
#include "runtime/steps/redis_chunk.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/steps/strain.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/lineage.hpp"
#include "runtime/stores/open_rows.hpp"
#include "runtime/stores/page_limit.hpp"
#include "runtime/stores/redis_scan.hpp"
#include "runtime/stores/sqlite_bulk.hpp"
#include "runtime/stores/store_letters.hpp"

namespace mig::runtime {
namespace {

constexpr int kLookedAt = 16;
constexpr std::size_t kMostScanned = 16'000;  // rows of a page from Redis, for its memory

class CopyStep final : public Step {
 public:
  CopyStep(const plan::Plan& plan, const plan::Copy& action, plan::StepId id)
      : plan_(plan),
        action_(action),
        id_(id),
        target_(plan.at(plan.to.front()).store),
        strain_(plan_, action_),
        dead_(plan_) {}

  Result<Outcome> advance(World& world) override {
    MIG_TRY(open(world));
    assert(pace_.has_value());
    if (world.clock.now() < pace_->rests_until()) {
      return Outcome{WaitUntil{pace_->rests_until(), {}, "so that others can write"}, {}};
    }
    MIG_ASSIGN(applied, read_applied(*writer_, world.authority.run, plan_.at(id_).name));
    if (!applied) return start(world);
    if (applied->finished) return done(*applied);
    MIG_ASSIGN(look, strain_.look(world));
    if (!look.why.empty()) {
      const Instant again = world.clock.now() + std::chrono::floor<Instant::duration>(kStrainAgain);
      return Outcome{WaitUntil{again, {}, look.why}, {}, std::move(look.warned)};
    }
    if (!look.warned.empty())
      return Outcome{More{.counts = applied->counts}, {}, std::move(look.warned)};
    MIG_ASSIGN(can_go_on, knows(applied->cursor));
    if (!can_go_on) return start_again(world);
    const bool is_unsettled = CopyCursor::parse(applied->cursor).is_claimed;
    if (is_unsettled && applied->cursor != settled_) return look_again(world, *applied);
    return move(world, *applied);
  }

  // The rows go with the tables that this run made; without the note a later start copies again. A
  // lineage that a follower still uses goes with the following.
  Result<Outcome> undo(World& world) override {
    if (world.stores.exists(target_)) {
      MIG_ASSIGN(effect, begin_effect(world, target_, id_));
      MIG_TRY(drop_dead_letters(effect, world.authority.run, plan_.at(id_).name));
      const bool has_lineages = effect.redis() == nullptr && !is_followed(world);
      if (has_lineages) MIG_TRY(remove_lineages(effect.database(), plan_));
      MIG_TRY(effect.commit_undone());
    }
    return Outcome{Done{.summary = "the copy is forgotten"}, {}};
  }

 private:
  Result<void> open(World& world) {
    if (source_) return {};
    for (const plan::DatasetId dataset : plan_.to) {
      if (world.stores.is_one_file(plan_.at(dataset).store, target_)) continue;
      return fail(ErrorKind::Permanent,
                  "the new side stands in several files, and rows cannot be committed to them "
                  "together",
                  "move it to one store");
    }
    MIG_ASSIGN(writer, world.stores.writing(target_));
    writer_.emplace(writer);
    MIG_ASSIGN(old, world.stores.reading(plan_.at(plan_.from).store));
    const auto open_source = is_followed(world) ? open_followed_source : open_source_at_rest;
    MIG_ASSIGN(source, open_source(world.stores, plan_, writer));
    scanned_ = source.scanned;
    MIG_ASSIGN(pages, carried_pages(plan_, world.clock));
    source_.emplace(std::move(source.rows), std::move(pages));
    const bool may_claim = writer.redis() != nullptr && !is_followed(world);
    claims_ =
        may_claim && action_.on_conflict == plan::OnConflict::Keep ? Claims::Blind : Claims::None;
    pace_.emplace(action_, most_rows());
    if (!action_.pace.bytes) {  // inside the engine nobody sees how large the rows are
      MIG_ASSIGN(bulk, BulkCopy::open(world.stores, plan_, action_));
      bulk_ = std::move(bulk);
    }
    MIG_TRY(dead_.find(world, *writer_));
    if (!dead_.empty()) {  // pages of bytes do not say which rows they hold
      bulk_.reset();
      return {};
    }
    if (old.redis() != nullptr && (scanned_ == nullptr || claims_ == Claims::None)) return {};
    MIG_ASSIGN(bytes, open_bytes_ahead(old, writer, plan_, action_));
    bytes_ = std::move(bytes);
    return {};
  }

  // Fixes the end: rows that appear behind it are not this copy's.
  Result<Outcome> start(World& world) {
    assert(source_.has_value());
    MIG_ASSIGN(without_key, source_->reader().count_without_key());
    if (without_key > 0) {
      return fail(ErrorKind::Permanent,
                  fmt::format("{} rows of `{}` have no key, so they cannot be told apart",
                              without_key, plan_.at(plan_.from).table),
                  "give them a key or delete them");
    }
    MIG_ASSIGN(total, source_->reader().about());
    MIG_ASSIGN(last, source_->reader().last_key());
    MIG_ASSIGN(effect, begin_effect(world, target_, id_));
    if (effect.applied()) return Outcome{More{.counts = effect.applied()->counts}, {}};
    const CopyCursor cursor{"", last.empty() ? "-" : last, total};
    MIG_TRY(effect.commit({.cursor = cursor.text(), .finished = last.empty()}));
    return Outcome{More{.total = total}, {}};
  }

  // Whether a copy that stands there is one that this step can go on with.
  Result<bool> knows(const std::string& cursor) {
    if (is_known_) return true;
    const CopyCursor at = CopyCursor::parse(cursor);
    is_known_ = (scanned_ != nullptr) == (at.end == scan_end());
    if (scanned_ == nullptr || !is_known_) return is_known_;
    MIG_ASSIGN(is_place, knows_place(*scanned_, at.at));
    is_known_ = is_place;
    return is_known_;
  }

  // What was moved stays, and is kept the next time.
  Result<Outcome> start_again(World& world) {
    MIG_ASSIGN(effect, begin_effect(world, target_, id_));
    MIG_TRY(effect.commit_undone());
    is_known_ = true;
    return Outcome{More{}, {}};
  }

  // Nobody heard what became of a page's claims: what stands there now tells. Where that is the row
  // it was moved, where it is another one that was kept.
  Result<Outcome> look_again(World& world, const Applied& applied) {
    assert(source_.has_value());
    const CopyCursor cursor = CopyCursor::parse(applied.cursor);
    MIG_ASSIGN(carried, source_->take({cursor.claimed_from, cursor.at, kWholePage}));
    MIG_ASSIGN(effect, begin_effect(world, target_, id_));
    if (!stands_at(effect, applied.cursor)) return cursor_moved();
    RedisChunk looking(plan_, WriteRule::Shared, world.clock, SharedRows::Agree);
    MIG_ASSIGN(refused, looking.count_others(effect, carried->carrier, carried->page));
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
    if (now.finished) return done(now);
    return Outcome{More{shown_key(cursor.at), now.counts, cursor.total}, {}};
  }

  // Ends a page's effect; what a server loses of it, it loses with its note. A claim that was
  // refused is counted by another one, and so is the end of a copy whose last page claimed.
  Result<Outcome> finish_page(World& world, Effect& effect, Applied now, CopyCursor cursor,
                              bool is_last) {
    now.cursor = cursor.text();
    now.finished = is_last && !cursor.is_claimed;
    if (auto committed = effect.commit(now, Durable::WithTheNext); !committed) {
      if (effect.is_disturbed()) return Outcome{More{.counts = now.counts}, {}};
      return std::unexpected(std::move(committed).error());
    }
    if (now.finished) return done(now);
    const std::size_t refused = cursor.is_claimed ? effect.redis()->refused().size() : 0;
    if (refused > 0 && claims_ == Claims::Blind) {  // there may be more of them
      claims_ = Claims::Looked;
      chunk_.reset();
    }
    if (refused > 0 || (is_last && cursor.is_claimed)) {
      MIG_ASSIGN(next, begin_effect(world, target_, id_));
      if (!stands_at(next, now.cursor)) return cursor_moved();
      return settle(next, now, refused);
    }
    settled_ = now.cursor;
    return Outcome{More{shown_key(cursor.at), now.counts, cursor.total}, {}};
  }

  Result<Outcome> done(const Applied& applied) const {
    return Outcome{Done{.summary = summary(applied.counts), .counts = applied.counts}, {}};
  }

  // A page inside the engine, or nothing where it needs to be looked at row by row.
  Result<std::optional<Outcome>> move_page_in_bulk(World& world, const Applied& applied) {
    assert(bulk_.has_value());
    CopyCursor cursor = CopyCursor::parse(applied.cursor);
    const Duration began = world.clock.elapsed();
    MIG_ASSIGN(effect, begin_effect(world, bulk_->database(), target_, id_));
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
    now.cursor = cursor.text();
    now.finished = totals->is_last;
    MIG_TRY(effect.commit(now));
    pace_->note(world.clock, {.rows = totals->read}, world.clock.elapsed() - began);
    if (!now.finished) return Outcome{More{shown_key(cursor.at), now.counts, cursor.total}, {}};
    MIG_ASSIGN(end, done(now));
    return std::optional(end);
  }

  static bool stands_at(const Effect& effect, const std::string& cursor) {
    const std::optional<Applied>& present = effect.applied();
    return present && present->cursor == cursor;
  }

  std::unexpected<Error> cursor_moved() const {
    return fail(ErrorKind::Conflict, "the copy's cursor moved under it",
                "only one runner may copy; look with `mig status`");
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
    MIG_ASSIGN(effect, begin_effect(world, target_, id_));
    if (!stands_at(effect, applied.cursor)) return cursor_moved();
    Applied now = applied;
    Moved moved;
    bool is_last = false;
    while (true) {
      MIG_ASSIGN(gone_in, bytes_->write(effect, claims_));
      if (!gone_in) break;
      now.counts.read += page->read;
      now.counts.moved += *gone_in;
      now.counts.kept += page->read - *gone_in;
      now.counts.written += *gone_in;
      moved = {moved.rows + page->read, moved.bytes + page->bytes};
      range.after = page->last;
      is_last = page->is_last || page->last == cursor.end;
      if (is_last || !pace_->has_room(moved, range.limit)) break;
      MIG_ASSIGN(next, bytes_->take(range));
      if (!goes_in(*next)) break;
      page = next;
    }
    if (moved.rows == 0) return std::optional<Outcome>();
    cursor.move_on(range.after, claims_ != Claims::None);
    MIG_ASSIGN(outcome, finish_page(world, effect, now, std::move(cursor), is_last));
    pace_->note(world.clock, moved, world.clock.elapsed() - began);
    return std::optional(std::move(outcome));
  }

  Result<Outcome> move(World& world, const Applied& applied) {
    if (looked_at_ > 0) {
      --looked_at_;
    } else if (bytes_ && !is_followed(world)) {
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

  Result<Outcome> move_rows(World& world, const Applied& applied) {
    assert(source_.has_value());
    CopyCursor cursor = CopyCursor::parse(applied.cursor);
    PageRange range{cursor.at, cursor.end, pace_->rows_of_page(may_read_ahead(world))};
    if (may_read_ahead(world)) source_->start(world.beside, range, claims_ == Claims::Blind);
    const Reading reading(*source_, world.beside);
    // While others write, what is read before the lock may be older than what the follower puts
    // meanwhile, or a row that it takes away: it would come back from the dead (tests/mc, I2).
    std::optional<Effect> effect;
    if (is_followed(world)) {
      MIG_ASSIGN(locked, begin_effect(world, target_, id_));
      effect.emplace(std::move(locked));
    }
    MIG_ASSIGN(carried, source_->take(range));
    const Duration began = world.clock.elapsed();
    if (!effect) {
      MIG_ASSIGN(locked, begin_effect(world, target_, id_));
      effect.emplace(std::move(locked));
    }
    if (!stands_at(*effect, applied.cursor)) return cursor_moved();
    Applied now = applied;
    Moved moved;
    bool is_claimed = false;
    bool is_last = false;
    while (true) {
      const Page& page = carried->page;
      if (page.read > 0 || scanned_ != nullptr) range.after = page.last;
      is_last = page.is_last || range.after == cursor.end;
      now.finished = is_last;
      MIG_ASSIGN(claims, write_page(world, *effect, *carried, now));
      is_claimed = is_claimed || claims;
      moved.rows += page.read;
      moved.bytes += static_cast<std::int64_t>(page.rows.byte_count());
      if (is_last || !pace_->has_room(moved, range.limit)) break;
      MIG_ASSIGN(next, source_->take(range));
      carried = next;
    }
    cursor.move_on(range.after, is_claimed);
    MIG_ASSIGN(outcome, finish_page(world, *effect, now, std::move(cursor), is_last));
    pace_->note(world.clock, moved, world.clock.elapsed() - began);
    return std::move(outcome);
  }

  Result<ChunkWriter::Totals> write_rows(World& world, Effect& effect, const CarriedPage& carried) {
    if (claims_ == Claims::Blind && carried.has_claims) {
      return queue_claims(*effect.redis(), carried.page, carried.claims);
    }
    if (!chunk_ || !chunk_->is_for(effect)) {
      MIG_ASSIGN(opened, open_chunk(effect, plan_, carried.carrier, write_rule(action_.on_conflict),
                                    world.clock, SharedRows::Agree, claims_, action_.merged));
      chunk_ = std::move(opened);
    }
    return chunk_->write(effect, carried.carrier, carried.page);
  }

  // Adds to `now` what became of the page's rows; whether any of them was claimed.
  Result<bool> write_page(World& world, Effect& effect, const CarriedPage& carried, Applied& now) {
    const Page& page = carried.page;
    MIG_ASSIGN(totals, write_rows(world, effect, carried));
    const auto letters = letters_of(world, action_, id_, page, totals.rejects);
    now.counts.read += page.read;
    now.counts.moved += totals.moved;
    now.counts.kept += totals.kept;
    now.counts.rejected += static_cast<std::int64_t>(letters.size());
    now.counts.written += totals.written;
    MIG_TRY(judge_rejects(action_, letters, now));
    if (is_followed(world))
      MIG_TRY(dead_.find(world, *writer_));  // the follower sets rows aside, too
    MIG_TRY(dead_.close(world, effect, page));
    MIG_TRY(add_dead_letters(effect, letters));
    return totals.is_claimed;
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
    const std::size_t typed = scanned_ != nullptr ? kMostScanned : chunk;
    return std::min({chunk, typed, most_rows_of_effect(plan_.at(target_).kind, claims_)});
  }

  const plan::Plan& plan_;
  plan::Copy action_;
  plan::StepId id_;
  plan::StoreId target_;
  Strain strain_;
  std::optional<OpenStore> writer_;  // from `open` on
  std::optional<CopyPace> pace_;
  std::optional<ReadAhead> source_;
  std::optional<BulkCopy> bulk_;
  RedisConnection* scanned_ = nullptr;  // the source, where it is read in SCAN's order
  Claims claims_ = Claims::None;
  bool is_known_ = false;  // the cursor, to the source
  std::string settled_;    // a cursor whose page is known to have moved all of its rows
  std::unique_ptr<BytesAhead> bytes_;
  int looked_at_ = 0;  // pages whose rows are read before bytes are tried again
  std::unique_ptr<ChunkWriter> chunk_;
  SetAsideBefore dead_;
};

}  // namespace

std::unique_ptr<Step> make_copy(const plan::Plan& plan, const plan::Copy& action, plan::StepId id) {
  return std::make_unique<CopyStep>(plan, action, id);
}

}  // namespace mig::runtime
