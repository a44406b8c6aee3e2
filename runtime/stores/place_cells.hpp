// The cells of a place as they are written in it (places.hpp), for who puts them into another
// order: a key of one side is made of the same cells as one of the other. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mig::runtime {

// Their bytes are the place's.
std::vector<std::string_view> split_place(std::string_view place);
std::string joined_place(const std::vector<std::string_view>& cells);

}  // namespace mig::runtime
