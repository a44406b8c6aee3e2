// The types that round trips try, a value of each for people, and values that random ones hardly
// meet. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/plan/schema.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/data/iso_time.hpp"

namespace mig::tests {

inline plan::Type one_of(std::vector<std::string> members) {
  plan::Type type = plan::Type::of(plan::Base::OneOf);
  type.members = std::move(members);
  return type;
}

inline std::vector<plan::Type> types() {
  std::vector<plan::Type> all = {plan::Type::of(plan::Base::Bool),
                                 plan::Type::of(plan::Base::I16),
                                 plan::Type::of(plan::Base::I32),
                                 plan::Type::of(plan::Base::I64),
                                 plan::Type::decimal(12, 2),
                                 plan::Type::decimal(38, 0),
                                 plan::Type::decimal(38, 38),
                                 plan::Type::of(plan::Base::F64),
                                 plan::Type::text(),
                                 plan::Type::text(20),
                                 plan::Type::of(plan::Base::Bytes),
                                 plan::Type::of(plan::Base::Uuid),
                                 plan::Type::of(plan::Base::Date),
                                 plan::Type::of(plan::Base::Time),
                                 plan::Type::of(plan::Base::Timestamp),
                                 plan::Type::of(plan::Base::Json),
                                 one_of({"low", "high", "élevé"}),
                                 plan::Type::list(plan::Type::of(plan::Base::I64)),
                                 plan::Type::list(plan::Type::text().as_optional()),
                                 plan::Type::list(plan::Type::decimal(38, 5))};
  for (plan::Type& type : all)
    type = type.as_optional();
  return all;
}

// A value for the page to show.
inline void append_sample(runtime::Column& into) {
  const plan::Type& type = into.type();
  switch (type.base) {
    case plan::Base::Bool:
    case plan::Base::OneOf:
      return into.append_integer(1);
    case plan::Base::I16:
    case plan::Base::I32:
    case plan::Base::I64:
      return into.append_integer(42);
    case plan::Base::Decimal:
      return into.append_decimal(1250);
    case plan::Base::F64:
      return into.append_real(0.1);
    case plan::Base::Text:
      return into.append_bytes("Ada");
    case plan::Base::Bytes:
      return into.append_bytes("Ada");
    case plan::Base::Uuid:
      return into.append_bytes("0123456789abcdef");
    case plan::Base::Date:
      return into.append_integer(*runtime::parse_date("2026-01-02"));
    case plan::Base::Time:
      return into.append_integer(*runtime::parse_time("03:04:05.000006"));
    case plan::Base::Timestamp:
      return into.append_integer(*runtime::parse_timestamp("2026-01-02T03:04:05.000006Z"));
    case plan::Base::Json:
      return into.append_bytes("{\"a\": 1.50}");
    case plan::Base::List:
      append_sample(into.element());
      return into.append_list();
  }
}

// What random values hardly meet, with a word for the page.
inline std::vector<std::pair<std::string, std::function<void(runtime::Column&)>>> extremes(
    const plan::Type& type) {
  const auto bytes = [](std::string text) {
    return [text](runtime::Column& into) { into.append_bytes(text); };
  };
  const auto real = [](double value) {
    return [value](runtime::Column& into) { into.append_real(value); };
  };
  switch (type.base) {
    case plan::Base::Text:
      return {{"an empty text", bytes("")},
              {"U+0000", bytes(std::string("a\0b", 3))},
              {"a blank at each end", bytes(" a ")},
              {"a combining accent", bytes("e\xCC\x81")},
              {"a letter of four bytes", bytes("\xF0\x9F\x98\x80")}};
    case plan::Base::F64:
      return {{"NaN", real(std::numeric_limits<double>::quiet_NaN())},
              {"infinity", real(std::numeric_limits<double>::infinity())},
              {"minus zero", real(-0.0)},
              {"the smallest number", real(std::numeric_limits<double>::denorm_min())}};
    case plan::Base::Bytes:
      return {{"no bytes", bytes("")}, {"bytes that are no UTF-8", bytes("\xFF\xFE\x00\x80")}};
    case plan::Base::Json:
      return {{"the JSON null", bytes("null")},
              {"an integer above 2^53", bytes("{\"n\":9007199254740993}")},
              {"blanks and the order of members", bytes("{ \"b\" : 1 , \"a\" : 2 }")},
              {"a member named twice", bytes("{\"a\":1,\"a\":2}")},
              {"U+0000 in a text", bytes("\"a\\u0000b\"")}};
    default:
      return {};
  }
}

}  // namespace mig::tests
