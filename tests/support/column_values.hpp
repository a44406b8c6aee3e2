// Values of every type for round trips: random ones, and the ends of their ranges.
//
// Deterministic for a seed. One thread.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "runtime/data/batch.hpp"
#include "runtime/data/decimal.hpp"

namespace mig::tests {

class ColumnValues {
 public:
  explicit ColumnValues(std::uint64_t seed) : random_(seed) {}

  std::int64_t between(std::int64_t least, std::int64_t most);
  // One more cell; of an optional type it may be absent.
  void append(runtime::Column& into);

 private:
  // Small and large numbers alike, and the ends.
  std::int64_t spread(std::int64_t least, std::int64_t most);
  runtime::Decimal decimal(int precision);
  std::string text(std::size_t most);
  std::string bytes(std::size_t count);

  std::mt19937_64 random_;
};

// A cell as one exact text.
std::string shown_cell(const runtime::Column& column, std::size_t row);

}  // namespace mig::tests
