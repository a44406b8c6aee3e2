#include "runtime/steps/copy_rows.hpp"

#include <utility>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "runtime/steps/redis_chunk.hpp"
#include "runtime/stores/redis_scan.hpp"
#include "runtime/stores/store_letters.hpp"

namespace mig::runtime {

CopyRows::CopyRows(const plan::Plan& plan, const plan::Copy& copy, plan::StepId step)
    : plan_(plan), copy_(copy), step_(step), dead_(plan) {}

Result<void> CopyRows::open(World& world, CopySource source, const OpenStore& target) {
  scanned_ = source.scanned;
  MIG_ASSIGN(pages, carried_pages(plan_, world.clock));
  source_.emplace(std::move(source.rows), std::move(pages));
  return dead_.find(world, target);
}

Result<void> CopyRows::check_keys() const {
  MIG_ASSIGN(without_key, reader().count_without_key());
  if (without_key == 0) return {};
  return fail(ErrorKind::Permanent,
              fmt::format("{} rows of `{}` have no key, so they cannot be told apart", without_key,
                          plan_.at(plan_.from).table),
              "give them a key or delete them");
}

Result<bool> CopyRows::knows(const CopyCursor& cursor) const {
  const bool is_scanned = cursor.end == scan_end();
  if (scanned_ == nullptr || !is_scanned) return (scanned_ != nullptr) == is_scanned;
  return knows_place(*scanned_, cursor.at);
}

Result<CopyRows::Written> CopyRows::write(World& world, Effect& effect, const Start& start,
                                          const CopyPace& pace, const CarriedPage* page) {
  PageRange range = start.range;
  Written written{.now = start.applied};
  while (true) {
    const Page& rows = page->page;
    if (rows.read > 0 || scanned_ != nullptr) range.after = rows.last;
    written.is_last = rows.is_last || range.after == range.until;
    written.now.finished = written.is_last;
    MIG_ASSIGN(is_claimed, write_page(world, effect, start, *page, written.now));
    written.is_claimed = written.is_claimed || is_claimed;
    written.moved.rows += rows.read;
    written.moved.bytes += static_cast<std::int64_t>(rows.rows.byte_count());
    written.last = range.after;
    if (written.is_last || !pace.has_room(written.moved, range.limit)) return written;
    MIG_ASSIGN(next, source_->take(range));
    page = next;
  }
}

Result<std::size_t> CopyRows::count_refused(World& world, Effect& effect, const CarriedPage& page,
                                            const std::vector<std::string>& large) const {
  RedisChunk looking(plan_, WriteRule::Shared, world.clock, SharedRows::Agree);
  return looking.count_others(effect, page.carrier, page.page, large);
}

Result<ChunkWriter::Totals> CopyRows::write_rows(World& world, Effect& effect, Claims claims,
                                                 const CarriedPage& carried) {
  if (claims == Claims::Blind && carried.has_claims) {
    return queue_claims(*effect.redis(), carried.page, carried.claims);
  }
  if (!chunk_ || !chunk_->is_for(effect)) {
    MIG_ASSIGN(opened, open_chunk(effect, plan_, carried.carrier, write_rule(copy_.on_conflict),
                                  world.clock, SharedRows::Agree, claims, copy_.merged));
    chunk_ = std::move(opened);
  }
  return chunk_->write(effect, carried.carrier, carried.page);
}

// Adds to `now` what became of the page's rows; whether any of them was claimed.
Result<bool> CopyRows::write_page(World& world, Effect& effect, const Start& start,
                                  const CarriedPage& carried, Applied& now) {
  const Page& page = carried.page;
  MIG_ASSIGN(totals, write_rows(world, effect, start.claims, carried));
  const auto letters = letters_of(world, copy_, step_, page, totals.rejects);
  now.counts.read += page.read;
  now.counts.moved += totals.moved;
  now.counts.kept += totals.kept;
  now.counts.rejected += static_cast<std::int64_t>(letters.size());
  now.counts.written += totals.written;
  Applied judged = now;
  judged.counts = judged.counts + start.others;
  MIG_TRY(judge_rejects(copy_, letters, judged));
  const bool is_followed = plan::stream(world.plan, world.state).has_value();
  if (is_followed) MIG_TRY(dead_.find(world, effect.store()));  // the follower sets aside, too
  MIG_TRY(dead_.close(world, effect, page));
  MIG_TRY(add_dead_letters(effect, letters));
  return totals.is_claimed;
}

}  // namespace mig::runtime
