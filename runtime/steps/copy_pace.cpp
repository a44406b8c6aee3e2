#include "runtime/steps/copy_pace.hpp"

#include <algorithm>
#include <cassert>

#include "runtime/steps/pages_ahead.hpp"
#include "runtime/stores/page_limit.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kFirstPolite = 200;  // rows
constexpr std::size_t kFirstAdapted = 2000;
constexpr std::size_t kLeast = 20;
constexpr Duration kShortWrite = std::chrono::milliseconds(200);  // one that adapts gets more

std::size_t first_rows(const plan::Copy& copy, std::size_t most) {
  if (copy.pace.kind == plan::PaceKind::Polite) return std::min(most, kFirstPolite);
  return adapts(copy) ? std::min(most, kFirstAdapted) : most;
}

// One that adapts pays its debts every second, so that it is seen to move.
std::size_t most_rows(const plan::Copy& copy, std::size_t most) {
  const bool is_bounded = adapts(copy) && copy.pace.kind == plan::PaceKind::Limited;
  return is_bounded ? std::min(most, static_cast<std::size_t>(copy.pace.rate.rows)) : most;
}

}  // namespace

CopyPace::CopyPace(const plan::Copy& copy, std::size_t most)
    : pace_(copy.pace),
      adapts_(adapts(copy) && !is_polite()),
      most_(most_rows(copy, most)),
      rows_(first_rows(copy, most_)) {}

std::size_t CopyPace::rows_of_page(bool is_ahead) const {
  if (!is_ahead) return rows_;
  // Of one size as long as possible: what was read ahead for another one is read in vain.
  if (adapts_) return std::min(rows_, kFirstAdapted);
  const std::size_t pages = (rows_ + kRowsOfPage - 1) / kRowsOfPage;
  return (rows_ + pages - 1) / pages;
}

bool CopyPace::has_room(const Moved& moved, std::size_t more) const {
  const bool is_wide = moved.bytes >= static_cast<std::int64_t>(kPageBytes);
  return !is_wide && static_cast<std::size_t>(moved.rows) + more <= rows_;
}

void CopyPace::note(const Clock& clock, const Moved& moved, Duration took) {
  adapt(moved, took);
  Duration rest{};
  switch (pace_.kind) {
    case plan::PaceKind::Full:
      return;
    case plan::PaceKind::Limited:
      rest = plan::RowCount{moved.rows} / pace_.rate - took;
      break;
    case plan::PaceKind::Polite:
      rest = took;
      break;
  }
  if (rest > Duration::zero())
    rests_until_ = clock.now() + std::chrono::ceil<std::chrono::microseconds>(rest);
}

void CopyPace::adapt(const Moved& moved, Duration took) {
  if (!is_polite() && !adapts_) return;
  const Duration longest = is_polite() ? kPoliteWrite : kLongestWrite;
  const Duration shortest = is_polite() ? kPoliteWrite / 2 : kShortWrite;
  if (took > longest) rows_ = std::max(rows_ / 2, std::min(most_, kLeast));
  // One that ended early, by its bytes or at the end of the rows, tells nothing of more rows.
  const bool is_full =
      is_polite() || !has_room(Moved{moved.rows, 0}, rows_of_page(/*is_ahead=*/true));
  if (took < shortest && is_full) rows_ = std::min(rows_ + rows_ / 2 + 1, most_);
}

}  // namespace mig::runtime
