#include "runtime/steps/place_back.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/stores/place_cells.hpp"

namespace mig::runtime {
namespace {

// For each field of the old key: which cell of the driving row's place holds it.
std::vector<std::size_t> positions(const plan::Plan& plan, const plan::Lane& lane) {
  const auto key = plan.entity_of(lane.source).key();
  std::vector<std::size_t> found;
  for (const std::uint32_t field : plan.entity_of(plan.from).key()) {
    const auto& from = std::get<plan::FieldOf>(lane.transform.emits[0].values[field].node);
    found.push_back(static_cast<std::size_t>(std::ranges::find(key, from.field) - key.begin()));
  }
  return found;
}

}  // namespace

std::string old_place_of(const plan::Plan& plan, const plan::Lane& lane,
                         const std::string& driving) {
  const auto cells = split_place(driving);
  std::vector<std::string_view> old;
  for (const std::size_t position : positions(plan, lane))
    old.push_back(cells.at(position));
  return joined_place(old);
}

std::string driving_place_of(const plan::Plan& plan, const plan::Lane& lane,
                             const std::string& old) {
  const auto cells = split_place(old);
  const auto places = positions(plan, lane);
  std::vector<std::string_view> driving(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i)
    driving.at(places[i]) = cells[i];
  return joined_place(driving);
}

}  // namespace mig::runtime
