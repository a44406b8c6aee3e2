#include "runtime/steps/copy_large.hpp"

#include <cassert>
#include <string>
#include <utility>
#include <vector>

#include "runtime/steps/copy_cursor.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/stores/store_letters.hpp"

namespace mig::runtime {

Result<Outcome> LargeRows::advance(World& world, const Applied& applied, const SetAsideBefore& dead,
                                   CopyPace& pace) {
  CopyCursor cursor = CopyCursor::parse(applied.cursor);
  assert(!cursor.large.empty() && "somebody asked for one of them");
  std::optional<RedisLargeRow> row =
      std::exchange(row_, std::nullopt);  // comes back unless it fails
  if (!row) {
    MIG_ASSIGN(source, world.stores.another_redis(plan_.at(plan_.from).store));
    MIG_ASSIGN(opened, RedisLargeRow::open(std::move(source), plan_));
    row.emplace(std::move(opened));
  }
  const Duration began = world.clock.elapsed();
  MIG_ASSIGN(effect, begin_effect(world, plan_.at(plan_.to.front()).store, id_));
  if (!stands_at(effect, applied.cursor)) return cursor_moved();
  const std::string place = cursor.large.front();
  MIG_ASSIGN(end, row->advance(*effect.redis(), place));
  Applied now = applied;
  cursor.is_claimed = false;
  if (end) cursor.large.erase(cursor.large.begin());
  now.cursor = cursor.text();
  now.finished = cursor.is_at_end();
  if (end) MIG_TRY(count(world, effect, *end, place, dead, now));
  const auto bytes = static_cast<std::int64_t>(effect.redis()->writes().bytes().size());
  if (auto committed = effect.commit(now); !committed) {
    if (effect.is_disturbed()) return Outcome{More{.counts = applied.counts}, {}};
    return std::unexpected(std::move(committed).error());
  }
  row_ = std::move(row);
  pace.note_part(world.clock, {.rows = end ? 1 : 0, .bytes = bytes}, world.clock.elapsed() - began);
  if (now.finished) return ended(now);
  return Outcome{More{shown_key(cursor.at), now.counts, cursor.total}, {}};
}

// Adds to `now` what became of the row. One that is gone was never read.
Result<void> LargeRows::count(World& world, Effect& effect, const LargeRowEnd& end,
                              const std::string& place, const SetAsideBefore& dead,
                              Applied& now) const {
  using Fate = LargeRowEnd::Fate;
  if (end.fate == Fate::Gone) return {};
  Page page;
  page.read = 1;
  if (end.fate == Fate::Rejected) {
    page.bad.push_back(end.why);
  } else {
    page.keys.append(place);
    page.rows.rows = 1;
  }
  const auto letters = letters_of(world, action_, id_, page, {});
  now.counts.read += 1;
  now.counts.moved += end.fate == Fate::Moved ? 1 : 0;
  now.counts.kept += end.fate == Fate::Kept ? 1 : 0;
  now.counts.written += end.fate == Fate::Moved ? 1 : 0;
  now.counts.rejected += static_cast<std::int64_t>(letters.size());
  MIG_TRY(judge_rejects(action_, letters, now));
  MIG_TRY(dead.close(world, effect, page));
  return add_dead_letters(effect, letters);
}

}  // namespace mig::runtime
