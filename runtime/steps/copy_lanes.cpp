#include "runtime/steps/copy_lanes.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "runtime/engine/workers.hpp"
#include "runtime/steps/copy_pace.hpp"
#include "runtime/steps/copy_pages.hpp"
#include "runtime/stores/control.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {
namespace {

// So long that it hardly counts what lanes wait for each other at its end.
constexpr Duration kStretch = std::chrono::seconds(1);
// All lanes together have about as much in memory as a copy that has not been split.
constexpr std::size_t kLanePages = 3;
constexpr std::size_t kLaneBytes = kPageBytes / 4;
constexpr std::size_t kRanges = 8;  // more than lanes, so that none ends much later than others
constexpr std::int64_t kWorthRanges = 100'000;  // rows that are left

}  // namespace

Result<std::vector<std::string>> split_points(BytesAhead& bytes, const CopyCursor& cursor,
                                              std::int64_t read) {
  if (cursor.total - read < kWorthRanges) return std::vector<std::string>();
  return bytes.split(cursor.at, cursor.end, kRanges, cursor.total);
}

Result<void> note_ranges(SqlEffect& effect, const std::string& after,
                         const std::vector<std::string>& points, const std::string& until) {
  std::string begin = after;
  for (std::size_t i = 0; i <= points.size(); ++i) {
    const std::string& end = i < points.size() ? points[i] : until;
    MIG_TRY(effect.note_part(i + 1, {.cursor = CopyCursor{begin, end}.text()}));
    begin = end;
  }
  return {};
}

Result<std::vector<CopyRange>> read_ranges(const OpenStore& target, const std::string& run,
                                           const std::string& step, std::size_t count) {
  std::vector<CopyRange> ranges;
  for (std::size_t i = 1; i <= count; ++i) {
    std::string name = part_name(step, i);
    MIG_ASSIGN(applied, read_applied(target, run, name));
    if (!applied) {
      return fail(ErrorKind::Conflict,
                  fmt::format("the copy's note says {} ranges, and that of one is gone", count),
                  "only one runner may copy; look with `mig status`");
    }
    ranges.push_back({std::move(name), std::move(*applied)});
  }
  return ranges;
}

// One writer: a range at a time.
class CopyLanes::Lane {
 public:
  static Result<std::unique_ptr<Lane>> open(World& world, const Owner& owner) {
    const plan::Plan& plan = owner.plan;
    const plan::StoreId target = plan.at(plan.to.front()).store;
    MIG_ASSIGN(from, world.stores.another_reader(plan.at(plan.from).store));
    MIG_ASSIGN(to, world.stores.own_writer(target));
    std::unique_ptr<Lane> lane(new Lane(world, owner, std::move(from), std::move(to)));
    MIG_ASSIGN(bytes, open_bytes_between(
                          lane->from_, lane->to_, plan,
                          {owner.copy, world.authority.run, plan.at(owner.step).name, kLaneBytes},
                          kLanePages));
    lane->bytes_ = std::move(bytes);
    lane->resources_ = resources_of(world.stores, target);
    return lane;
  }

  CopyRange* range = nullptr;

  void start() {
    result_ = true;
    rows_ = 0;
    mover_.start([this] { result_ = bytes_ == nullptr ? false : move_on(); });
  }
  // False: the next page of its range does not go in.
  Result<bool> wait() {
    mover_.wait();
    return std::exchange(result_, true);
  }
  std::int64_t rows() const { return rows_; }

 private:
  Lane(World& world, const Owner& owner, Database from, Database to)
      : clock_(world.clock),
        authority_(world.authority),
        from_(std::move(from)),
        to_(std::move(to)),
        pace_(owner.copy, owner.most_rows) {}

  PageRange next_page() const {
    const CopyCursor cursor = CopyCursor::parse(range->applied.cursor);
    return {cursor.at, cursor.end, pace_.rows_of_page(/*is_ahead=*/true)};
  }

  Result<bool> move_on() {
    const Duration began = clock_.elapsed();
    bytes_->start(reader_, next_page());
    const Reading reading(*bytes_, reader_);
    while (!range->applied.finished && clock_.elapsed() - began < kStretch) {
      MIG_ASSIGN(goes_in, move());
      if (!goes_in) return false;
    }
    return true;
  }

  // One transaction.
  Result<bool> move() {
    const Applied applied = range->applied;
    CopyCursor cursor = CopyCursor::parse(applied.cursor);
    const PageRange asked = next_page();
    MIG_ASSIGN(page, bytes_->take(asked));
    if (!goes_in(*page)) return false;
    const Duration began = clock_.elapsed();
    MIG_ASSIGN(effect, Effect::begin(to_, resources_, authority_, range->name, FenceLock::Shared));
    if (!stands_at(effect, applied.cursor)) return cursor_moved();
    MIG_ASSIGN(written, write_pages(*bytes_, effect, Claims::None, pace_, asked, page));
    if (!written.is_any) return false;
    cursor.move_on(written.last, /*claims=*/false);
    Applied now = applied;
    now.counts = now.counts + written.counts;
    now.cursor = cursor.text();
    now.finished = written.is_last;
    MIG_TRY(effect.commit(now, Durable::WithTheNext));
    range->applied = std::move(now);
    rows_ += written.moved.rows;
    pace_.note(clock_, written.moved, clock_.elapsed() - began);
    return true;
  }

  const Clock& clock_;
  Authority authority_;
  Database from_;
  Database to_;
  CopyPace pace_;
  std::vector<std::string> resources_;
  std::unique_ptr<BytesAhead> bytes_;
  Result<bool> result_ = true;
  std::int64_t rows_ = 0;
  Worker reader_;
  Worker mover_;  // last: it uses all of the above
};

CopyLanes::CopyLanes(const Owner& owner, std::vector<CopyRange> ranges)
    : owner_(owner), ranges_(std::move(ranges)) {}
CopyLanes::~CopyLanes() = default;

plan::Counts CopyLanes::counts(const CopyRange* except) const {
  plan::Counts counts;
  for (const CopyRange& range : ranges_) {
    if (&range != except) counts = counts + range.applied.counts;
  }
  return counts;
}

CopyRange* CopyLanes::next() {
  if (stuck_ != nullptr && !stuck_->applied.finished) return stuck_;
  const auto open =
      std::ranges::find_if(ranges_, [](const CopyRange& range) { return !range.applied.finished; });
  return open == ranges_.end() ? nullptr : &*open;
}

// Where a server has no connection to spare for another one, those that are there do it.
Result<void> CopyLanes::open_lanes(World& world, std::size_t wanted) {
  while (lanes_.size() < std::min(wanted, most_)) {
    auto lane = Lane::open(world, owner_);
    if (lane) {
      lanes_.push_back(std::move(*lane));
    } else if (lanes_.empty()) {
      return std::unexpected(std::move(lane).error());
    } else {
      most_ = lanes_.size();
    }
  }
  return {};
}

Result<CopyLanes::Stretch> CopyLanes::advance(World& world, int lanes) {
  MIG_TRY(open_lanes(world, static_cast<std::size_t>(lanes)));
  // A lane stays with its range until that has ended: what it has read ahead is of that.
  std::vector<CopyRange*> open;
  for (CopyRange& range : ranges_) {
    const bool is_taken = std::ranges::any_of(
        lanes_, [&](const std::unique_ptr<Lane>& lane) { return lane->range == &range; });
    if (!range.applied.finished && !is_taken) open.push_back(&range);
  }
  std::vector<Lane*> working;
  const std::size_t width = std::min(static_cast<std::size_t>(lanes), lanes_.size());
  for (std::size_t i = 0; i < width; ++i) {
    Lane& lane = *lanes_[i];
    if (lane.range == nullptr || lane.range->applied.finished) {
      lane.range = open.empty() ? nullptr : open.front();
      if (!open.empty()) open.erase(open.begin());
    }
    if (lane.range == nullptr) continue;
    lane.start();
    working.push_back(&lane);
  }
  Stretch stretch;
  stuck_ = nullptr;
  std::optional<Error> error;
  for (Lane* lane : working) {
    Result<bool> goes_on = lane->wait();
    stretch.rows += lane->rows();
    if (!goes_on) {
      error = std::move(goes_on).error();
    } else if (!*goes_on) {
      stretch.is_stuck = true;
      stuck_ = lane->range;
    }
  }
  for (std::size_t i = width; i < lanes_.size(); ++i)
    lanes_[i]->range = nullptr;
  if (error) return std::unexpected(std::move(*error));
  return stretch;
}

}  // namespace mig::runtime
