#include "runtime/stores/postgres_numeric.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>

#include "runtime/stores/postgres_bytes.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kHead = 8;
constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kNotANumber = 0xC000;
constexpr std::uint16_t kInfinity = 0xD000;
constexpr std::uint16_t kMinusInfinity = 0xF000;
constexpr int kMostDigits = 38;
constexpr int kGroup = 4;
constexpr int kBase = 10000;

constexpr auto kPowers = [] {
  std::array<Decimal, kMostDigits + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i)
    powers[i] = powers[i - 1] * 10;
  return powers;
}();

Decimal power(int exponent) {
  return kPowers[static_cast<std::size_t>(exponent)];
}

}  // namespace

std::expected<Decimal, NumericFlaw> read_numeric(std::string_view bytes, int precision, int scale) {
  assert(precision >= 1 && precision <= kMostDigits);
  if (bytes.size() < kHead) return std::unexpected(NumericFlaw::Malformed);
  const int groups = number_at<std::int16_t>(bytes, 0);
  const int weight = number_at<std::int16_t>(bytes, 2);
  const auto sign = number_at<std::uint16_t>(bytes, 4);
  if (sign == kNotANumber) return std::unexpected(NumericFlaw::NotANumber);
  if (sign == kInfinity || sign == kMinusInfinity) return std::unexpected(NumericFlaw::Infinite);
  const bool is_whole = groups >= 0 && bytes.size() == kHead + 2 * static_cast<std::size_t>(groups);
  if (!is_whole || (sign != 0 && sign != kNegative)) return std::unexpected(NumericFlaw::Malformed);

  const Decimal most = power(precision) - 1;
  Decimal value = 0;
  int exponent = 0;  // of ten, of the value's last digit, counted in places of the result
  for (int i = 0; i < groups; ++i) {
    const int group = number_at<std::int16_t>(bytes, kHead + 2 * static_cast<std::size_t>(i));
    if (group < 0 || group >= kBase) return std::unexpected(NumericFlaw::Malformed);
    exponent = (weight - i) * kGroup + scale;
    // Of this group so many digits lie behind the last place that the result has.
    const int behind = std::clamp(-exponent, 0, kGroup);
    const int cut = static_cast<int>(power(behind));
    if (group % cut != 0) return std::unexpected(NumericFlaw::TooManyPlaces);
    if (behind == kGroup) continue;
    const Decimal step = power(kGroup - behind);
    if (value > most / step) return std::unexpected(NumericFlaw::TooManyDigits);
    value = value * step + group / cut;
  }
  if (value > 0 && exponent > 0) {
    if (exponent > kMostDigits || value > most / power(exponent)) {
      return std::unexpected(NumericFlaw::TooManyDigits);
    }
    value *= power(exponent);
  }
  if (value > most) return std::unexpected(NumericFlaw::TooManyDigits);
  return sign == kNegative ? -value : value;
}

void append_numeric(std::string& out, Decimal value, int scale) {
  assert(scale >= 0 && scale <= kMostDigits);
  // The digits, last first, with the point at a border of groups: place 0 is the first behind it.
  std::array<char, 96> digits{};
  const int behind = (scale + kGroup - 1) / kGroup * kGroup;
  int count = behind - scale;
  auto rest =
      value < 0 ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  while (rest > 0) {
    auto low = static_cast<std::uint64_t>(rest % 1'000'000'000'000'000'000U);
    rest /= 1'000'000'000'000'000'000U;
    for (int i = 0; i < 18 && (rest > 0 || low > 0); ++i, low /= 10)
      digits[static_cast<std::size_t>(count++)] = static_cast<char>(low % 10);
  }
  int first = (count + kGroup - 1) / kGroup - 1;  // groups, counted from the last one
  int last = 0;
  const auto group = [&](int index) {
    int number = 0;
    for (int i = kGroup - 1; i >= 0; --i)
      number = number * 10 + digits[static_cast<std::size_t>(index * kGroup + i)];
    return number;
  };
  while (first >= last && group(first) == 0)
    --first;
  while (last < first && group(last) == 0)
    ++last;
  const int groups = first < last ? 0 : first - last + 1;
  append_number(out, static_cast<std::int16_t>(groups));
  append_number(out, static_cast<std::int16_t>(groups == 0 ? 0 : first - behind / kGroup));
  append_number(out, value < 0 ? kNegative : std::uint16_t{0});
  append_number(out, static_cast<std::int16_t>(scale));
  for (int i = first; groups > 0 && i >= last; --i)
    append_number(out, static_cast<std::int16_t>(group(i)));
}

bool keeps_numeric(Decimal value, int scale, int precision, int column_scale) {
  if (value == 0) return true;
  // A negative scale keeps tens or hundreds only.
  const int cut = scale - column_scale;
  if (cut > kMostDigits || (cut > 0 && value % power(cut) != 0)) return false;
  const int digits = scale + precision - column_scale;
  if (digits > kMostDigits) return true;
  return digits > 0 && value < power(digits) && -value < power(digits);
}

}  // namespace mig::runtime
