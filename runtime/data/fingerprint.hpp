// Fingerprints of rows and of key ranges: how two sides are compared without moving rows.
//
// A row's fingerprint is the 128-bit XXH3 of its canonical form. That form depends on values and on
// the kind of value, not on how wide a column is: an i32 that became an i64 or a decimal, a
// decimal with more places, a one_of that became text keep their fingerprint. NULL differs from
// everything else, and no value can imitate two. It finds accidents, not forgers. Pure;
// thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/data/batch.hpp"

namespace mig::runtime {

using Fingerprint = unsigned __int128;

// Appends one value's canonical form. Minus zero is written as zero, every NaN as the same one;
// JSON counts as the text it is.
void append_canonical(std::string& out, const Column& column, std::size_t row);

// Of the given columns, in the given order. `scratch` is memory to reuse between rows.
Fingerprint fingerprint(std::span<const Column> columns, std::size_t row, std::string& scratch);

// Of a row's bytes as a store gives them, which says nothing about other stores or versions.
Fingerprint fingerprint(std::string_view bytes);

// Of a set of rows, whatever their order. Two sums add up where two ranges do.
class FingerprintSum {
 public:
  FingerprintSum() = default;
  FingerprintSum(Fingerprint sum, std::int64_t rows) : sum_(sum), rows_(rows) {}

  void add(Fingerprint row) { sum_ += row, ++rows_; }
  void remove(Fingerprint row) { sum_ -= row, --rows_; }
  void add(const FingerprintSum& range) { sum_ += range.sum_, rows_ += range.rows_; }
  Fingerprint sum() const { return sum_; }
  std::int64_t rows() const { return rows_; }
  bool operator==(const FingerprintSum&) const = default;

 private:
  Fingerprint sum_ = 0;
  std::int64_t rows_ = 0;
};

std::string print(Fingerprint fingerprint);  // 32 hexadecimal digits

}  // namespace mig::runtime
