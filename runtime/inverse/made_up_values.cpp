#include "runtime/inverse/made_up_values.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

#include "runtime/data/iso_time.hpp"
#include "runtime/inverse/made_up_texts.hpp"

namespace mig::runtime {
namespace {

using plan::Base;

struct Limits {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

template <class Integer>
Limits limits_of_integer() {
  return {std::numeric_limits<Integer>::min(), std::numeric_limits<Integer>::max()};
}

std::int64_t parsed(std::optional<std::int64_t> value) {
  assert(value.has_value());
  return *value;
}

// Of the types that are stored as integers.
Limits limits_of(const plan::Type& type) {
  switch (type.base) {
    case Base::Bool:
      return {0, 1};
    case Base::I16:
      return limits_of_integer<std::int16_t>();
    case Base::I32:
      return limits_of_integer<std::int32_t>();
    case Base::I64:
      return limits_of_integer<std::int64_t>();
    case Base::OneOf:
      return {0, static_cast<std::int64_t>(type.members.size()) - 1};
    case Base::Date:
      return {parsed(parse_date("0001-01-01")), parsed(parse_date("9999-12-31"))};
    case Base::Time:
      return {0, parsed(parse_time("23:59:59.999999"))};
    case Base::Timestamp:
      return {parsed(parse_timestamp("0001-01-01T00:00:00Z")),
              parsed(parse_timestamp("9999-12-31T23:59:59.999999Z"))};
    default:
      break;
  }
  assert(false && "the type is stored as an integer");
  return {};
}

Decimal largest_decimal(const plan::Type& type) {
  Decimal limit = 1;
  for (int i = 0; i < type.precision; ++i)
    limit *= 10;
  return limit - 1;
}

void add_integers(const plan::Type& type, const FieldHints& hints, std::vector<FieldValue>& out) {
  const auto [least, most] = limits_of(type);
  std::vector<std::int64_t> numbers = {0, 1, -1, 2, 10};
  if (type.base == Base::Timestamp || type.base == Base::Time) {
    // A second, a millisecond, a day; what is finer than a second is cut off by many.
    for (const std::int64_t one : {1'000'000LL, 1'000LL, 86'400'000'000LL, 1'234'567LL})
      numbers.push_back(one);
  }
  if (type.base == Base::OneOf) {
    for (std::int64_t member = 0; member <= most; ++member)
      numbers.push_back(member);
  }
  for (const std::int64_t number : {least, least + 1, most - 1, most})
    numbers.push_back(number);
  for (const std::int64_t number : hints.numbers) {
    numbers.push_back(number);
    if (number > least) numbers.push_back(number - 1);
    if (number < most) numbers.push_back(number + 1);
  }
  for (const std::int64_t number : numbers) {
    if (number >= least && number <= most) out.push_back({number});
  }
}

void add_lists(const plan::Type& type, const FieldHints& hints, std::vector<FieldValue>& out) {
  const auto items = boundary_values(type.element.front(), hints);
  out.push_back({std::vector<FieldValue>{}});
  for (const FieldValue& item : items)
    out.push_back({std::vector<FieldValue>{item}});
  out.push_back({std::vector<FieldValue>{items.front(), items.front()}});
  out.push_back({items});
}

std::string random_bytes(Dice& dice, std::size_t size) {
  std::string bytes;
  while (bytes.size() < size)
    bytes += static_cast<char>(dice.bits() & 0xFFU);
  return bytes;
}

std::int64_t random_integer(const plan::Type& type, Dice& dice) {
  const auto [least, most] = limits_of(type);
  const auto span = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least);
  // Small ones are as likely as large ones.
  std::uint64_t bits = dice.bits() >> dice.below(64);
  if (type.base == Base::Timestamp && dice.one_in(2)) bits = bits / 1'000'000 * 1'000'000;
  if (dice.one_in(2) && least < 0) {
    const std::uint64_t magnitude = bits % (static_cast<std::uint64_t>(-(least + 1)) + 1);
    return -static_cast<std::int64_t>(magnitude);
  }
  const std::uint64_t reach = least < 0 ? static_cast<std::uint64_t>(most) : span;
  const std::uint64_t step = reach == UINT64_MAX ? bits : bits % (reach + 1);
  return static_cast<std::int64_t>(step) + (least < 0 ? 0 : least);
}

FieldValue random_decimal(const plan::Type& type, Dice& dice) {
  const auto modulus = static_cast<unsigned __int128>(largest_decimal(type)) + 1;
  const auto bits = (static_cast<unsigned __int128>(dice.bits()) << 64U | dice.bits()) >>
                    static_cast<unsigned>(dice.below(128));
  const auto digits = static_cast<Decimal>(bits % modulus);
  return {dice.one_in(2) ? digits : -digits};
}

}  // namespace

FieldValue plainest(const plan::Type& type) {
  if (type.optional) return {};
  switch (storage_of(type.base)) {
    case Storage::Integers:
      return {std::int64_t{0}};
    case Storage::Decimals:
      return {Decimal{0}};
    case Storage::Reals:
      return {0.0};
    case Storage::List:
      return {std::vector<FieldValue>{}};
    case Storage::Bytes:
      break;
  }
  if (type.base == Base::Uuid) return {std::string(16, '\0')};
  return {std::string(type.base == Base::Json ? "null" : "")};
}

std::vector<FieldValue> boundary_values(const plan::Type& type, const FieldHints& hints) {
  std::vector<FieldValue> values = {plainest(type)};
  switch (storage_of(type.base)) {
    case Storage::Integers:
      add_integers(type, hints, values);
      break;
    case Storage::Decimals:
      for (const Decimal digits : {Decimal{0}, Decimal{1}, largest_decimal(type)}) {
        values.push_back({digits});
        values.push_back({-digits});
      }
      break;
    case Storage::Reals:
      for (const double real : {0.0, 1.0, -1.0, 0.1, 1e15, 1e300, -1e-300, 123456789.123})
        values.push_back({real});
      break;
    case Storage::List:
      add_lists(type, hints, values);
      break;
    case Storage::Bytes:
      if (type.base == Base::Uuid) {
        values.push_back({std::string(16, '\xff')});
        values.push_back({std::string("0123456789abcdef")});
      } else if (type.base == Base::Bytes) {
        for (const std::string& bytes : {std::string(), std::string(1, '\0'), std::string("\xff"),
                                         std::string("a"), std::string(256, '\x80')})
          values.push_back({bytes});
      } else {
        for (std::string& text : type.base == Base::Json ? boundary_documents(hints)
                                                         : boundary_texts(type.length, hints))
          values.push_back({std::move(text)});
      }
      break;
  }
  std::vector<FieldValue> distinct;
  for (FieldValue& value : values) {
    if (std::ranges::find(distinct, value) == distinct.end()) distinct.push_back(std::move(value));
  }
  return distinct;
}

FieldValue random_value(const plan::Type& type, const FieldHints& hints,
                        const std::vector<FieldValue>& boundary, Dice& dice) {
  if (type.optional && dice.one_in(4)) return {};
  if (dice.one_in(3)) return dice.pick(boundary);
  switch (storage_of(type.base)) {
    case Storage::Integers:
      return {random_integer(type, dice)};
    case Storage::Decimals:
      return random_decimal(type, dice);
    case Storage::Reals:
      return {static_cast<double>(random_integer(plan::Type::of(Base::I64), dice)) / 64.0};
    case Storage::List: {
      std::vector<FieldValue> items;
      const plan::Type& element = type.element.front();
      const auto known = boundary_values(element, hints);
      for (std::size_t count = dice.below(4); count > 0; --count)
        items.push_back(random_value(element, hints, known, dice));
      return {std::move(items)};
    }
    case Storage::Bytes:
      break;
  }
  if (type.base == Base::Uuid) return {random_bytes(dice, 16)};
  if (type.base == Base::Bytes) return {random_bytes(dice, dice.below(24))};
  if (type.base == Base::Json) return {random_document(hints, dice)};
  return {random_text(type.length, hints, dice)};
}

}  // namespace mig::runtime
