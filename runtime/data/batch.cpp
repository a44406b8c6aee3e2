#include "runtime/data/batch.hpp"

#include <cassert>
#include <limits>
#include <numeric>

namespace mig::runtime {

Storage storage_of(plan::Base base) {
  switch (base) {
    case plan::Base::Bool:
    case plan::Base::I16:
    case plan::Base::I32:
    case plan::Base::I64:
    case plan::Base::Date:
    case plan::Base::Time:
    case plan::Base::Timestamp:
    case plan::Base::OneOf:
      return Storage::Integers;
    case plan::Base::Decimal:
      return Storage::Decimals;
    case plan::Base::F64:
      return Storage::Reals;
    case plan::Base::Text:
    case plan::Base::Bytes:
    case plan::Base::Uuid:
    case plan::Base::Json:
      return Storage::Bytes;
    case plan::Base::List:
      return Storage::List;
  }
  assert(false && "every base has its storage");
  return Storage::Bytes;
}

Column::Column(plan::Type type) : type_(std::move(type)), storage_(storage_of(type_.base)) {
  if (storage_ != Storage::List) return;
  assert(type_.element.size() == 1);
  element_.emplace_back(type_.element.front());
}

void Column::append_null() {
  assert(type_.optional);
  switch (storage_) {
    case Storage::Integers:
      integers_.push_back(0);
      break;
    case Storage::Decimals:
      decimals_.push_back(0);
      break;
    case Storage::Reals:
      reals_.push_back(0);
      break;
    case Storage::Bytes:
    case Storage::List:
      ends_.push_back(static_cast<std::uint32_t>(offset(size_)));
      break;
  }
  append_validity(false);
}

void Column::append_list() {
  assert(storage_ == Storage::List);
  assert(element().size() <= std::numeric_limits<std::uint32_t>::max());
  ends_.push_back(static_cast<std::uint32_t>(element().size()));
  append_validity(true);
}

Column::Range Column::list(std::size_t row) const {
  assert(storage_ == Storage::List);
  assert(!is_null(row));
  return {offset(row), offset(row + 1)};
}

Column& Column::element() {
  assert(storage_ == Storage::List);
  return element_.front();
}

const Column& Column::element() const {
  assert(storage_ == Storage::List);
  return element_.front();
}

void Column::clear() {
  shrink(0);
}

void Column::shrink(std::size_t size) {
  assert(size <= size_);
  switch (storage_) {
    case Storage::Integers:
      integers_.resize(size);
      break;
    case Storage::Decimals:
      decimals_.resize(size);
      break;
    case Storage::Reals:
      reals_.resize(size);
      break;
    case Storage::Bytes:
      bytes_.resize(offset(size));
      ends_.resize(size);
      break;
    case Storage::List:
      element().shrink(offset(size));
      ends_.resize(size);
      break;
  }
  validity_.resize((size + 63) / 64);
  if (size % 64 != 0) validity_.back() &= (std::uint64_t{1} << size % 64) - 1;
  size_ = size;
}

std::size_t Column::byte_count() const {
  std::size_t count = validity_.size() * sizeof(std::uint64_t);
  count += integers_.size() * sizeof(std::int64_t) + decimals_.size() * sizeof(Decimal);
  count += reals_.size() * sizeof(double) + ends_.size() * sizeof(std::uint32_t) + bytes_.size();
  for (const Column& element : element_)
    count += element.byte_count();
  return count;
}

Batch Batch::of(const std::vector<plan::Type>& types) {
  Batch batch;
  batch.columns.reserve(types.size());
  for (const plan::Type& type : types)
    batch.columns.emplace_back(type);
  return batch;
}

void Batch::clear() {
  for (Column& column : columns)
    column.clear();
  rows = 0;
}

void Batch::drop_unfinished() {
  for (Column& column : columns)
    column.shrink(rows);
}

std::size_t Batch::byte_count() const {
  return std::accumulate(
      columns.begin(), columns.end(), std::size_t{0},
      [](std::size_t sum, const Column& column) { return sum + column.byte_count(); });
}

}  // namespace mig::runtime
