#include "runtime/stores/place_cells.hpp"

#include <cstddef>

namespace mig::runtime {
namespace {

constexpr char kBetween = '.';

}  // namespace

std::vector<std::string_view> split_place(std::string_view place) {
  std::vector<std::string_view> cells;
  for (auto end = place.find(kBetween); end != place.npos; end = place.find(kBetween)) {
    cells.push_back(place.substr(0, end));
    place.remove_prefix(end + 1);
  }
  cells.push_back(place);
  return cells;
}

std::string joined_place(const std::vector<std::string_view>& cells) {
  std::string place(cells.front());
  for (std::size_t i = 1; i < cells.size(); ++i) {
    place += kBetween;
    place += cells[i];
  }
  return place;
}

}  // namespace mig::runtime
