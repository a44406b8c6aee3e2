#include "runtime/steps/row_check.hpp"

#include "runtime/data/expiry.hpp"
#include "runtime/data/fingerprint.hpp"
#include "runtime/stores/open_rows.hpp"
#include "runtime/stores/row_writer.hpp"
#include "runtime/stores/store_letters.hpp"

namespace mig::runtime {

Result<RowCheck> RowCheck::open(const plan::Plan& plan, Stores& stores, std::string run,
                                plan::Side leads) {
  MIG_ASSIGN(source, stores.reading(plan.at(plan.from).store));
  MIG_ASSIGN(reader, open_rows(stores, plan, plan.from));
  MIG_ASSIGN(target, stores.reading(plan.at(plan.to.front()).store));
  RowCheck check(plan, std::move(run), source, target, std::move(reader));
  const plan::Transform& transform = check.carrier_->transform();
  for (std::size_t emit = 0; emit < transform.emits.size(); ++emit) {
    const plan::DatasetId dataset = check.carrier_->dataset(emit);
    MIG_ASSIGN(owned, owned_rows(plan, transform.emits[emit], dataset, plan.from));
    MIG_TRY(owned->open(target));
    MIG_ASSIGN(there, open_rows(stores, plan, dataset));
    const bool is_known_whose = leads == plan::Side::Old || !transform.emits[emit].shared;
    check.sides_.push_back({std::move(owned), is_known_whose, std::move(there),
                            std::make_unique<CanonicalForm>(plan, dataset),
                            std::make_unique<CanonicalForm>(plan, dataset)});
  }
  return check;
}

RowCheck::Side& RowCheck::side_of(plan::DatasetId dataset) {
  std::size_t emit = 0;
  while (carrier_->dataset(emit) != dataset)
    ++emit;
  return sides_[emit];
}

Result<std::vector<std::string>> RowCheck::sources_of(plan::DatasetId dataset,
                                                      const std::string& place) {
  return side_of(dataset).owned->sources_of(place);
}

Result<bool> RowCheck::stands(plan::DatasetId dataset, const std::string& place) {
  MIG_TRY(side_of(dataset).reader.read_at(place, there_));
  return there_.read > 0;
}

Result<bool> RowCheck::is_equal(const std::string& place) {
  MIG_ASSIGN(found, differences(place));
  return found.empty();
}

Result<std::vector<RowDifference>> RowCheck::differences(const std::string& place) {
  std::vector<RowDifference> found;
  MIG_TRY(reader_.read_at(place, page_));
  carrier_->run(page_.rows);
  MIG_ASSIGN(owner, place_as_written(source_, plan_->entity_of(plan_->from), place));
  if (!owner) return found;  // a key that is none on the new side owns nothing there
  expected_.assign(sides_.size(), {});
  const bool becomes_rows = page_.rows.rows > 0 && !carrier_->is_rejected(0);
  for (std::size_t emit = 0; becomes_rows && emit < sides_.size(); ++emit)
    MIG_TRY(compare(emit, place, found));
  MIG_TRY(find_others(*owner, place, found));
  if (found.empty() || !becomes_rows) return found;
  MIG_ASSIGN(is_set_aside, has_open_letter(target_, run_, plan_->at(plan_->from).name, place));
  if (!is_set_aside) return found;
  expected_.assign(sides_.size(), {});
  found.clear();
  MIG_TRY(find_others(*owner, place, found));
  return found;
}

Result<void> RowCheck::find_others(const std::string& owner, const std::string& from,
                                   std::vector<RowDifference>& found) {
  for (std::size_t emit = 0; emit < sides_.size(); ++emit) {
    if (!sides_[emit].is_known_whose) continue;
    MIG_ASSIGN(others, sides_[emit].owned->others(owner, expected_[emit]));
    for (const std::string& place : others) {
      found.push_back({.dataset = carrier_->dataset(emit),
                       .kind = DriftClass::Extra,
                       .place = place,
                       .source = from});
    }
  }
  return {};
}

Result<void> RowCheck::compare(std::size_t emit, const std::string& from,
                               std::vector<RowDifference>& found) {
  Side& side = sides_[emit];
  const Emitted& emitted = carrier_->emitted()[emit];
  const plan::DatasetId dataset = carrier_->dataset(emit);
  const auto columns = side.expected->of(emitted.rows);
  for (std::size_t row = 0; row < emitted.rows.rows; ++row) {
    const std::string place = written_key(plan_->entity_of(dataset), emitted.rows, row);
    for (std::size_t other = 0; other < sides_.size(); ++other) {
      if (carrier_->dataset(other) == dataset) expected_[other].insert(place);
    }
    MIG_TRY(side.reader.read_at(place, there_));
    const bool stands = there_.rows.rows == 1;
    const Fingerprint wanted = fingerprint(columns, row, memory_);
    const bool ends_alike =
        stands && expire_together(expiry_of(page_, emitted.source[row]), expiry_of(there_, 0));
    if (ends_alike && fingerprint(side.found->of(there_.rows), 0, memory_) == wanted) continue;
    found.push_back({.dataset = dataset,
                     .kind = stands ? DriftClass::Mismatched : DriftClass::Missing,
                     .place = stands ? place : std::string(),
                     .source = from});
  }
  return {};
}

}  // namespace mig::runtime
