#include "runtime/stores/postgres_twins.hpp"

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "runtime/data/fingerprint.hpp"
#include "runtime/stores/postgres_copy.hpp"

namespace mig::runtime {
namespace {

struct Block {
  FingerprintSum rows;
  std::string last;  // a tuple
};

struct Side {
  std::vector<Block> blocks;
  bool is_plain = true;  // false: the row behind the last block is none, and there it ended
};

// `plain` is null where nobody asks.
Result<Side> read_side(const Database& database, const std::string& page,
                       const PlainTuples* plain) {
  MIG_ASSIGN(rows,
             CopyOut::begin(database, fmt::format("COPY ({}) TO STDOUT (FORMAT binary)", page)));
  Side side;
  Block block;
  std::string_view tuple;
  while (true) {
    MIG_ASSIGN(has_row, rows.next(tuple));
    if (!has_row) break;
    if (plain != nullptr && !plain->holds(tuple)) {
      side.is_plain = false;
      return side;
    }
    block.rows.add(fingerprint(tuple));
    block.last = tuple;
    if (block.rows.rows() < kBlockRows) continue;
    side.blocks.push_back(std::exchange(block, {}));
  }
  if (block.rows.rows() > 0) side.blocks.push_back(std::move(block));
  return side;
}

}  // namespace

Result<std::optional<PostgresTwins>> PostgresTwins::open(const Database& source,
                                                         const Database& target,
                                                         const plan::Plan& plan) {
  MIG_ASSIGN(pair, PlainPair::of(source, target, plan));
  if (!pair || !pair->is_ordered_alike()) return std::optional<PostgresTwins>();
  return std::optional(PostgresTwins(source, target, std::move(*pair)));
}

void PostgresTwins::know(CopiedBlocks blocks, const Database& beside) {
  known_.emplace(std::move(blocks));
  target_beside_ = &beside;
}

Result<PostgresTwins::Run> PostgresTwins::compare(const std::string& after, std::size_t limit) {
  if (!known_) return compare_sides(after, limit);
  MIG_ASSIGN(known, known_->behind(after, static_cast<std::int64_t>(limit)));
  return known.empty() ? compare_sides(after, limit) : compare_known(after, known);
}

// Each thread reads one half of the range.
Result<PostgresTwins::Run> PostgresTwins::compare_known(const std::string& after,
                                                        std::span<const CopiedBlock> known) const {
  const auto first = known.first((known.size() + 1) / 2);
  const auto second = known.subspan(first.size());
  Result<std::size_t> of_second = 0;
  if (!second.empty()) {
    beside_->start([&] { of_second = count_same(*target_beside_, first.back().last, second); });
  }
  const Result<std::size_t> of_first = count_same(*target_, after, first);
  beside_->wait();
  if (!of_first) return std::unexpected(of_first.error());
  if (!of_second) return std::unexpected(of_second.error());
  const std::size_t same = *of_first < first.size() ? *of_first : first.size() + *of_second;
  Run run{.last = same == 0 ? after : known[same - 1].last, .agrees = same == known.size()};
  for (const CopiedBlock& block : known.first(same))
    run.rows += block.rows.rows();
  if (!run.agrees) run.next = known[same].rows.rows();
  return run;
}

// How many of these blocks the target holds, from the first on.
Result<std::size_t> PostgresTwins::count_same(const Database& target, const std::string& after,
                                              std::span<const CopiedBlock> known) const {
  std::size_t limit = 1;  // more than there should be tell that there are more
  for (const CopiedBlock& block : known)
    limit += static_cast<std::size_t>(block.rows.rows());
  MIG_ASSIGN(rows,
             CopyOut::begin(target, fmt::format("COPY ({}) TO STDOUT (FORMAT binary)",
                                                pair_.to.page(after, known.back().last, limit))));
  FingerprintSum block;
  std::string_view tuple;
  std::size_t same = 0;
  while (true) {
    MIG_ASSIGN(has_row, rows.next(tuple));
    if (!has_row) return same;
    if (same == known.size()) return same - 1;
    block.add(fingerprint(tuple));
    if (block.rows() < known[same].rows.rows()) continue;
    if (!(block == known[same].rows)) return same;
    block = {};
    ++same;
  }
}

Result<PostgresTwins::Run> PostgresTwins::compare_sides(const std::string& after,
                                                        std::size_t limit) const {
  Result<Side> theirs = Side();
  beside_->start([&] { theirs = read_side(*target_, pair_.to.page(after, "", limit), nullptr); });
  const Result<Side> ours = read_side(*source_, pair_.from.page(after, "", limit), &pair_.plain);
  beside_->wait();
  if (!ours) return std::unexpected(ours.error());
  if (!theirs) return std::unexpected(theirs.error());
  Run run{.last = after};
  std::size_t same = 0;
  while (same < ours->blocks.size() && same < theirs->blocks.size()) {
    if (ours->blocks[same].rows != theirs->blocks[same].rows) break;
    run.rows += ours->blocks[same++].rows.rows();
  }
  run.agrees = ours->is_plain && same == ours->blocks.size() && same == theirs->blocks.size();
  run.is_end = run.agrees && static_cast<std::size_t>(run.rows) < limit;
  if (same == 0) return run;
  MIG_ASSIGN(place, pair_.from.place_of(ours->blocks[same - 1].last));
  run.last = std::move(place);
  return run;
}

}  // namespace mig::runtime
