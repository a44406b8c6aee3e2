#include "runtime/steps/sql_chunk.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

#include "runtime/data/key_order.hpp"

namespace mig::runtime {
namespace {

constexpr const char* kMark = "SAVEPOINT mig_rows";
constexpr const char* kTakeBack = "ROLLBACK TO mig_rows";
constexpr const char* kRelease = "RELEASE mig_rows";
constexpr const char* kPageMark = "SAVEPOINT mig_page";
constexpr const char* kTakePageBack = "ROLLBACK TO mig_page";
constexpr const char* kReleasePage = "RELEASE mig_page";

}  // namespace

Result<SqlChunk> SqlChunk::open(const Database& database, const plan::Plan& plan,
                                const Carrier& carrier, WriteRule rule, SharedRows shared,
                                const std::vector<plan::MergedField>& merged) {
  SqlChunk chunk(database, plan);
  for (std::size_t i = 0; i < carrier.emitted().size(); ++i) {
    const bool agrees = carrier.emitted()[i].shared && shared == SharedRows::Agree;
    const WriteRule own = agrees ? WriteRule::Shared : rule;
    MIG_ASSIGN(writer, RowWriter::open(database, plan, carrier.dataset(i), own,
                                       plan::merged_in(merged, carrier.dataset(i))));
    chunk.writers_.push_back(std::move(writer));
    auto lineage = Lineage::of(plan, carrier.dataset(i));
    if (lineage) {
      MIG_TRY(lineage->install(database));
      MIG_TRY(lineage->open(database));
    }
    chunk.lineages_.push_back(std::move(lineage));
  }
  return chunk;
}

Result<ChunkWriter::Totals> SqlChunk::write(Effect& effect, const Carrier& carrier,
                                            const Page& page) {
  assert(is_for(effect) && "a chunk is written where it was opened");
  Totals totals;
  fates_.assign(page.rows.rows, Fate::Kept);
  for (const RowReject& reject : carrier.rejects()) {
    if (fates_[reject.row] != Fate::Rejected) totals.rejects.push_back(reject);
    fates_[reject.row] = Fate::Rejected;
  }
  MIG_TRY(database_->execute(kMark));
  MIG_ASSIGN(fits, write_all(carrier, totals));
  if (!fits) {
    MIG_TRY(database_->execute(kTakeBack));
    totals.written = 0;
    std::ranges::replace(fates_, Fate::Moved, Fate::Kept);
  }
  MIG_TRY(database_->execute(kRelease));
  if (!fits) MIG_TRY(write_each(carrier, totals));
  MIG_TRY(note_owners(carrier, page));
  totals.moved = std::ranges::count(fates_, Fate::Moved);
  totals.kept = std::ranges::count(fates_, Fate::Kept);
  std::ranges::sort(totals.rejects, {}, &RowReject::row);
  return totals;
}

Result<bool> SqlChunk::write_all(const Carrier& carrier, Totals& totals) {
  for (const std::size_t emit : carrier.order()) {
    const Emitted& emitted = carrier.emitted()[emit];
    selected_.clear();
    for (std::uint32_t row = 0; row < emitted.rows.rows; ++row) {
      if (!carrier.is_rejected(emitted.source[row])) selected_.push_back(row);
    }
    // Of shared rows the earliest one counts.
    const bool is_shared = writers_[emit].rule() == WriteRule::Shared;
    if (!is_shared) order_by_key(plan_->entity_of(carrier.dataset(emit)), emitted.rows, selected_);
    MIG_ASSIGN(fits, is_shared ? write_singly(emit, emitted, totals)
                               : write_together(emit, emitted, totals));
    if (!fits) return false;
  }
  return true;
}

// One statement for all. It tells how many rows changed, not which: where it is neither none nor
// all of them, a second go, row by row, finds out.
Result<bool> SqlChunk::write_together(std::size_t emit, const Emitted& emitted, Totals& totals) {
  MIG_TRY(database_->execute(kPageMark));
  MIG_ASSIGN(changed, writers_[emit].write_all(emitted.rows, selected_));
  const auto all = static_cast<std::int64_t>(selected_.size());
  const bool is_told = changed && (*changed == 0 || *changed == all);
  if (!is_told) MIG_TRY(database_->execute(kTakePageBack));
  MIG_TRY(database_->execute(kReleasePage));
  if (!changed) return false;
  if (!is_told) return write_singly(emit, emitted, totals);
  if (*changed == 0) return true;
  totals.written += all;
  for (const std::uint32_t row : selected_)
    fates_[emitted.source[row]] = Fate::Moved;
  return true;
}

Result<bool> SqlChunk::write_singly(std::size_t emit, const Emitted& emitted, Totals& totals) {
  for (const std::uint32_t row : selected_) {
    MIG_ASSIGN(written, writers_[emit].write(emitted.rows, row));
    if (written == Written::Rejected) return false;
    if (written == Written::Kept) continue;
    fates_[emitted.source[row]] = Fate::Moved;
    ++totals.written;
  }
  return true;
}

Result<void> SqlChunk::write_each(const Carrier& carrier, Totals& totals) {
  next_.assign(carrier.emitted().size(), 0);
  for (std::uint32_t source = 0; source < fates_.size(); ++source) {
    const bool is_rejected = fates_[source] == Fate::Rejected;
    if (!is_rejected) MIG_TRY(database_->execute(kMark));
    const std::int64_t before = totals.written;
    bool fits = true;
    if (!is_rejected) {
      MIG_ASSIGN(written, write_row(carrier, source, totals));
      fits = written;
    }
    for (std::size_t emit = 0; emit < next_.size(); ++emit) {
      const auto& sources = carrier.emitted()[emit].source;
      while (next_[emit] < sources.size() && sources[next_[emit]] <= source)
        ++next_[emit];
    }
    if (is_rejected) continue;
    if (fits) {
      if (totals.written > before) fates_[source] = Fate::Moved;
    } else {
      MIG_TRY(database_->execute(kTakeBack));
      totals.written = before;
      fates_[source] = Fate::Rejected;
    }
    MIG_TRY(database_->execute(kRelease));
  }
  return {};
}

Result<bool> SqlChunk::write_row(const Carrier& carrier, std::uint32_t source, Totals& totals) {
  for (const std::size_t emit : carrier.order()) {
    const Emitted& emitted = carrier.emitted()[emit];
    for (std::size_t row = next_[emit]; row < emitted.source.size(); ++row) {
      if (emitted.source[row] != source) break;
      MIG_ASSIGN(written, writers_[emit].write(emitted.rows, row));
      if (written == Written::Rejected) {
        totals.rejects.push_back({source, writers_[emit].field(), writers_[emit].reason()});
        return false;
      }
      if (written == Written::Changed) ++totals.written;
    }
  }
  return true;
}

Result<void> SqlChunk::note_owners(const Carrier& carrier, const Page& page) {
  for (std::size_t emit = 0; emit < lineages_.size(); ++emit) {
    auto& lineage = lineages_[emit];
    if (!lineage) continue;
    const plan::Entity& from = plan_->entity_of(plan_->from);
    const plan::Entity& to = plan_->entity_of(carrier.dataset(emit));
    const Emitted& emitted = carrier.emitted()[emit];
    for (std::size_t row = 0; row < emitted.rows.rows; ++row) {
      const std::uint32_t owner = emitted.source[row];
      if (fates_[owner] == Fate::Rejected) continue;
      lineage->add(written_key(from, page.rows, owner), written_key(to, emitted.rows, row),
                   page.keys[owner]);
    }
    MIG_TRY(lineage->write());
  }
  return {};
}

}  // namespace mig::runtime
