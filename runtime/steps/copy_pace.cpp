#include "runtime/steps/copy_pace.hpp"

#include <algorithm>
#include <chrono>

#include "runtime/steps/pages_ahead.hpp"

namespace mig::runtime {
namespace {

// How long a polite write transaction may keep others from writing.
constexpr Duration kPoliteWrite = std::chrono::milliseconds(25);
constexpr std::size_t kFirstPolite = 200;  // rows
constexpr std::size_t kLeastPolite = 20;

}  // namespace

CopyPace::CopyPace(const plan::Pace& pace, std::size_t most)
    : pace_(pace), most_(most), rows_(is_polite() ? std::min(most, kFirstPolite) : most) {}

std::size_t CopyPace::rows_of_page(bool is_ahead) const {
  if (!is_ahead) return rows_;
  const std::size_t pages = (rows_ + kRowsOfPage - 1) / kRowsOfPage;
  return (rows_ + pages - 1) / pages;
}

void CopyPace::note(const Clock& clock, std::int64_t rows, Duration took) {
  Duration rest{};
  switch (pace_.kind) {
    case plan::PaceKind::Full:
      return;
    case plan::PaceKind::Limited:
      rest = plan::RowCount{rows} / pace_.rate - took;
      break;
    case plan::PaceKind::Polite:
      if (took > kPoliteWrite) rows_ = std::max(rows_ / 2, std::min(most_, kLeastPolite));
      if (took < kPoliteWrite / 2) rows_ = std::min(rows_ + rows_ / 2 + 1, most_);
      rest = took;
      break;
  }
  if (rest > Duration::zero())
    rests_until_ = clock.now() + std::chrono::ceil<std::chrono::microseconds>(rest);
}

}  // namespace mig::runtime
