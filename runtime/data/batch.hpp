// Rows on their way: a few thousand at a time, column by column, in exactly typed vectors.
//
// A reader appends to each column in turn; transforms, codecs and writers read by row number.
// Clearing keeps the memory, so one batch serves a whole copy. Which accessor fits a type is in the
// table below; another one is our mistake and asserts. One thread writes, then many may read.
//
//   bool, i16, i32, i64, date, time, timestamp   integer
//   one_of                                       integer: the index into the type's members
//   decimal                                      decimal: the digits without the point
//   f64                                          real
//   text, json, bytes, uuid (16 bytes)           bytes
//   list                                         list: a range of rows of `element()`
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/types.hpp"

namespace mig::runtime {

using Decimal = __int128;  // 38 digits and a sign

enum class Storage : std::uint8_t { Integers, Decimals, Reals, Bytes, List };

Storage storage_of(plan::Base base);

class Column {
 public:
  explicit Column(plan::Type type);

  const plan::Type& type() const { return type_; }
  std::size_t size() const { return size_; }
  bool is_null(std::size_t row) const;

  void append_null();  // only where the type is optional
  void append_integer(std::int64_t value);
  void append_decimal(Decimal value);
  void append_real(double value);
  void append_bytes(std::string_view value);
  // Takes whatever was appended to `element()` since the last list as this row's items.
  void append_list();

  // Each of a row that is not null.
  std::int64_t integer(std::size_t row) const;
  Decimal decimal(std::size_t row) const;
  double real(std::size_t row) const;
  std::string_view bytes(std::size_t row) const;  // until the next append
  struct Range {
    std::size_t first;
    std::size_t end;
  };
  Range list(std::size_t row) const;

  Column& element();
  const Column& element() const;

  void clear();
  // Takes rows off the end: a row that turned out to be a reject in a later column, or the items of
  // a list that did.
  void shrink(std::size_t size);
  // Memory in use by values, for a batch that is bounded by bytes.
  std::size_t byte_count() const;

 private:
  void append_validity(bool is_valid);
  std::size_t offset(std::size_t index) const { return index == 0 ? 0 : ends_[index - 1]; }

  plan::Type type_;
  Storage storage_;
  std::size_t size_ = 0;
  std::vector<std::uint64_t> validity_;  // one bit a row, set where there is a value
  std::vector<std::int64_t> integers_;
  std::vector<Decimal> decimals_;
  std::vector<double> reals_;
  std::vector<std::uint32_t> ends_;  // Bytes, List: where each row ends
  std::string bytes_;
  std::vector<Column> element_;  // List: exactly one
};

// Here, because every cell of a copy goes through them.

inline bool Column::is_null(std::size_t row) const {
  assert(row < size_);
  return (validity_[row / 64] >> row % 64 & 1) == 0;
}

inline void Column::append_validity(bool is_valid) {
  if (size_ % 64 == 0) validity_.push_back(0);
  if (is_valid) validity_.back() |= std::uint64_t{1} << size_ % 64;
  ++size_;
}

inline void Column::append_integer(std::int64_t value) {
  assert(storage_ == Storage::Integers);
  integers_.push_back(value);
  append_validity(true);
}

inline void Column::append_decimal(Decimal value) {
  assert(storage_ == Storage::Decimals);
  decimals_.push_back(value);
  append_validity(true);
}

inline void Column::append_real(double value) {
  assert(storage_ == Storage::Reals);
  reals_.push_back(value);
  append_validity(true);
}

inline void Column::append_bytes(std::string_view value) {
  assert(storage_ == Storage::Bytes);
  assert(type_.base != plan::Base::Uuid || value.size() == 16);
  assert(bytes_.size() + value.size() <= std::numeric_limits<std::uint32_t>::max());
  bytes_ += value;
  ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  append_validity(true);
}

inline std::int64_t Column::integer(std::size_t row) const {
  assert(storage_ == Storage::Integers);
  assert(!is_null(row));
  return integers_[row];
}

inline Decimal Column::decimal(std::size_t row) const {
  assert(storage_ == Storage::Decimals);
  assert(!is_null(row));
  return decimals_[row];
}

inline double Column::real(std::size_t row) const {
  assert(storage_ == Storage::Reals);
  assert(!is_null(row));
  return reals_[row];
}

inline std::string_view Column::bytes(std::size_t row) const {
  assert(storage_ == Storage::Bytes);
  assert(!is_null(row));
  return std::string_view(bytes_).substr(offset(row), offset(row + 1) - offset(row));
}

struct Batch {
  std::vector<Column> columns;
  std::size_t rows = 0;  // what every column holds, once a row is complete

  static Batch of(const std::vector<plan::Type>& types);
  void clear();
  // Drops what was appended of an unfinished row.
  void drop_unfinished();
  std::size_t byte_count() const;
};

}  // namespace mig::runtime
