// The same value as a wider type: nothing is rounded, cut off or refused.
#include <algorithm>
#include <cassert>

#include "runtime/data/exact_arithmetic.hpp"
#include "runtime/data/function_call.hpp"

namespace mig::runtime {
namespace {

using plan::Base;
using plan::Type;

// Widens one value. The elements of lists are appended to `items`, one level each.
void widen(const Type& from, const Cells& source, std::size_t at, const Type& to, Cells& target,
           std::size_t row, ItemCells& items, std::size_t level);

void widen_list(const Type& from, const ListCell& list, const Type& to, Cells& target,
                std::size_t row, ItemCells& items, std::size_t level) {
  if (items.size() == level) items.push_back(std::make_unique<Cells>());
  Cells& elements = *items[level];
  elements.storage = storage_of(to.element.front().base);
  elements.nullable = to.element.front().optional;
  const std::size_t first = elements.size();
  const std::size_t count = list.end - list.first;
  elements.resize(first + count);
  for (std::size_t i = 0; i < count; ++i) {
    widen(from.element.front(), *list.items, list.first + i, to.element.front(), elements,
          first + i, items, level + 1);
  }
  target.lists[row] = ListCell{&elements, first, first + count};
}

void widen(const Type& from, const Cells& source, std::size_t at, const Type& to, Cells& target,
           std::size_t row, ItemCells& items, std::size_t level) {
  const bool is_present = source.is_present(at);
  if (target.nullable) target.present[row] = is_present ? 1 : 0;
  if (!is_present) {
    assert(target.nullable);
    return;
  }
  if (to.base == Base::Decimal) {
    const bool is_integer = from.is_integer();
    const Decimal value = is_integer ? Decimal{source.integer(at)} : source.decimal(at);
    const auto scaled = rescaled(value, is_integer ? 0 : from.scale, to.scale);
    assert(scaled && "every value of the narrower type fits");
    target.decimals[row] = *scaled;
  } else if (from.base == Base::OneOf) {
    const std::string& word = from.members.at(static_cast<std::size_t>(source.integer(at)));
    if (to.base == Base::Text) {
      target.texts[row] = word;
    } else {
      const auto found = std::ranges::find(to.members, word);
      assert(found != to.members.end());
      target.integers[row] = found - to.members.begin();
    }
  } else if (from.base == Base::List) {
    widen_list(from, source.list(at), to, target, row, items, level);
  } else {
    target.copy(row, source, at);
  }
}

}  // namespace

void apply_widening(const Call& call) {
  for (const std::uint32_t row : call.rows) {
    widen(*call.types[0], *call.arguments[0], row, call.type, call.result, row, call.items, 0);
  }
}

}  // namespace mig::runtime
