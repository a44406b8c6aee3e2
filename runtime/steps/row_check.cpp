#include "runtime/steps/row_check.hpp"

#include <set>

#include "runtime/data/fingerprint.hpp"
#include "runtime/stores/sqlite_writer.hpp"

namespace mig::runtime {

Result<RowCheck> RowCheck::open(const plan::Plan& plan, Stores& stores) {
  MIG_ASSIGN(source, stores.reader(plan.at(plan.from).store));
  MIG_ASSIGN(reader, KeysetReader::open(*source, plan, plan.from));
  MIG_ASSIGN(target, stores.reader(plan.at(plan.to.front()).store));
  RowCheck check(plan, *source, std::move(reader));
  const plan::Transform& transform = check.carrier_->transform();
  for (std::size_t emit = 0; emit < transform.emits.size(); ++emit) {
    const plan::DatasetId dataset = check.carrier_->dataset(emit);
    MIG_ASSIGN(owned, owned_rows(plan, transform.emits[emit], dataset));
    MIG_TRY(owned.open(*target));
    MIG_ASSIGN(there, KeysetReader::open(*target, plan, dataset));
    check.sides_.push_back({std::move(owned), std::move(there),
                            std::make_unique<CanonicalForm>(plan, dataset),
                            std::make_unique<CanonicalForm>(plan, dataset)});
  }
  return check;
}

std::string RowCheck::owner_of(plan::DatasetId dataset, const std::string& place) const {
  std::size_t emit = 0;
  while (carrier_->dataset(emit) != dataset)
    ++emit;
  return sides_[emit].owned.owner_of(place);
}

Result<bool> RowCheck::is_equal(const std::string& place) {
  MIG_TRY(reader_.read_at(place, page_));
  carrier_->run(page_.rows);
  MIG_ASSIGN(owner, place_as_written(*source_, plan_->entity_of(plan_->from), place));
  if (!owner) return true;  // a key that is none on the new side owns nothing there
  for (std::size_t emit = 0; emit < sides_.size(); ++emit) {
    MIG_ASSIGN(is_same, is_equal(emit, *owner));
    if (!is_same) return false;
  }
  return true;
}

Result<bool> RowCheck::is_equal(std::size_t emit, const std::string& owner) {
  Side& side = sides_[emit];
  const Emitted& emitted = carrier_->emitted()[emit];
  const plan::Entity& entity = plan_->entity_of(carrier_->dataset(emit));
  std::set<std::string> expected;
  const bool is_rejected = page_.rows.rows == 0 || carrier_->is_rejected(0);
  const auto columns = side.expected->of(emitted.rows);
  for (std::size_t row = 0; !is_rejected && row < emitted.rows.rows; ++row) {
    const std::string place = written_key(entity, emitted.rows, row);
    expected.insert(place);
    MIG_TRY(side.reader.read_at(place, there_));
    if (there_.rows.rows != 1) return false;
    const Fingerprint wanted = fingerprint(columns, row, memory_);
    if (!(fingerprint(side.found->of(there_.rows), 0, memory_) == wanted)) return false;
  }
  MIG_ASSIGN(others, side.owned.others(owner, expected));
  return others.empty();
}

}  // namespace mig::runtime
