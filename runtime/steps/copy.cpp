#include "runtime/steps/copy.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/steps/bytes_ahead.hpp"
#include "runtime/steps/chunk_writer.hpp"
#include "runtime/steps/copy_cursor.hpp"
#include "runtime/steps/copy_rejects.hpp"
#include "runtime/steps/copy_source.hpp"
#include "runtime/steps/read_ahead.hpp"
#include "runtime/steps/redis_chunk.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/lineage.hpp"
#include "runtime/stores/open_rows.hpp"
#include "runtime/stores/redis_scan.hpp"
#include "runtime/stores/sqlite_bulk.hpp"
#include "runtime/stores/store_letters.hpp"

namespace mig::runtime {
namespace {

// How long a polite write transaction may keep others from writing.
constexpr Duration kPoliteWrite = std::chrono::milliseconds(25);
constexpr std::size_t kFirstChunk = 200;
constexpr std::size_t kLeastChunk = 20;
constexpr int kLookedAt = 16;
constexpr std::size_t kMostScanned = 16'000;  // rows of a page from Redis, for its memory
constexpr std::size_t kWholePage = 1U << 20;  // more rows than any page has

WriteRule rule_of(plan::OnConflict on_conflict) {
  switch (on_conflict) {
    case plan::OnConflict::Keep:
      return WriteRule::Keep;
    case plan::OnConflict::Replace:
      return WriteRule::Replace;
    case plan::OnConflict::Newer:
      return WriteRule::Newer;
  }
  assert(false && "every rule of the language is one of ours");
  return WriteRule::Keep;
}

class CopyStep final : public Step {
 public:
  CopyStep(const plan::Plan& plan, const plan::Copy& action, plan::StepId id)
      : plan_(plan), action_(action), id_(id), target_(plan.at(plan.to.front()).store) {}

  Result<Outcome> advance(World& world) override {
    if (world.clock.now() < pause_until_) {
      return Outcome{WaitUntil{pause_until_, {}, "so that others can write"}, {}};
    }
    MIG_TRY(open(world));
    MIG_ASSIGN(applied, read_applied(*writer_, world.authority.run, plan_.at(id_).name));
    if (!applied) return start(world);
    if (applied->finished) return done(*applied);
    MIG_ASSIGN(can_go_on, knows(applied->cursor));
    if (!can_go_on) return start_again(world);
    const bool is_unsettled = CopyCursor::parse(applied->cursor).is_claimed;
    if (is_unsettled && applied->cursor != settled_) return look_again(world, *applied);
    return move_page(world, *applied);
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
    source_.emplace(plan_, std::move(source.rows));
    const bool may_claim = writer.redis() != nullptr && !is_followed(world);
    claims_ =
        may_claim && action_.on_conflict == plan::OnConflict::Keep ? Claims::Allowed : Claims::None;
    const bool is_polite = action_.pace.kind == plan::PaceKind::Polite;
    rows_ = is_polite ? std::min(most_rows(), kFirstChunk) : most_rows();
    MIG_ASSIGN(bulk, BulkCopy::open(world.stores, plan_, action_));
    bulk_ = std::move(bulk);
    MIG_TRY(find_dead(world));
    if (!dead_.empty()) {  // pages of bytes do not say which rows they hold
      bulk_.reset();
      return {};
    }
    if (old.redis() != nullptr && (scanned_ == nullptr || claims_ == Claims::None)) return {};
    MIG_ASSIGN(bytes, open_bytes_ahead(old, writer, plan_));
    bytes_ = std::move(bytes);
    return {};
  }

  Result<void> find_dead(const World& world) {
    MIG_ASSIGN(dead, open_letter_keys(*writer_, world.authority.run, plan_.at(plan_.from).name, "",
                                      std::numeric_limits<std::int32_t>::max()));
    dead_ = std::set<std::string>(dead.begin(), dead.end());
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
    MIG_ASSIGN(total, source_->reader().count());
    MIG_ASSIGN(last, source_->reader().last_key());
    MIG_ASSIGN(effect, begin_effect(world, target_, id_));
    const std::optional<Applied>& present = effect.applied();
    if (present) return Outcome{More{.counts = present->counts}, {}};
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

  // Ends a page's effect. A claim that was refused is counted by another one, and so is the end of
  // a copy whose last page claimed.
  Result<Outcome> finish_page(World& world, Effect& effect, Applied now, CopyCursor cursor,
                              bool is_last) {
    now.cursor = cursor.text();
    now.finished = is_last && !cursor.is_claimed;
    if (auto committed = effect.commit(now); !committed) {
      if (effect.is_disturbed()) return Outcome{More{.counts = now.counts}, {}};
      return std::unexpected(std::move(committed).error());
    }
    if (now.finished) return done(now);
    const std::size_t refused = cursor.is_claimed ? effect.redis()->refused().size() : 0;
    if (refused > 0 || (is_last && cursor.is_claimed)) {
      MIG_ASSIGN(next, begin_effect(world, target_, id_));
      if (!stands_at(next, now.cursor)) return cursor_moved();
      return settle(next, now, refused);
    }
    settled_ = now.cursor;
    return Outcome{More{shown_key(cursor.at), now.counts, cursor.total}, {}};
  }

  Result<Outcome> done(const Applied& applied) const {
    const plan::Counts& counts = applied.counts;
    return Outcome{Done{.summary = fmt::format("{} rows read: {} moved, {} kept, {} rejected; {} "
                                               "rows written",
                                               counts.read, counts.moved, counts.kept,
                                               counts.rejected, counts.written),
                        .counts = counts},
                   {}};
  }

  // A page inside the engine, or nothing where it needs to be looked at row by row.
  Result<std::optional<Outcome>> move_page_in_bulk(World& world, const Applied& applied) {
    assert(bulk_.has_value());
    CopyCursor cursor = CopyCursor::parse(applied.cursor);
    const Duration began = world.clock.elapsed();
    MIG_ASSIGN(effect, begin_effect(world, bulk_->database(), target_, id_));
    if (!stands_at(effect, applied.cursor)) return cursor_moved();
    MIG_ASSIGN(totals, bulk_->copy(cursor.at, cursor.end, static_cast<std::int64_t>(rows_)));
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
    pace(world, totals->read, world.clock.elapsed() - began);
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

  // A page as the bytes that the source gives, or nothing where its rows need to be looked at.
  Result<std::optional<Outcome>> move_page_of_bytes(World& world, const Applied& applied) {
    assert(bytes_ != nullptr);
    CopyCursor cursor = CopyCursor::parse(applied.cursor);
    MIG_ASSIGN(page, bytes_->take({cursor.at, cursor.end, rows_}));
    if (!page->is_plain || page->read == 0) return std::optional<Outcome>();
    cursor.move_on(page->last, claims_ == Claims::Allowed);
    const bool is_last = page->is_last || cursor.at == cursor.end;
    const Reading reading(world.beside);
    if (!is_last && may_read_ahead(world)) {
      bytes_->start(world.beside, {cursor.at, cursor.end, rows_});
    }
    const Duration began = world.clock.elapsed();
    MIG_ASSIGN(effect, begin_effect(world, target_, id_));
    if (!stands_at(effect, applied.cursor)) return cursor_moved();
    MIG_ASSIGN(is_written, bytes_->write(effect));
    if (!is_written) return std::optional<Outcome>();
    Applied now = applied;
    now.counts.read += page->read;
    now.counts.moved += page->read;
    now.counts.written += page->read;
    MIG_ASSIGN(outcome, finish_page(world, effect, now, std::move(cursor), is_last));
    pace(world, page->read, world.clock.elapsed() - began);
    return std::optional(std::move(outcome));
  }

  Result<Outcome> move_page(World& world, const Applied& applied) {
    assert(source_.has_value());
    if (looked_at_ > 0) {
      --looked_at_;
    } else if (bytes_ && !is_followed(world)) {
      MIG_ASSIGN(moved, move_page_of_bytes(world, applied));
      if (moved) return *moved;
      looked_at_ = kLookedAt;
    }
    if (bulk_) {
      MIG_ASSIGN(moved, move_page_in_bulk(world, applied));
      if (moved) return *moved;
    }
    CopyCursor cursor = CopyCursor::parse(applied.cursor);
    // While others write, what is read before the lock may be older than what the follower puts
    // meanwhile, or a row that it takes away: it would come back from the dead (tests/mc, I2).
    std::optional<Effect> early;
    if (is_followed(world)) {
      MIG_ASSIGN(locked, begin_effect(world, target_, id_));
      early.emplace(std::move(locked));
    }
    MIG_ASSIGN(carried, source_->take({cursor.at, cursor.end, rows_}));
    const Page& page = carried->page;
    const bool has_moved = page.read > 0 || scanned_ != nullptr;
    cursor.move_on(has_moved ? page.last : cursor.at, false);
    const bool is_last = page.is_last || cursor.at == cursor.end;
    const Reading reading(world.beside);
    if (!is_last && may_read_ahead(world)) {
      source_->start(world.beside, {cursor.at, cursor.end, rows_});
    }
    const Duration began = world.clock.elapsed();
    if (!early) {
      MIG_ASSIGN(locked, begin_effect(world, target_, id_));
      early.emplace(std::move(locked));
    }
    Effect& effect = *early;
    if (!stands_at(effect, applied.cursor)) return cursor_moved();
    if (!chunk_) {
      MIG_ASSIGN(opened, open_chunk(effect, plan_, carried->carrier, rule_of(action_.on_conflict),
                                    world.clock, SharedRows::Agree, claims_));
      chunk_ = std::move(opened);
    }
    MIG_ASSIGN(totals, chunk_->write(effect, carried->carrier, page));
    const auto letters = letters_of(world, action_, id_, page, totals.rejects);
    const auto rejected = static_cast<std::int64_t>(letters.size());
    Applied now = applied;
    now.counts.read += page.read;
    now.counts.moved += totals.moved;
    now.counts.kept += totals.kept;
    now.counts.rejected += rejected;
    now.counts.written += totals.written;
    now.finished = is_last;
    MIG_TRY(judge_rejects(action_, letters, now));
    if (is_followed(world)) MIG_TRY(find_dead(world));  // the follower sets rows aside, too
    MIG_TRY(close_letters(world, effect, page));
    MIG_TRY(add_dead_letters(effect, letters));
    cursor.is_claimed = totals.is_claimed;
    MIG_ASSIGN(outcome, finish_page(world, effect, now, std::move(cursor), is_last));
    pace(world, page.read, world.clock.elapsed() - began);
    return std::move(outcome);
  }

  // Rows of this page that were set aside before. Those that are set aside again get a new letter.
  Result<void> close_letters(const World& world, Effect& effect, const Page& page) const {
    if (dead_.empty()) return {};
    for (std::size_t row = 0; row < page.rows.rows; ++row) {
      const std::string key = page.keys[row];
      if (!dead_.contains(key)) continue;
      MIG_TRY(close_dead_letter(effect, world.authority.run, plan_.at(plan_.from).name, key,
                                print(world.clock.now())));
    }
    return {};
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

  void pace(const World& world, std::int64_t read, Duration took) {
    const auto micros = [](Duration span) {
      return std::chrono::ceil<std::chrono::microseconds>(span);
    };
    switch (action_.pace.kind) {
      case plan::PaceKind::Full:
        return;
      case plan::PaceKind::Limited: {
        const Duration owed = plan::RowCount{read} / action_.pace.rate;
        if (owed > took) pause_until_ = world.clock.now() + micros(owed - took);
        return;
      }
      case plan::PaceKind::Polite:
        break;
    }
    const std::size_t most = most_rows();
    if (took > kPoliteWrite) rows_ = std::max(rows_ / 2, std::min(most, kLeastChunk));
    if (took < kPoliteWrite / 2) rows_ = std::min(rows_ + rows_ / 2 + 1, most);
    pause_until_ = world.clock.now() + micros(took);
  }

  std::size_t most_rows() const {
    const auto chunk = static_cast<std::size_t>(std::max<std::int64_t>(action_.chunk.value, 1));
    const std::size_t typed = scanned_ != nullptr ? kMostScanned : chunk;
    return std::min({chunk, typed, most_rows_of_effect(plan_.at(target_).kind, claims_)});
  }

  const plan::Plan& plan_;
  plan::Copy action_;
  plan::StepId id_;
  plan::StoreId target_;
  std::size_t rows_ = 0;  // of the next page
  Instant pause_until_{};
  std::optional<OpenStore> writer_;  // from `open` on
  std::optional<ReadAhead> source_;
  std::optional<BulkCopy> bulk_;
  RedisConnection* scanned_ = nullptr;  // the source, where it is read in SCAN's order
  Claims claims_ = Claims::None;
  bool is_known_ = false;  // the cursor, to the source
  std::string settled_;    // a cursor whose page is known to have moved all of its rows
  std::unique_ptr<BytesAhead> bytes_;
  int looked_at_ = 0;  // pages whose rows are read before bytes are tried again
  std::unique_ptr<ChunkWriter> chunk_;
  std::set<std::string> dead_;  // keys with an open letter
};

}  // namespace

std::unique_ptr<Step> make_copy(const plan::Plan& plan, const plan::Copy& action, plan::StepId id) {
  return std::make_unique<CopyStep>(plan, action, id);
}

}  // namespace mig::runtime
