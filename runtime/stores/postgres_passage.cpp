#include "runtime/stores/postgres_passage.hpp"

#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/postgres_copy.hpp"
#include "runtime/stores/row_writer.hpp"

namespace mig::runtime {
namespace {

constexpr const char* kMark = "SAVEPOINT mig_passage";
constexpr const char* kTakeBack = "ROLLBACK TO SAVEPOINT mig_passage";
constexpr const char* kRelease = "RELEASE SAVEPOINT mig_passage";
// Pages that are merged behind one whose rows were there already, before COPY is tried again.
constexpr int kMerged = 16;

}  // namespace

Result<std::optional<PostgresPassage>> PostgresPassage::open(const Database& source,
                                                             const Database& target,
                                                             const plan::Plan& plan,
                                                             const plan::Copy& copy) {
  MIG_ASSIGN(pair, PlainPair::of(source, target, plan));
  if (!pair) return std::optional<PostgresPassage>();
  const plan::DatasetId to = plan.to.front();
  MIG_ASSIGN(sql, insert_sql(plan, to, write_rule(copy.on_conflict),
                             plan::merged_in(copy.merged, to), Dialect::Postgres));
  MIG_ASSIGN(staging, PostgresStaging::of(sql));
  return std::optional(PostgresPassage(source, target, std::move(*pair), std::move(staging)));
}

PostgresPassage::PostgresPassage(const Database& source, const Database& target, PlainPair pair,
                                 PostgresStaging staging)
    : source_(&source),
      target_(&target),
      pair_(std::move(pair)),
      staging_(std::move(staging)),
      into_(fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", staging_.table(),
                        staging_.columns())) {}

Result<void> PostgresPassage::read(const std::string& after, const std::string& until,
                                   std::size_t limit, Page& page) {
  page.tuples.clear();
  page.read = 0;
  page.is_plain = false;
  const std::size_t asked = limit_.rows(limit);
  MIG_ASSIGN(rows, CopyOut::begin(*source_, fmt::format("COPY ({}) TO STDOUT (FORMAT binary)",
                                                        pair_.from.page(after, until, asked))));
  std::size_t last = 0;
  std::string_view tuple;
  while (page.tuples.size() < kPageBytes) {
    MIG_ASSIGN(has_row, rows.next(tuple));
    if (!has_row) break;
    if (!pair_.plain.holds(tuple)) return {};
    last = page.tuples.size();
    page.tuples += tuple;
    ++page.read;
  }
  page.is_plain = true;
  page.is_last = static_cast<std::size_t>(page.read) < asked && page.tuples.size() < kPageBytes;
  page.bytes = static_cast<std::int64_t>(page.tuples.size());
  limit_.note(page.read, page.tuples.size());
  if (page.read == 0) return {};
  MIG_ASSIGN(place, pair_.from.place_of(std::string_view(page.tuples).substr(last)));
  page.last = std::move(place);
  return {};
}

Result<std::optional<std::int64_t>> PostgresPassage::write(const Page& page) {
  assert(page.is_plain);
  if (merges_ > 0) {
    --merges_;
    return merge(page);
  }
  const auto copy = [&]() -> Result<std::int64_t> {
    MIG_ASSIGN(in, CopyIn::begin(*target_, into_));
    MIG_TRY(in.put(page.tuples));
    return in.finish();
  };
  // A trigger of the table may leave rows out: which, the typed path tells.
  MIG_ASSIGN(copied, attempt(copy, page.read));
  if (copied || refused_by_ != SqlConstraint::Unique) return copied;
  merges_ = kMerged;
  return merge(page);
}

Result<std::optional<std::int64_t>> PostgresPassage::merge(const Page& page) {
  return attempt([&] { return staging_.merge(*target_, page.tuples); }, 0);
}

template <class Work>
Result<std::optional<std::int64_t>> PostgresPassage::attempt(const Work& work, std::int64_t least) {
  MIG_TRY(target_->execute(kMark));
  Result<std::int64_t> rows = work();
  if (!rows && target_->last_failure() != SqlFailure::Constraint)
    return std::unexpected(std::move(rows).error());
  refused_by_ = rows ? SqlConstraint::None : target_->last_constraint();
  const bool is_in = rows && *rows >= least;
  if (!is_in) MIG_TRY(target_->execute(kTakeBack));
  MIG_TRY(target_->execute(kRelease));
  return is_in ? std::optional(*rows) : std::nullopt;
}

}  // namespace mig::runtime
