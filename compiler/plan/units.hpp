// Quantities of a plan. Each is an integer in one base unit, so nothing is ever rounded, and each
// is a type of its own, so nothing is ever mixed up.
//
// Values: constexpr, safe to share.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mig::plan {

using Duration = std::chrono::nanoseconds;

struct RowCount {
  std::int64_t value = 0;
  constexpr auto operator<=>(const RowCount&) const = default;
};

// A share between nothing and everything, in parts per 10^9.
class Ratio {
 public:
  static constexpr std::int64_t kWhole = 1'000'000'000;

  constexpr Ratio() = default;
  static constexpr std::optional<Ratio> from_parts(std::int64_t parts) {
    if (parts < 0 || parts > kWhole) return std::nullopt;
    return Ratio(parts);
  }
  static constexpr Ratio percent(int whole_percent) { return Ratio(whole_percent * kWhole / 100); }
  constexpr std::int64_t parts() const { return parts_; }
  constexpr auto operator<=>(const Ratio&) const = default;

 private:
  constexpr explicit Ratio(std::int64_t parts) : parts_(parts) {}
  std::int64_t parts_ = 0;
};

// `rows` every `per`: an exact fraction.
struct RowRate {
  std::int64_t rows = 0;
  Duration per = std::chrono::seconds(1);
  constexpr bool operator==(const RowRate&) const = default;
};

// `bytes` a second.
struct ByteRate {
  std::int64_t bytes = 0;
  constexpr bool operator==(const ByteRate&) const = default;
};

// How long that many rows take at that rate. REQUIRES: rate.rows > 0.
constexpr Duration operator/(RowCount rows, RowRate rate) {
  const __int128 total = static_cast<__int128>(rows.value) * rate.per.count() / rate.rows;
  return Duration(static_cast<std::int64_t>(total));
}
static_assert(RowCount{500} / RowRate{1000} == std::chrono::milliseconds(500));

// How long that many bytes take at that rate. REQUIRES: rate.bytes > 0.
constexpr Duration time_for(std::int64_t bytes, ByteRate rate) {
  const __int128 total = static_cast<__int128>(bytes) * 1'000'000'000 / rate.bytes;
  return Duration(static_cast<std::int64_t>(total));
}
static_assert(time_for(500, ByteRate{1000}) == std::chrono::milliseconds(500));

// The kinds of quantity that params, metrics and gates compute with. Only equal units compare.
enum class Unit : std::uint8_t {
  Number,    // a plain integer
  TimeSpan,  // nanoseconds
  Ratio,     // parts per 10^9
  Size,      // bytes
  Rows,
  Requests,
  Keys,
  RowRate,      // rows per second, times 10^9
  ByteRate,     // bytes per second, times 10^9
  RequestRate,  // requests per second, times 10^9
  Bool,
  Text,
  Timestamp,  // microseconds since 1970, UTC
  TimeOfDay,  // microseconds since midnight
};

struct Quantity {
  Unit unit = Unit::Number;
  std::int64_t value = 0;
  constexpr bool operator==(const Quantity&) const = default;
};

// The name of a unit in messages: `duration`, `rows`, `rows/s`.
std::string_view name(Unit unit);

// As the language writes them: `1h30m`, `0.01%`, `20MB`, `2000 rows`, `5000 rows/s`.
std::string print(Duration duration);
std::string print(Ratio ratio);
std::string print(RowCount rows);
std::string print(RowRate rate);
std::string print(ByteRate rate);
std::string print(const Quantity& quantity);

}  // namespace mig::plan
