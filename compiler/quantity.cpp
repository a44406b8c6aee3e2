#include "compiler/quantity.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>

#include <fmt/format.h>

namespace mig::compiler {
namespace {

using plan::Quantity;
using plan::Unit;

constexpr std::int64_t kPerSecond = 1'000'000'000;

struct UnitSpelling {
  std::string_view name;
  Unit unit;
  std::int64_t base;  // how many base units one of it is
};

constexpr std::array kUnits = {
    UnitSpelling{"ns", Unit::TimeSpan, 1},
    UnitSpelling{"us", Unit::TimeSpan, 1'000},
    UnitSpelling{"ms", Unit::TimeSpan, 1'000'000},
    UnitSpelling{"s", Unit::TimeSpan, 1'000'000'000},
    UnitSpelling{"m", Unit::TimeSpan, 60'000'000'000},
    UnitSpelling{"h", Unit::TimeSpan, 3'600'000'000'000},
    UnitSpelling{"d", Unit::TimeSpan, 86'400'000'000'000},
    UnitSpelling{"%", Unit::Ratio, 10'000'000},
    UnitSpelling{"B", Unit::Size, 1},
    UnitSpelling{"KB", Unit::Size, 1'000},
    UnitSpelling{"MB", Unit::Size, 1'000'000},
    UnitSpelling{"GB", Unit::Size, 1'000'000'000},
    UnitSpelling{"TB", Unit::Size, 1'000'000'000'000},
    UnitSpelling{"KiB", Unit::Size, std::int64_t{1} << 10},
    UnitSpelling{"MiB", Unit::Size, std::int64_t{1} << 20},
    UnitSpelling{"GiB", Unit::Size, std::int64_t{1} << 30},
    UnitSpelling{"TiB", Unit::Size, std::int64_t{1} << 40},
    UnitSpelling{"rows", Unit::Rows, 1},
    UnitSpelling{"row", Unit::Rows, 1},
    UnitSpelling{"req", Unit::Requests, 1},
    UnitSpelling{"keys", Unit::Keys, 1},
    UnitSpelling{"key", Unit::Keys, 1},
};

// What people write when they mean one of the above.
struct Habit {
  std::string_view written;
  std::string_view meant;
};
constexpr std::array kHabits = {
    Habit{"sec", "s"},    Habit{"secs", "s"},       Habit{"second", "s"},     Habit{"seconds", "s"},
    Habit{"min", "m"},    Habit{"mins", "m"},       Habit{"minute", "m"},     Habit{"minutes", "m"},
    Habit{"hr", "h"},     Habit{"hrs", "h"},        Habit{"hour", "h"},       Habit{"hours", "h"},
    Habit{"day", "d"},    Habit{"days", "d"},       Habit{"Mb", "MB"},        Habit{"M", "MB"},
    Habit{"mb", "MB"},    Habit{"Gb", "GB"},        Habit{"G", "GB"},         Habit{"gb", "GB"},
    Habit{"kb", "KB"},    Habit{"kB", "KB"},        Habit{"K", "KB"},         Habit{"k", "KB"},
    Habit{"reqs", "req"}, Habit{"requests", "req"}, Habit{"records", "rows"},
};

const UnitSpelling* unit_named(std::string_view name) {
  const auto found = std::ranges::find(kUnits, name, &UnitSpelling::name);
  return found == kUnits.end() ? nullptr : &*found;
}

// What somebody writes who has the habit of another language; empty where nobody knows.
std::string meant_by(std::string_view number, std::string_view unit) {
  const auto habit = std::ranges::find(kHabits, unit, &Habit::written);
  if (habit == kHabits.end()) return {};
  const bool counts = habit->meant.size() > 2;
  return fmt::format("{}{}{}", number, counts ? " " : "", habit->meant);
}

std::string help_for(std::string_view number, std::string_view unit) {
  if (unit == "mo" || unit == "month" || unit == "months" || unit == "w" || unit == "week") {
    return "a month or a week has no fixed length here; write days, such as `7d` or `30d`";
  }
  const std::string meant = meant_by(number, unit);
  if (meant.empty()) return "units are ms s m h d, %, B KB MB GB KiB MiB GiB, rows req keys";
  return fmt::format("write `{}`", meant);
}

std::optional<Unit> rate_of(Unit unit) {
  switch (unit) {
    case Unit::Rows:
      return Unit::RowRate;
    case Unit::Size:
      return Unit::ByteRate;
    case Unit::Requests:
      return Unit::RequestRate;
    default:
      return std::nullopt;
  }
}

LiteralMistake number_mistake(std::string what, std::string help = {}) {
  return LiteralMistake{.what = std::move(what), .help = std::move(help)};
}

// Digits with an optional sign and point, times `base`, exactly.
std::expected<std::int64_t, LiteralMistake> scaled(std::string_view digits, std::int64_t base) {
  const bool is_negative = digits.starts_with('-');
  if (is_negative) digits.remove_prefix(1);
  const __int128 limit = static_cast<__int128>(INT64_MAX) + (is_negative ? 1 : 0);
  __int128 value = 0;
  __int128 divisor = 1;
  bool behind_point = false;
  for (const char c : digits) {
    if (c == '_') continue;
    if (c == '.') {
      behind_point = true;
      continue;
    }
    value = value * 10 + (c - '0');
    if (behind_point) divisor *= 10;
    if (value > limit || divisor > INT64_MAX) {
      return std::unexpected(number_mistake("has more digits than fit"));
    }
  }
  value *= base;
  if (value % divisor != 0) {
    return std::unexpected(number_mistake("is finer than the unit can say", "write fewer digits"));
  }
  value /= divisor;
  if (value > limit) return std::unexpected(number_mistake("is larger than fits"));
  return static_cast<std::int64_t>(is_negative ? -value : value);
}

struct Parts {
  std::string_view digits;
  std::string_view unit;
};

Parts split(std::string_view raw) {
  const std::size_t end = raw.find_first_not_of("0123456789_.", raw.starts_with('-') ? 1 : 0);
  if (end == std::string_view::npos) return {raw, {}};
  std::string_view unit = raw.substr(end);
  while (unit.starts_with(' '))
    unit.remove_prefix(1);
  return {raw.substr(0, end), unit};
}

bool read_digits(std::string_view text, std::size_t at, std::size_t count, int& value) {
  if (at + count > text.size()) return false;
  value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  return true;
}

}  // namespace

std::expected<NumberLiteral, LiteralMistake> read_quantity(std::string_view raw) {
  const auto [digits, unit_text] = split(raw);
  if (unit_text.empty()) {
    if (digits.find('.') == std::string_view::npos) {
      auto value = scaled(digits, 1);
      if (!value) return std::unexpected(value.error());
      return Quantity{Unit::Number, *value};
    }
    std::string plain(digits);
    std::erase(plain, '_');
    const auto decimal = plan::parse_decimal(plain);
    if (!decimal) return std::unexpected(number_mistake("has more than 38 digits"));
    return *decimal;
  }
  const bool is_rate = unit_text.ends_with("/s") && unit_text.size() > 2;
  const std::string_view noun = is_rate ? unit_text.substr(0, unit_text.size() - 2) : unit_text;
  const UnitSpelling* spelling = unit_named(noun);
  const auto unit = spelling == nullptr ? std::nullopt
                    : is_rate           ? rate_of(spelling->unit)
                                        : std::optional(spelling->unit);
  if (!unit) {
    return std::unexpected(LiteralMistake{true, std::string(unit_text), help_for(digits, unit_text),
                                          meant_by(digits, unit_text)});
  }
  if (is_rate && spelling->base > INT64_MAX / kPerSecond) {
    return std::unexpected(number_mistake("is larger than fits"));
  }
  auto value = scaled(digits, is_rate ? spelling->base * kPerSecond : spelling->base);
  if (!value) return std::unexpected(value.error());
  return Quantity{*unit, *value};
}

std::expected<Quantity, LiteralMistake> read_compound(std::string_view raw) {
  std::int64_t total = 0;
  std::int64_t last_base = INT64_MAX;
  while (!raw.empty()) {
    const std::size_t unit_at = raw.find_first_not_of("0123456789_");
    assert(unit_at != std::string_view::npos);
    std::size_t next = raw.find_first_of("0123456789", unit_at);
    if (next == std::string_view::npos) next = raw.size();
    const std::string_view unit = raw.substr(unit_at, next - unit_at);
    const UnitSpelling* spelling = unit_named(unit);
    // The grammar reads a compound of `d`, `h`, `m`, `s` and `ms` only.
    assert(spelling != nullptr);
    assert(spelling->unit == Unit::TimeSpan);
    if (spelling->base >= last_base) {
      return std::unexpected(
          number_mistake("names its units out of order", "write the largest first: `1h30m`"));
    }
    last_base = spelling->base;
    auto part = scaled(raw.substr(0, unit_at), spelling->base);
    if (!part) return std::unexpected(part.error());
    if (*part > INT64_MAX - total) return std::unexpected(number_mistake("is larger than fits"));
    total += *part;
    raw.remove_prefix(next);
  }
  return Quantity{Unit::TimeSpan, total};
}

std::expected<Quantity, LiteralMistake> read_timestamp(std::string_view raw) {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  const bool has_date =
      read_digits(raw, 0, 4, year) && read_digits(raw, 5, 2, month) && read_digits(raw, 8, 2, day);
  assert(has_date);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::unexpected(number_mistake("is no day of the calendar"));
  if (raw.size() > 10) {
    read_digits(raw, 11, 2, hour);
    read_digits(raw, 14, 2, minute);
    std::size_t rest = 16;
    if (read_digits(raw, 17, 2, second)) rest = 19;
    if (hour > 23 || minute > 59 || second > 59)
      return std::unexpected(number_mistake("is no time of the day"));
    if (raw.substr(rest) != "Z") {
      return std::unexpected(
          number_mistake(raw.size() > rest ? "has an offset from UTC" : "says no zone",
                         "write the time in UTC with a `Z` at the end"));
    }
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  const auto at = std::chrono::microseconds(days) + std::chrono::hours(hour) +
                  std::chrono::minutes(minute) + std::chrono::seconds(second);
  return Quantity{Unit::Timestamp, at.count()};
}

std::expected<Quantity, LiteralMistake> read_time_of_day(std::string_view raw) {
  int hour = 0;
  int minute = 0;
  const bool fits = read_digits(raw, 0, 2, hour) && read_digits(raw, 3, 2, minute);
  assert(fits);
  if (hour > 23 || minute > 59) return std::unexpected(number_mistake("is no time of the day"));
  return Quantity{Unit::TimeOfDay, (hour * 60LL + minute) * 60'000'000LL};
}

}  // namespace mig::compiler
