#include "runtime/steps/copy_pace.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "runtime/steps/pages_ahead.hpp"
#include "runtime/stores/page_limit.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kFirstPolite = 200;  // rows
constexpr std::size_t kFirstAdapted = 2000;
constexpr std::size_t kLeast = 20;
constexpr std::size_t kFirstOfBytes = 16;            // before it is known how large rows are
constexpr Duration kDebt = std::chrono::seconds(1);  // of a transaction, at most
constexpr Duration kShortWrite = std::chrono::milliseconds(200);  // one that adapts gets more

std::size_t first_rows(const plan::Copy& copy, std::size_t most) {
  if (copy.pace.kind == plan::PaceKind::Polite) return std::min(most, kFirstPolite);
  return adapts(copy) ? std::min(most, kFirstAdapted) : most;
}

// One with a rate pays its debts every second: the rate holds over any few of them, and the copy is
// seen to move.
std::size_t most_rows(const plan::Pace& pace, std::size_t most) {
  if (pace.kind != plan::PaceKind::Limited || pace.rate.rows == 0) return most;
  const auto a_second = static_cast<__int128>(pace.rate.rows) * kDebt.count();
  const auto rows = std::max<__int128>(a_second / pace.rate.per.count(), 1);
  return rows < static_cast<__int128>(most) ? static_cast<std::size_t>(rows) : most;
}

bool limits_bytes(const plan::Pace& pace) {
  return pace.kind == plan::PaceKind::Limited && pace.bytes.has_value();
}

// A transaction that has had so many takes no other page.
std::int64_t most_bytes(const plan::Pace& pace) {
  const auto page = static_cast<std::int64_t>(kPageBytes);
  return limits_bytes(pace) ? std::min(page, pace.bytes->bytes) : page;
}

}  // namespace

CopyPace::CopyPace(const plan::Copy& copy, std::size_t most)
    : pace_(copy.pace),
      adapts_(adapts(copy) && !is_polite()),
      most_(most_rows(copy.pace, most)),
      rows_(first_rows(copy, most_)),
      row_limit_(limits_bytes(copy.pace) ? std::min(most_, kFirstOfBytes) : most_) {}

std::size_t CopyPace::rows() const {
  return std::min(rows_, row_limit_);
}

std::size_t CopyPace::rows_of_page(bool is_ahead) const {
  const std::size_t most = rows();
  if (!is_ahead) return most;
  // Of one size as long as possible: what was read ahead for another one is read in vain.
  if (adapts_) return std::min(most, kFirstAdapted);
  const std::size_t pages = (most + kRowsOfPage - 1) / kRowsOfPage;
  return (most + pages - 1) / pages;
}

bool CopyPace::has_room(const Moved& moved, std::size_t more) const {
  const bool is_wide = moved.bytes >= most_bytes(pace_);
  return !is_wide && static_cast<std::size_t>(moved.rows) + more <= rows();
}

void CopyPace::note(const Clock& clock, const Moved& moved, Duration took) {
  adapt(moved, took);
  fit_bytes(moved);
  note_part(clock, moved, took);
}

void CopyPace::note_part(const Clock& clock, const Moved& moved, Duration took) {
  switch (pace_.kind) {
    case plan::PaceKind::Full:
      return;
    case plan::PaceKind::Limited:
      return rest(clock, owed(moved) - took);
    case plan::PaceKind::Polite:
      return rest(clock, took);
  }
}

// Both limits hold, so the slower one says when the next transaction may come.
Duration CopyPace::owed(const Moved& moved) const {
  Duration owed{};
  if (pace_.rate.rows > 0) owed = plan::RowCount{moved.rows} / pace_.rate;
  if (pace_.bytes) owed = std::max(owed, plan::time_for(moved.bytes, *pace_.bytes));
  return owed;
}

void CopyPace::rest(const Clock& clock, Duration length) {
  if (length > Duration::zero())
    rests_until_ = clock.now() + std::chrono::ceil<std::chrono::microseconds>(length);
}

// As many rows as have a second's bytes, going by the last ones: a power of two, so that pages that
// were read ahead keep their size while rows are about as large.
void CopyPace::fit_bytes(const Moved& moved) {
  if (!limits_bytes(pace_) || moved.rows == 0) return;
  const std::int64_t of_row = std::max<std::int64_t>(moved.bytes / moved.rows, 1);
  const auto fits =
      static_cast<std::size_t>(std::max<std::int64_t>(pace_.bytes->bytes / of_row, 1));
  row_limit_ = std::min(std::bit_floor(fits), most_);
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
