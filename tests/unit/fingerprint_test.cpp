#include "runtime/data/fingerprint.hpp"

#include <functional>
#include <vector>

#include <catch2/catch.hpp>

using namespace mig::runtime;
using mig::plan::Base;
using mig::plan::Type;

namespace {

Column integer(Base base, std::int64_t value) {
  Column column(Type::of(base));
  column.append_integer(value);
  return column;
}

Column text(std::string_view value, Type type = Type::text()) {
  Column column(type);
  column.append_bytes(value);
  return column;
}

Column null(Type type) {
  Column column(type.as_optional());
  column.append_null();
  return column;
}

Column decimal(Decimal value, std::uint8_t scale) {
  Column column(Type::decimal(20, scale));
  column.append_decimal(value);
  return column;
}

Column real(double value) {
  Column column(Type::of(Base::F64));
  column.append_real(value);
  return column;
}

Column list(const std::vector<std::string>& items) {
  Column column(Type::list(Type::text()));
  for (const auto& item : items)
    column.element().append_bytes(item);
  column.append_list();
  return column;
}

Fingerprint of(const std::vector<Column>& columns) {
  std::string scratch;
  return fingerprint(columns, 0, scratch);
}

}  // namespace

TEST_CASE("fingerprint: equal values in wider columns are equal") {
  CHECK((of({integer(Base::I16, -5)}) == of({integer(Base::I64, -5)})));
  CHECK((of({integer(Base::I64, 50)}) == of({decimal(5000, 2)})));
  CHECK((of({decimal(1250, 2)}) == of({decimal(125000, 4)})));
  CHECK((of({real(0.0)}) == of({real(-0.0)})));
  Column word(Type{.base = Base::OneOf, .members = {"new", "paid"}});
  word.append_integer(1);
  CHECK((of({word}) == of({text("paid")})));
  Column present(Type::text().as_optional());
  present.append_bytes("a");
  CHECK((of({present}) == of({text("a")})));
}

TEST_CASE("fingerprint: different rows differ, however alike they look") {
  const std::vector<std::vector<Column>> rows = {
      {null(Type::text())},
      {text("")},
      {text(std::string_view("\0", 1))},
      {text("", Type::of(Base::Bytes))},
      {text("a"), text("b")},
      {text("ab"), text("")},
      {text("b"), text("a")},
      {null(Type::text()), text("a")},
      {text("a"), null(Type::text())},
      {integer(Base::I64, 0)},
      {integer(Base::I64, 1)},
      {integer(Base::Bool, 1)},
      {integer(Base::Date, 1)},
      {integer(Base::Timestamp, 1)},
      {decimal(125, 2)},
      {decimal(125, 1)},
      {real(1.0)},
      {list({})},
      {list({"a", "b"})},
      {list({"ab"})},
      {list({"a"}), text("b")},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      INFO(i << " and " << j);
      CHECK((of(rows[i]) != of(rows[j])));
    }
  }
}

TEST_CASE("fingerprint: a sum does not know order, but knows how often") {
  const Fingerprint a = of({text("a")});
  const Fingerprint b = of({text("b")});
  FingerprintSum forwards, backwards, twice, nothing;
  forwards.add(a), forwards.add(b);
  backwards.add(b), backwards.add(a);
  CHECK(forwards == backwards);
  twice.add(a), twice.add(a);
  CHECK_FALSE(twice == nothing);
  CHECK_FALSE(twice == forwards);
  FingerprintSum left, right;
  left.add(a), right.add(b);
  left.add(right);
  CHECK(left == forwards);
  left.remove(b), left.remove(a);
  CHECK(left == nothing);
  CHECK(print(Fingerprint{1} << 64 | 10) == "0000000000000001000000000000000a");
}
