#include "runtime/steps/gap_count.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/open_rows.hpp"
#include "runtime/stores/row_writer.hpp"

namespace mig::runtime {

Result<GapCount::Found> GapCount::advance(World& world, const Sides& sides, std::size_t limit) {
  MIG_TRY(read(world, sides, limit));
  MIG_ASSIGN(is_told, count_extra(world.plan, sides));
  if (!is_told) return Found::Gap;
  if (!page_.is_last) return Found::More;
  MIG_TRY(judge(world, sides));
  return next_dataset(sides) ? Found::More : Found::Bearable;
}

// Two emits may make rows of one dataset.
Result<void> GapCount::read(World& world, const Sides& sides, std::size_t limit) {
  const plan::DatasetId dataset = sides.carrier.dataset(emit_);
  if (!follows_) {
    MIG_ASSIGN(opened, open_rows(world.stores, world.plan, dataset));
    follows_.emplace(std::move(opened));
    deletes_ = {.dataset = dataset};
  }
  MIG_TRY(follows_->read(after_, "", limit, page_));
  after_ = page_.last;
  standing_.clear();
  for (std::size_t row = 0; row < page_.rows.rows; ++row)
    standing_.push_back({page_.keys[row], {}});
  for (const BadRow& bad : page_.bad)
    standing_.push_back({bad.key, {}});
  read_ = static_cast<std::int64_t>(standing_.size());
  for (std::size_t emit = emit_; emit < sides.owned.size(); ++emit) {
    if (sides.carrier.dataset(emit) != dataset) continue;
    for (Standing& one : standing_) {
      MIG_ASSIGN(sources, sides.owned[emit]->sources_of(one.place));
      one.sources.insert(one.sources.end(), sources.begin(), sources.end());
    }
  }
  // A stray is nobody's, and stays.
  std::erase_if(standing_, [](const Standing& one) { return one.sources.empty(); });
  deletes_.found += static_cast<std::int64_t>(standing_.size());
  return {};
}

// False where the feed cannot tell any more what happened behind the gap. It is asked once the rows
// are read, so it knows of all that they lack by then.
Result<bool> GapCount::count_extra(const plan::Plan& plan, const Sides& sides) {
  std::vector<std::string> sources;
  for (const Standing& one : standing_)
    sources.insert(sources.end(), one.sources.begin(), one.sources.end());
  MIG_TRY(sides.leads.read_each(sources, source_page_, gone_));
  sides.carrier.run(source_page_.rows);
  std::set<std::string> becomes;
  for (std::size_t emit = emit_; emit < sides.owned.size(); ++emit) {
    if (sides.carrier.dataset(emit) != deletes_.dataset) continue;
    const Emitted& emitted = sides.carrier.emitted()[emit];
    const plan::Entity& entity = plan.entity_of(deletes_.dataset);
    for (std::size_t row = 0; row < emitted.rows.rows; ++row) {
      if (!sides.carrier.is_rejected(emitted.source[row]))
        becomes.insert(written_key(entity, emitted.rows, row));
    }
  }
  std::erase_if(standing_, [&](const Standing& one) { return becomes.contains(one.place); });
  if (standing_.empty()) return true;
  sources.clear();
  for (const Standing& one : standing_)
    sources.insert(sources.end(), one.sources.begin(), one.sources.end());
  MIG_ASSIGN(told, sides.feed.touched_among(sources, behind_));
  if (!told) return false;
  deletes_.extra += std::ranges::count_if(standing_, [&](const Standing& one) {
    return !std::ranges::all_of(one.sources,
                                [&](const std::string& from) { return told->contains(from); });
  });
  return true;
}

Result<void> GapCount::judge(const World& world, const Sides& sides) const {
  return check_deletes(
      world.plan, "closing a gap in the log", deletes_, most_,
      fmt::format("look with `mig verify` which they are; bring them back to `{}`, or, where they "
                  "were deleted on purpose, run `mig repair --max-delete {}%`; then `mig continue`",
                  world.plan.at(sides.carrier.lane().source).name, whole_percent(deletes_)));
}

// False where every one was looked at.
bool GapCount::next_dataset(const Sides& sides) {
  const auto is_seen = [&](std::size_t emit) {
    for (std::size_t earlier = 0; earlier < emit; ++earlier) {
      if (sides.carrier.dataset(earlier) == sides.carrier.dataset(emit)) return true;
    }
    return false;
  };
  do {
    ++emit_;
  } while (emit_ < sides.owned.size() && is_seen(emit_));
  follows_.reset();
  after_.clear();
  return emit_ < sides.owned.size();
}

}  // namespace mig::runtime
