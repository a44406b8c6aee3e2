// Moments: from and to milliseconds since 1970, and RFC 3339 text.
#include <cassert>

#include "runtime/data/exact_arithmetic.hpp"
#include "runtime/data/function_call.hpp"
#include "runtime/data/iso_time.hpp"

namespace mig::runtime {
namespace {

using plan::Function;

constexpr int kMicrosScale = 3;  // a millisecond has three more places

void from_unix_ms(const Call& call) {
  const Cells& from = *call.arguments[0];
  const bool is_integer = from.storage == Storage::Integers;
  for (const std::uint32_t row : call.rows) {
    const Decimal value = is_integer ? Decimal{from.integer(row)} : from.decimal(row);
    const auto micros = rescaled(value, is_integer ? 0 : call.types[0]->scale, kMicrosScale);
    const bool fits = micros && *micros >= INT64_MIN && *micros <= INT64_MAX &&
                      is_printable_timestamp(static_cast<std::int64_t>(*micros));
    if (fits) {
      call.result.integers[row] = static_cast<std::int64_t>(*micros);
    } else {
      call.reject(row, "`from_unix_ms` outside the years 0001 to 9999, or finer than microseconds");
    }
  }
}

// Towards the past, so that order is kept before 1970 too.
std::int64_t whole_millis(std::int64_t micros) {
  return micros / 1000 - (micros % 1000 < 0 ? 1 : 0);
}

}  // namespace

void apply_time(const Call& call) {
  const Cells& from = *call.arguments[0];
  switch (call.function) {
    case Function::FromUnixMs:
      return from_unix_ms(call);
    case Function::ToUnixMs:
      for (const std::uint32_t row : call.rows)
        call.result.integers[row] = whole_millis(from.integer(row));
      return;
    case Function::FormatTimestamp:
      for (const std::uint32_t row : call.rows)
        call.result.texts[row] = call.arena.keep(print_timestamp(from.integer(row)));
      return;
    case Function::ParseTimestamp:
      for (const std::uint32_t row : call.rows) {
        if (const auto micros = parse_timestamp(from.text(row))) {
          call.result.integers[row] = *micros;
        } else {
          call.absent(row);
        }
      }
      return;
    default:
      break;
  }
  assert(false && "a function of time is wanted");
}

}  // namespace mig::runtime
