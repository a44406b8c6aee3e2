#include "compiler/plan/types.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace mig::plan {
namespace {

std::string print_required(const Type& type) {
  switch (type.base) {
    case Base::Bool:
      return "bool";
    case Base::I16:
      return "i16";
    case Base::I32:
      return "i32";
    case Base::I64:
      return "i64";
    case Base::Decimal:
      return fmt::format("decimal({},{})", type.precision, type.scale);
    case Base::F64:
      return "f64";
    case Base::Text:
      return type.length == 0 ? "text" : fmt::format("text({})", type.length);
    case Base::Bytes:
      return "bytes";
    case Base::Uuid:
      return "uuid";
    case Base::Date:
      return "date";
    case Base::Time:
      return "time";
    case Base::Timestamp:
      return "timestamp";
    case Base::Json:
      return "json";
    case Base::OneOf:
      return fmt::format("one_of({})", fmt::join(type.members, ", "));
    case Base::List:
      assert(type.element.size() == 1);
      return fmt::format("[{}]", print(type.element.front()));
  }
  assert(false && "every base has a spelling");
  return {};
}

// Decimal digits that every value of an integer type fits in.
int integer_digits(Base base) {
  switch (base) {
    case Base::I16:
      return 5;
    case Base::I32:
      return 10;
    default:
      return 19;
  }
}

bool widens_required(const Type& from, const Type& to) {
  if (from.is_integer() && to.is_integer()) return from.base <= to.base;
  if (from.is_integer() && to.base == Base::Decimal) {
    return to.precision - to.scale >= integer_digits(from.base);
  }
  if (from.base == Base::OneOf && to.base == Base::Text) {
    return to.length == 0 || std::ranges::all_of(from.members, [&](const std::string& member) {
             return member.size() <= to.length;
           });
  }
  if (from.base != to.base) return false;
  switch (from.base) {
    case Base::Text:
      return to.length == 0 || (from.length != 0 && from.length <= to.length);
    case Base::Decimal:
      return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
    case Base::OneOf:
      return std::ranges::all_of(from.members, [&](const std::string& member) {
        return std::ranges::find(to.members, member) != to.members.end();
      });
    case Base::List:
      return widens(from.element.front(), to.element.front());
    default:
      return true;
  }
}

}  // namespace

std::string print(const Type& type) {
  return print_required(type) + (type.optional ? "?" : "");
}

bool widens(const Type& from, const Type& to) {
  if (from.optional && !to.optional) return false;
  return widens_required(from, to);
}

}  // namespace mig::plan
