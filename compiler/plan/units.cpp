#include "compiler/plan/units.hpp"

#include <array>
#include <cassert>

#include <fmt/format.h>

namespace mig::plan {
namespace {

// `12.5` for 12'500 thousandths: an exact decimal without trailing zeros.
std::string decimal(std::int64_t parts, std::int64_t whole) {
  assert(whole > 0);
  const bool negative = parts < 0;
  const auto magnitude = negative ? -static_cast<__int128>(parts) : static_cast<__int128>(parts);
  std::string text =
      fmt::format("{}{}", negative ? "-" : "", static_cast<std::int64_t>(magnitude / whole));
  auto rest = static_cast<std::int64_t>(magnitude % whole);
  if (rest == 0) return text;
  text += '.';
  for (std::int64_t digit = whole / 10; rest != 0; digit /= 10) {
    text += static_cast<char>('0' + rest / digit);
    rest %= digit;
  }
  return text;
}

std::string print_size(std::int64_t bytes) {
  struct Step {
    std::int64_t bytes;
    std::string_view name;
  };
  constexpr std::array<Step, 8> kSteps = {{{1'000'000'000'000, "TB"},
                                           {std::int64_t{1} << 30, "GiB"},
                                           {1'000'000'000, "GB"},
                                           {std::int64_t{1} << 20, "MiB"},
                                           {1'000'000, "MB"},
                                           {std::int64_t{1} << 10, "KiB"},
                                           {1'000, "KB"},
                                           {1, "B"}}};
  for (const Step& step : kSteps) {
    if (bytes != 0 && bytes % step.bytes == 0)
      return fmt::format("{}{}", bytes / step.bytes, step.name);
  }
  return "0B";
}

std::string print_timestamp(std::int64_t micros) {
  const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds(micros)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::microseconds> time(at - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

constexpr std::int64_t kRate = 1'000'000'000;

}  // namespace

std::string_view name(Unit unit) {
  switch (unit) {
    case Unit::Number:
      return "number";
    case Unit::TimeSpan:
      return "duration";
    case Unit::Ratio:
      return "ratio";
    case Unit::Size:
      return "size";
    case Unit::Rows:
      return "rows";
    case Unit::Requests:
      return "req";
    case Unit::Keys:
      return "keys";
    case Unit::RowRate:
      return "rows/s";
    case Unit::ByteRate:
      return "size/s";
    case Unit::RequestRate:
      return "req/s";
    case Unit::Bool:
      return "bool";
    case Unit::Text:
      return "text";
    case Unit::Timestamp:
      return "timestamp";
    case Unit::TimeOfDay:
      return "time of day";
  }
  assert(false && "every unit has a name");
  return {};
}

std::string print(Duration duration) {
  struct Step {
    std::int64_t nanos;
    std::string_view name;
  };
  constexpr std::array<Step, 4> kSteps = {{{86'400'000'000'000, "d"},
                                           {3'600'000'000'000, "h"},
                                           {60'000'000'000, "m"},
                                           {1'000'000'000, "s"}}};
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  if (rest < 0) return "-" + print(-duration);
  if (rest < 1'000'000'000) return decimal(rest, 1'000'000) + "ms";
  std::string text;
  for (const Step& step : kSteps) {
    if (rest >= step.nanos) text += fmt::format("{}{}", rest / step.nanos, step.name);
    rest %= step.nanos;
  }
  if (rest >= 1'000'000) text += decimal(rest, 1'000'000) + "ms";
  return text;
}

std::string print(Ratio ratio) {
  return decimal(ratio.parts(), Ratio::kWhole / 100) + "%";
}

std::string print(RowCount rows) {
  return fmt::format("{} {}", rows.value, rows.value == 1 ? "row" : "rows");
}

std::string print(RowRate rate) {
  return print(
      Quantity{Unit::RowRate, static_cast<std::int64_t>(static_cast<__int128>(rate.rows) * kRate *
                                                        1'000'000'000 / rate.per.count())});
}

std::string print(ByteRate rate) {
  return print_size(rate.bytes) + "/s";
}

std::string print(const Quantity& quantity) {
  const std::int64_t value = quantity.value;
  switch (quantity.unit) {
    case Unit::Number:
      return fmt::format("{}", value);
    case Unit::TimeSpan:
      return print(Duration(value));
    case Unit::Ratio:
      return decimal(value, Ratio::kWhole / 100) + "%";
    case Unit::Size:
      return print_size(value);
    case Unit::Rows:
      return print(RowCount{value});
    case Unit::Requests:
      return fmt::format("{} req", value);
    case Unit::Keys:
      return fmt::format("{} keys", value);
    case Unit::RowRate:
      return decimal(value, kRate) + " rows/s";
    case Unit::ByteRate:
      return print_size(value / kRate) + "/s";
    case Unit::RequestRate:
      return decimal(value, kRate) + " req/s";
    case Unit::Bool:
      return value != 0 ? "true" : "false";
    case Unit::Timestamp:
      return print_timestamp(value);
    case Unit::TimeOfDay:
      return fmt::format("{:02}:{:02}", value / 3'600'000'000, value / 60'000'000 % 60);
    case Unit::Text:
      break;
  }
  assert(false && "text is no quantity");
  return {};
}

}  // namespace mig::plan
