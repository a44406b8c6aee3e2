#include "runtime/steps/sweep.hpp"

#include <utility>

#include "runtime/steps/delete_cap.hpp"
#include "runtime/stores/open_rows.hpp"

namespace mig::runtime {

Result<Sweep> Sweep::open(World& world, const plan::Lane& lane) {
  MIG_ASSIGN(reader, open_rows(world.stores, world.plan, lane.source));
  MIG_ASSIGN(last, reader.last_key());
  for (const plan::DatasetId follows : lane.targets) {
    if (!last.empty()) break;
    MIG_ASSIGN(target, open_rows(world.stores, world.plan, follows));
    MIG_ASSIGN(there, target.last_key());
    if (!there.empty()) return suddenly_empty(world.plan, lane.source, follows);
  }
  return Sweep(world.plan, lane, std::move(reader));
}

Result<Touched> Sweep::next(World& world, const std::vector<std::unique_ptr<OwnedRows>>& owned,
                            std::size_t limit) {
  Touched touched;
  MIG_TRY(reader_.read(after_, "", limit, page_));
  after_ = page_.last;
  std::vector<std::string> places;
  for (std::size_t row = 0; row < page_.rows.rows; ++row)
    places.push_back(page_.keys[row]);
  for (const BadRow& bad : page_.bad)
    places.push_back(bad.key);
  for (std::string& place : places) {
    if (!target_) {
      touched.keys.push_back(std::move(place));
      continue;
    }
    MIG_ASSIGN(sources, owned[*target_]->sources_of(place));
    touched.keys.insert(touched.keys.end(), sources.begin(), sources.end());
  }
  touched.entries = static_cast<std::int64_t>(places.size()) + 1;
  if (!page_.is_last) return touched;
  target_ = target_ ? *target_ + 1 : 0;
  after_.clear();
  if (*target_ == lane_.targets.size()) {
    touched.is_last = true;
    return touched;
  }
  MIG_ASSIGN(reader, open_rows(world.stores, *plan_, lane_.targets[*target_]));
  reader_ = std::move(reader);
  return touched;
}

}  // namespace mig::runtime
