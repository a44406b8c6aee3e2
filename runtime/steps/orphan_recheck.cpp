#include "runtime/steps/orphan_recheck.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mig::runtime {
namespace {

constexpr int kLooks = 3;

}  // namespace

Result<void> OrphanRecheck::suspect(std::vector<Orphan> suspects) {
  is_asked_ = true;
  open_ = std::move(suspects);
  std::vector<plan::DatasetId> seen;
  for (const Orphan& orphan : open_) {
    if (std::ranges::find(seen, orphan.dataset) != seen.end()) continue;
    seen.push_back(orphan.dataset);
    MIG_ASSIGN(store, stores_->reading(plan_->at(orphan.dataset).store));
    MIG_ASSIGN(keys, foreign_keys_of(*store.sql(), plan_->at(orphan.dataset).table));
    for (ForeignKey& key : keys) {
      if (!key.is_readable) continue;
      MIG_ASSIGN(reader, OrphanReader::open(*store.sql(), *plan_, orphan.dataset, std::move(key)));
      readers_.push_back({orphan.dataset, std::move(reader)});
    }
  }
  return {};
}

const OrphanReader* OrphanRecheck::reader_of(const Orphan& orphan) const {
  const auto found = std::ranges::find_if(readers_, [&](const Reader& reader) {
    return reader.dataset == orphan.dataset && reader.rows.key().name == orphan.constraint;
  });
  return found == readers_.end() ? nullptr : &found->rows;
}

Result<void> OrphanRecheck::judge(bool is_settled) {
  ++looks_;
  for (Orphan& orphan : std::exchange(open_, {})) {
    const OrphanReader* reader = reader_of(orphan);
    if (reader == nullptr) continue;
    MIG_ASSIGN(is_orphan, reader->is_orphan(orphan.place));
    if (!is_orphan) continue;
    const bool is_certain = is_settled || looks_ >= kLooks;
    (is_certain ? confirmed_ : open_).push_back(std::move(orphan));
  }
  return {};
}

void OrphanRecheck::confirm_the_rest() {
  std::ranges::move(std::exchange(open_, {}), std::back_inserter(confirmed_));
}

void OrphanRecheck::tell(Reconciliation& result) const {
  if (!is_asked_) return;
  result.first_orphans.clear();
  for (DatasetDrift& dataset : result.datasets)
    dataset.orphans = 0;
  for (const Orphan& orphan : confirmed_) {
    ++std::ranges::find(result.datasets, orphan.dataset, &DatasetDrift::dataset)->orphans;
    if (result.first_orphans.size() < kShownOrphans) result.first_orphans.push_back(orphan);
  }
}

}  // namespace mig::runtime
