#include "runtime/engine/budget.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <limits>

#include <fmt/format.h>

#include "runtime/amounts.hpp"

namespace mig::runtime {
namespace {

constexpr Duration kWindow = std::chrono::minutes(3);      // in which growth is looked for
constexpr Duration kShortest = std::chrono::seconds(25);   // below that a rate is no rate
constexpr std::size_t kFewest = 4;                         // looks, for the same
constexpr Duration kSoon = std::chrono::minutes(30);       // what lasts no longer is low
constexpr Duration kVerySoon = std::chrono::minutes(5);    // and so is it urgent
constexpr Duration kStandStill = std::chrono::minutes(5);  // of a follower, while more comes

// In percent of the limit.
struct Marks {
  std::int64_t well;    // what was low is well again below that
  std::int64_t low;     // from here on
  std::int64_t urgent;  // from here on
  std::int64_t timed;   // from here on the rate counts as well
  bool is_jumpy;        // it fills and empties by itself: one look says nothing
  std::int64_t ample;   // with so much left none of the marks counts, however large the whole
};
constexpr std::int64_t kAmpleDisk = 10'000'000'000;
constexpr Marks kDisk{93, 95, 99, 60, false, kAmpleDisk};
constexpr Marks kMemory{80, 85, 95, 60, false, std::numeric_limits<std::int64_t>::max()};
constexpr Marks kLog{70, 80, 95, 10, true, std::numeric_limits<std::int64_t>::max()};

const Marks& marks_of(SupplyKind kind) {
  switch (kind) {
    case SupplyKind::Disk:
      return kDisk;
    case SupplyKind::Memory:
      return kMemory;
    case SupplyKind::SlotLog:
    case SupplyKind::Changelog:
    case SupplyKind::Backlog:
      return kLog;
  }
  assert(false && "every kind has its marks");
  return kLog;
}

std::int64_t percent(std::int64_t used, std::int64_t limit) {
  if (limit <= 0) return 100;
  return static_cast<std::int64_t>(static_cast<__int128>(used) * 100 / limit);
}

// Whether what a follower has yet to read waits for it in vain.
bool stands_still(const Supply& supply, const Surroundings& around) {
  return marks_of(supply.kind).is_jumpy && supply.used > 0 && around.still >= kStandStill;
}

// Whether a wait goes on when what is kept for a follower is spent. Nobody can tell of a disk, by
// what it loses in a minute, how it is in a day.
bool is_outlasted(const Supply& supply, const Surroundings& around, std::optional<Duration> lasts) {
  return marks_of(supply.kind).is_jumpy && around.wait && lasts && *lasts < around.wait->left;
}

// How long it takes to get to `amount` where `growth` takes as long as it does.
Duration time_for(std::int64_t amount, const Budget::Growth& growth) {
  const __int128 taken = static_cast<__int128>(growth.in.count()) * amount / growth.amount;
  const __int128 most = std::chrono::duration_cast<Duration>(std::chrono::hours(24 * 365)).count();
  return Duration(static_cast<std::int64_t>(std::min(taken, most)));
}

std::string rate_of(SupplyKind kind, const Budget::Growth& growth) {
  const auto a_second = static_cast<std::int64_t>(static_cast<__int128>(growth.amount) *
                                                  1'000'000'000 / growth.in.count());
  if (kind == SupplyKind::Changelog) return fmt::format("{} entries/s", a_second);
  return size(a_second) + "/s";
}

}  // namespace

std::optional<Budget::Growth> Budget::growth() const {
  if (samples_.size() < kFewest || samples_.back().at - samples_.front().at < kShortest)
    return std::nullopt;
  const auto half = samples_.begin() + static_cast<std::ptrdiff_t>(samples_.size() / 2);
  const auto before = std::ranges::min_element(samples_.begin(), half, {}, &Sample::used);
  const auto after = std::ranges::min_element(half, samples_.end(), {}, &Sample::used);
  if (after->used <= before->used) return std::nullopt;
  return Growth{after->used - before->used, after->at - before->at};
}

std::optional<Duration> Budget::lasts(const Supply& supply) const {
  const auto grows = growth();
  if (!grows || !supply.limit) return std::nullopt;
  return time_for(std::max<std::int64_t>(*supply.limit - supply.used, 0), *grows);
}

std::optional<Concern> Budget::judge(const Supply& supply, const Surroundings& around,
                                     std::optional<Duration> lasts) const {
  const Marks& marks = marks_of(supply.kind);
  if (marks.is_jumpy && samples_.size() < 2) return std::nullopt;
  // Enough looks to tell that nothing grows any more.
  const bool is_known = samples_.size() >= kFewest;
  const auto well = is_known ? std::optional(Concern::None) : std::nullopt;
  const bool piles_up = stands_still(supply, around) && growth();
  if (!supply.limit) return piles_up ? std::optional(Concern::Low) : well;
  std::int64_t used = supply.used;
  if (marks.is_jumpy) used = std::min(used, samples_[samples_.size() - 2].used);
  const std::int64_t part = percent(used, *supply.limit);
  const bool counts = *supply.limit - used < marks.ample;
  const bool is_timed = lasts && part >= marks.timed;
  if ((counts && part >= marks.urgent) || (is_timed && *lasts <= kVerySoon)) return Concern::Urgent;
  const bool outlasts = is_outlasted(supply, around, lasts);
  const bool is_low =
      (counts && part >= marks.low) || (is_timed && (*lasts <= kSoon || outlasts)) || piles_up;
  if (is_low) return Concern::Low;
  // Between the two it stays as it is said to be.
  const bool is_near = counts && part >= marks.well;
  const bool is_short = is_timed && *lasts <= 2 * kSoon;
  return is_near || is_short ? std::nullopt : well;
}

std::string Budget::sentence(const Supply& supply, const Surroundings& around,
                             std::optional<Duration> lasts) const {
  std::string text = stand_of(supply);
  if (const auto grows = growth()) {
    text += fmt::format(" and {} {}", supply.kind == SupplyKind::Disk ? "loses" : "grows by",
                        rate_of(supply.kind, *grows));
  }
  if (lasts) text += fmt::format(", so it lasts for {}", rounded(*lasts));
  if (is_outlasted(supply, around, lasts)) {
    text +=
        fmt::format(", and `{}` waits for {} yet", around.wait->step, rounded(around.wait->left));
  }
  if (stands_still(supply, around))
    text += fmt::format(", while nothing is carried over for {}", rounded(around.still));
  return text + "; " + supply.advice;
}

std::optional<plan::Warned> Budget::note(Duration now, const Supply& supply,
                                         const Surroundings& around) {
  assert(samples_.empty() || samples_.back().at <= now);
  samples_.push_back({now, supply.used});
  while (now - samples_.front().at > kWindow)
    samples_.pop_front();
  const auto left = lasts(supply);
  const auto concern = judge(supply, around, left);
  if (!concern) return std::nullopt;
  if (*concern > said_) {
    said_ = *concern;
    return plan::Warned{supply.what, sentence(supply, around, left), false,
                        said_ == Concern::Urgent};
  }
  if (*concern != Concern::None || said_ == Concern::None) return std::nullopt;
  said_ = Concern::None;
  return plan::Warned{supply.what, stand_of(supply), true};
}

std::optional<plan::Warned> Budget::end(const std::string& what) const {
  if (said_ == Concern::None) return std::nullopt;
  return plan::Warned{what, fmt::format("{} is not used any more", what), true};
}

}  // namespace mig::runtime
