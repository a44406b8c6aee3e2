#include "runtime/stores/postgres_passage.hpp"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "runtime/stores/postgres_copy.hpp"
#include "runtime/stores/postgres_moment.hpp"
#include "runtime/stores/row_writer.hpp"

namespace mig::runtime {
namespace {

constexpr const char* kMark = "SAVEPOINT mig_passage";
constexpr const char* kTakeBack = "ROLLBACK TO SAVEPOINT mig_passage";
constexpr const char* kRelease = "RELEASE SAVEPOINT mig_passage";
// Pages that are merged behind one whose rows were there already, before COPY is tried again.
constexpr int kMerged = 16;
constexpr double kSampledRows = 20'000;
constexpr std::size_t kWideRow = std::size_t{64} << 10;  // the last one of a page may be so wide

// Whether fingerprints of its rows are of use to somebody.
bool is_compared(const plan::Plan& plan) {
  return std::ranges::any_of(plan.steps, [](const plan::Step& step) {
    return std::holds_alternative<plan::Verify>(step.action);
  });
}

// Whether the rows of a table may be written in any order, and by several transactions at once.
Result<bool> rows_are_independent(const Database& database, const std::string& table) {
  MIG_ASSIGN(name, quote_literal(database, table));
  MIG_ASSIGN(rows, database.prepare(fmt::format(
                       "SELECT (SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass({0}) "
                       "AND NOT tgisinternal AND tgname NOT LIKE 'mig\\_ctl\\_%') + "
                       "(SELECT count(*) FROM pg_constraint WHERE contype = 'f' "
                       "AND conrelid = to_regclass({0}) AND confrelid = conrelid)",
                       name)));
  MIG_TRY(rows.step());
  return rows.integer(0) == 0;
}

}  // namespace

Result<std::optional<PostgresPassage>> PostgresPassage::open(const Database& source,
                                                             const Database& target,
                                                             const plan::Plan& plan,
                                                             const Owner& owner) {
  MIG_ASSIGN(pair, PlainPair::of(source, target, plan));
  if (!pair) return std::optional<PostgresPassage>();
  const plan::DatasetId to = plan.to.front();
  MIG_ASSIGN(sql, insert_sql(plan, to, write_rule(owner.copy.on_conflict),
                             plan::merged_in(owner.copy.merged, to), Dialect::Postgres));
  MIG_ASSIGN(staging, PostgresStaging::of(sql));
  PostgresPassage passage(source, target, std::move(*pair), std::move(staging), owner);
  if (is_compared(plan) && passage.pair_.is_ordered_alike()) {
    MIG_ASSIGN(moment, postgres_moment(source, passage.pair_.from.table));
    passage.moment_ = std::move(moment);
  }
  return std::optional(std::move(passage));
}

PostgresPassage::PostgresPassage(const Database& source, const Database& target, PlainPair pair,
                                 PostgresStaging staging, const Owner& owner)
    : source_(&source),
      target_(&target),
      pair_(std::move(pair)),
      run_(owner.run),
      step_(owner.step),
      staging_(std::move(staging)),
      into_(fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", staging_.table(),
                        staging_.columns())),
      page_bytes_(owner.page_bytes),
      limit_(owner.page_bytes) {}

Result<void> PostgresPassage::read(const std::string& after, const std::string& until,
                                   std::size_t limit, Page& page) {
  page.tuples.clear();
  page.tuples.reserve(page_bytes_ + kWideRow);  // or it would grow to twice as much
  page.read = 0;
  page.is_plain = false;
  page.last = after;
  page.copied = {moment_, after, {}};
  const std::size_t asked = limit_.rows(limit);
  MIG_ASSIGN(rows, CopyOut::begin(*source_, fmt::format("COPY ({}) TO STDOUT (FORMAT binary)",
                                                        pair_.from.page(after, until, asked))));
  std::size_t last = 0;
  FingerprintSum block;
  std::string_view tuple;
  while (page.tuples.size() < page_bytes_) {
    MIG_ASSIGN(has_row, rows.next(tuple));
    if (!has_row) break;
    if (!pair_.plain.holds(tuple)) return {};
    last = page.tuples.size();
    page.tuples += tuple;
    ++page.read;
    if (moment_.empty()) continue;
    block.add(fingerprint(tuple));
    if (block.rows() < kBlockRows) continue;
    MIG_ASSIGN(place, pair_.from.place_of(tuple));
    page.copied.blocks.push_back({std::exchange(block, {}), std::move(place)});
  }
  page.is_plain = true;
  page.is_last = static_cast<std::size_t>(page.read) < asked && page.tuples.size() < page_bytes_;
  page.bytes = static_cast<std::int64_t>(page.tuples.size());
  limit_.note(page.read, page.tuples.size());
  if (page.read == 0) return {};
  MIG_ASSIGN(place, pair_.from.place_of(std::string_view(page.tuples).substr(last)));
  page.last = std::move(place);
  if (block.rows() > 0) page.copied.blocks.push_back({block, page.last});
  return {};
}

Result<std::vector<std::string>> PostgresPassage::split(const std::string& after,
                                                        const std::string& until, std::size_t parts,
                                                        std::int64_t total) const {
  std::vector<std::string> places;
  MIG_ASSIGN(is_free, rows_are_independent(*target_, pair_.to.table));
  if (!is_free) return places;
  const double percent =
      std::clamp(100.0 * kSampledRows / static_cast<double>(total), 0.001, 100.0);
  MIG_ASSIGN(rows, CopyOut::begin(*source_,
                                  fmt::format("COPY ({}) TO STDOUT (FORMAT binary)",
                                              pair_.from.quantiles(after, until, parts, percent))));
  const auto key = pair_.from.entity.key();
  std::vector<CopyField> cells(key.size());
  std::string_view tuple;
  while (true) {
    MIG_ASSIGN(has_row, rows.next(tuple));
    if (!has_row) return places;
    MIG_TRY(first_fields(tuple, cells));
    MIG_ASSIGN(place, pair_.from.place(cells, key));
    if (place != after && place != until) places.push_back(std::move(place));
  }
}

Result<std::optional<std::int64_t>> PostgresPassage::write(const Page& page) {
  assert(page.is_plain);
  MIG_ASSIGN(gone_in, put(page));
  if (gone_in && !page.copied.blocks.empty())
    MIG_TRY(keep_blocks(*target_, run_, step_, page.copied));
  return gone_in;
}

Result<std::optional<std::int64_t>> PostgresPassage::put(const Page& page) {
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
