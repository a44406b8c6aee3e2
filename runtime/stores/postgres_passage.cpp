#include "runtime/stores/postgres_passage.hpp"

#include <cassert>

#include <fmt/format.h>

#include "runtime/stores/postgres_copy.hpp"

namespace mig::runtime {

Result<std::optional<PostgresPassage>> PostgresPassage::open(const Database& source,
                                                             const Database& target,
                                                             const plan::Plan& plan) {
  MIG_ASSIGN(pair, PlainPair::of(source, target, plan));
  if (!pair) return std::optional<PostgresPassage>();
  std::string columns;
  for (const plan::Field& field : pair->to.entity.fields) {
    MIG_ASSIGN(name, quote_identifier(field.column));
    columns += (columns.empty() ? "" : ", ") + name;
  }
  std::string into =
      fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", pair->to.table, columns);
  return std::optional(PostgresPassage(source, target, std::move(*pair), std::move(into)));
}

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

Result<bool> PostgresPassage::write(const Page& page) const {
  assert(page.is_plain);
  MIG_TRY(target_->execute("SAVEPOINT mig_passage"));
  const auto copy = [&]() -> Result<std::int64_t> {
    MIG_ASSIGN(in, CopyIn::begin(*target_, into_));
    MIG_TRY(in.put(page.tuples));
    return in.finish();
  };
  auto copied = copy();
  if (!copied && target_->last_failure() != SqlFailure::Constraint) {
    return std::unexpected(std::move(copied).error());
  }
  // A trigger of the table may leave rows out: which, the typed path tells.
  const bool is_in = copied && *copied == page.read;
  if (!is_in) MIG_TRY(target_->execute("ROLLBACK TO SAVEPOINT mig_passage"));
  MIG_TRY(target_->execute("RELEASE SAVEPOINT mig_passage"));
  return is_in;
}

}  // namespace mig::runtime
