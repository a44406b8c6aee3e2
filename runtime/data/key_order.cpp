#include "runtime/data/key_order.hpp"

#include <algorithm>
#include <compare>
#include <span>

namespace mig::runtime {
namespace {

std::strong_ordering compare(const Column& column, std::uint32_t one, std::uint32_t other) {
  const bool is_null = column.is_null(one);
  if (is_null || column.is_null(other)) return column.is_null(other) <=> is_null;
  switch (storage_of(column.type().base)) {
    case Storage::Integers:
      return column.integer(one) <=> column.integer(other);
    case Storage::Decimals:
      return column.decimal(one) <=> column.decimal(other);
    case Storage::Reals:
      return std::strong_order(column.real(one), column.real(other));
    case Storage::Bytes:
      return column.bytes(one) <=> column.bytes(other);
    case Storage::List:
      break;  // no key
  }
  return std::strong_ordering::equal;
}

}  // namespace

void order_by_key(const plan::Entity& entity, const Batch& batch,
                  std::vector<std::uint32_t>& rows) {
  const std::vector<std::uint32_t> key = entity.key();
  const auto comes_before = [&](std::uint32_t one, std::uint32_t other) {
    for (const std::uint32_t field : key) {
      const auto order = compare(batch.columns[field], one, other);
      if (order != 0) return order < 0;
    }
    return false;
  };
  if (!std::ranges::is_sorted(rows, comes_before)) std::ranges::stable_sort(rows, comes_before);
}

}  // namespace mig::runtime
