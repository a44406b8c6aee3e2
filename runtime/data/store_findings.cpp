#include "runtime/data/store_findings.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

constexpr std::size_t kRowsAPart = 20'000;

}  // namespace

Result<StoreFindings> StoreFindings::open(const plan::Plan& plan, Stores& stores,
                                          const DriftScratch& scratch, Reconciliation& result) {
  MIG_ASSIGN(note, scratch.database.prepare("INSERT INTO orphan(dataset, key, place, name, value) "
                                            "VALUES(?, ?, ?, ?, ?)"));
  StoreFindings findings(scratch, std::move(note));
  for (const plan::DatasetId dataset : plan.to) {
    MIG_ASSIGN(store, stores.reading(plan.at(dataset).store));
    if (store.sql() == nullptr) continue;
    MIG_TRY(findings.look_at_sequences(*store.sql(), plan, dataset, result));
    if (result.complete) MIG_TRY(findings.open_readers(*store.sql(), plan, dataset, result));
  }
  return findings;
}

Result<void> StoreFindings::look_at_sequences(const Database& database, const plan::Plan& plan,
                                              plan::DatasetId dataset, Reconciliation& result) {
  MIG_ASSIGN(sequences, read_sequences(database, plan, dataset));
  for (SequenceState& sequence : sequences) {
    if (!sequence.next) {
      result.notes.push_back(fmt::format("the role may not read the sequence `{}` of `{}.{}`",
                                         sequence.name, plan.at(dataset).name, sequence.field));
    } else if (sequence.is_behind()) {
      result.behind.push_back(std::move(sequence));
    }
  }
  return {};
}

Result<void> StoreFindings::open_readers(const Database& database, const plan::Plan& plan,
                                         plan::DatasetId dataset, Reconciliation& result) {
  MIG_ASSIGN(keys, foreign_keys_of(database, plan.at(dataset).table));
  for (ForeignKey& key : keys) {
    if (!key.is_readable) {
      result.notes.push_back(
          fmt::format("nobody looked whether the rows of `{}` break `{}`: the role may not read {}",
                      plan.at(dataset).name, key.name, key.parent));
      continue;
    }
    MIG_ASSIGN(reader, OrphanReader::open(database, plan, dataset, std::move(key)));
    readers_.push_back(std::move(reader));
  }
  return {};
}

Result<bool> StoreFindings::advance(Reconciliation& result) {
  if (reader_ == readers_.size()) return true;
  MIG_ASSIGN(part, readers_[reader_].read(cursor_, kRowsAPart));
  MIG_TRY(scratch_->database.execute("BEGIN"));
  for (const Orphan& orphan : part.orphans)
    MIG_TRY(note(orphan, result));
  MIG_TRY(scratch_->database.execute("COMMIT"));
  cursor_ = part.is_last ? std::string() : part.last;
  if (part.is_last) ++reader_;
  return reader_ == readers_.size();
}

Result<void> StoreFindings::note(const Orphan& orphan, Reconciliation& result) {
  ++std::ranges::find(result.datasets, orphan.dataset, &DatasetDrift::dataset)->orphans;
  if (result.first_orphans.size() < kShownOrphans) result.first_orphans.push_back(orphan);
  note_.bind(1, static_cast<std::int64_t>(orphan.dataset.index));
  note_.bind_text(2, orphan.key);
  note_.bind_text(3, orphan.place);
  note_.bind_text(4, orphan.constraint);
  note_.bind_text(5, orphan.value);
  return note_.run();
}

}  // namespace mig::runtime
