#include "runtime/stores/postgres_twins.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/postgres_copy.hpp"

namespace mig::runtime {
namespace {

std::string copy_of(const PostgresRowsShape& shape, const std::string& after, std::size_t limit) {
  return fmt::format("COPY ({}) TO STDOUT (FORMAT binary)", shape.page(after, "", limit));
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
  MIG_ASSIGN(ours, CopyOut::begin(*source_, copy_of(pair_.from, after, limit)));
  MIG_ASSIGN(theirs, CopyOut::begin(*target_, copy_of(pair_.to, after, limit)));
  Run run{.last = after};
  std::string last;
  std::string_view one;
  std::string_view other;
  while (true) {
    MIG_ASSIGN(has_one, ours.next(one));
    MIG_ASSIGN(has_other, theirs.next(other));
    if (!has_one && !has_other) {
      run.agrees = true;
      run.is_end = static_cast<std::size_t>(run.rows) < limit;
      break;
    }
    if (has_one != has_other || one != other || !pair_.plain.holds(one)) break;
    last = one;
    ++run.rows;
  }
  if (run.rows == 0) return run;
  MIG_ASSIGN(place, pair_.from.place_of(last));
  run.last = std::move(place);
  return run;
}

}  // namespace mig::runtime
