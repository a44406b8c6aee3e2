// Dates and times as ISO 8601 text, exact to the microsecond. Pure; thread-safe.
//
// The proleptic Gregorian calendar, years 0001 to 9999, so that text order is time order. Seconds
// run from 00 to 59; a leap second is no value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mig::runtime {

// Days since 1970-01-01. `2026-01-02` and nothing else.
std::optional<std::int64_t> parse_date(std::string_view text);
std::string print_date(std::int64_t days);

// Microseconds since midnight. `HH:MM`, `HH:MM:SS`, `HH:MM:SS.` and one to six digits.
std::optional<std::int64_t> parse_time(std::string_view text);
std::string print_time(std::int64_t micros);  // `HH:MM:SS.ffffff`

// Microseconds since 1970-01-01T00:00:00Z. A date; `T`, `t` or one space; a time; then nothing or
// `Z` or `z` (both UTC) or an offset `+HH:MM`, which is subtracted. A bare date is no timestamp.
std::optional<std::int64_t> parse_timestamp(std::string_view text);
std::string print_timestamp(std::int64_t micros);  // `2026-01-02T03:04:05.000006Z`

bool is_printable_date(std::int64_t days);
bool is_printable_time(std::int64_t micros);
bool is_printable_timestamp(std::int64_t micros);

}  // namespace mig::runtime
