#include "runtime/data/plan_value.hpp"

#include <algorithm>

#include "compiler/plan/overloaded.hpp"
#include "runtime/data/uuid.hpp"

namespace mig::runtime {
namespace {

using plan::Base;

bool append_text(Column& column, const std::string& text) {
  const plan::Type& type = column.type();
  if (type.base == Base::OneOf) {
    const auto found = std::ranges::find(type.members, text);
    if (found == type.members.end()) return false;
    column.append_integer(found - type.members.begin());
    return true;
  }
  if (storage_of(type.base) != Storage::Bytes) return false;
  if (type.base == Base::Uuid) {
    const auto bytes = parse_uuid(text);
    if (bytes) column.append_bytes(*bytes);
    return bytes.has_value();
  }
  column.append_bytes(text);
  return true;
}

bool append_number(Column& column, std::int64_t number) {
  const plan::Type& type = column.type();
  if (type.base == Base::Decimal) {
    const auto scaled = plan::rescaled({.digits = number, .scale = 0}, type.scale);
    if (scaled) column.append_decimal(scaled->digits);
    return scaled.has_value();
  }
  if (storage_of(type.base) != Storage::Integers) return false;
  column.append_integer(number);
  return true;
}

}  // namespace

bool append_value(Column& column, const plan::Value& value) {
  const plan::Type& type = column.type();
  return std::visit(plan::Overloaded{
                        [&](const plan::Null&) {
                          if (type.optional) column.append_null();
                          return type.optional;
                        },
                        [&](bool truth) {
                          if (type.base == Base::Bool) column.append_integer(truth);
                          return type.base == Base::Bool;
                        },
                        [&](std::int64_t number) { return append_number(column, number); },
                        [&](const plan::Decimal& decimal) {
                          if (type.base != Base::Decimal) return false;
                          const auto scaled = plan::rescaled(decimal, type.scale);
                          if (scaled) column.append_decimal(scaled->digits);
                          return scaled.has_value();
                        },
                        [&](double real) {
                          if (type.base == Base::F64) column.append_real(real);
                          return type.base == Base::F64;
                        },
                        [&](const std::string& text) { return append_text(column, text); },
                    },
                    value);
}

}  // namespace mig::runtime
