// A page of rows that pass from one store to another as bytes: what a copy has to know of it. Each
// kind of passage puts its bytes beside it. A plain value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mig::runtime {

struct PassedPage {
  std::int64_t read = 0;
  std::int64_t bytes = 0;  // of those rows
  std::string last;        // the place of the last row
  bool is_last = false;    // nothing lies behind it
  // Rows that are none of those, by their places: too large for a page, each to be moved by itself.
  std::vector<std::string> large;
  bool is_plain = false;  // false: to be read on the typed path, and nothing else here counts
};

}  // namespace mig::runtime
