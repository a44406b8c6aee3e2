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
    if (block.rows.rows() < PostgresTwins::kBlock) continue;
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

Result<PostgresTwins::Run> PostgresTwins::compare(const std::string& after,
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
