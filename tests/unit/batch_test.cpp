#include "runtime/data/batch.hpp"

#include <catch2/catch.hpp>

using namespace mig::runtime;
using mig::plan::Base;
using mig::plan::Type;

TEST_CASE("batch: every storage gives back what was appended, with NULLs between") {
  Column integers(Type::of(Base::I64).as_optional());
  Column decimals(Type::decimal(38, 2).as_optional());
  Column reals(Type::of(Base::F64).as_optional());
  Column texts(Type::text().as_optional());
  for (int i = 0; i < 200; ++i) {
    if (i % 3 == 0) {
      for (Column* column : {&integers, &decimals, &reals, &texts})
        column->append_null();
      continue;
    }
    integers.append_integer(i);
    decimals.append_decimal(static_cast<Decimal>(i) << 90);
    reals.append_real(i / 8.0);
    texts.append_bytes(std::string(static_cast<std::size_t>(i % 5), 'x'));
  }
  for (std::size_t i = 0; i < 200; ++i) {
    REQUIRE(integers.is_null(i) == (i % 3 == 0));
    REQUIRE(texts.is_null(i) == (i % 3 == 0));
    if (i % 3 == 0) continue;
    CHECK(integers.integer(i) == static_cast<std::int64_t>(i));
    CHECK((decimals.decimal(i) == static_cast<Decimal>(i) << 90));
    CHECK(reals.real(i) == static_cast<double>(i) / 8.0);
    CHECK(texts.bytes(i) == std::string(i % 5, 'x'));
  }
}

TEST_CASE("batch: a list is a range of its element column") {
  Column lists(Type::list(Type::text()).as_optional());
  lists.element().append_bytes("a");
  lists.element().append_bytes("b");
  lists.append_list();
  lists.append_null();
  lists.append_list();
  lists.element().append_bytes("c");
  lists.append_list();
  CHECK(lists.list(0).end - lists.list(0).first == 2);
  CHECK(lists.is_null(1));
  CHECK(lists.list(2).first == lists.list(2).end);
  CHECK(lists.element().bytes(lists.list(3).first) == "c");
  lists.shrink(1);
  CHECK(lists.element().size() == 2);
}

TEST_CASE("batch: rows can be taken off the end and appended again") {
  for (const std::size_t keep : {0, 1, 63, 64, 65, 127, 129}) {
    Column column(Type::text().as_optional());
    for (int i = 0; i < 130; ++i)
      column.append_bytes(std::to_string(i));
    column.shrink(keep);
    column.append_null();
    column.append_bytes("new");
    REQUIRE(column.size() == keep + 2);
    if (keep > 0) CHECK(column.bytes(keep - 1) == std::to_string(keep - 1));
    CHECK(column.is_null(keep));
    CHECK(column.bytes(keep + 1) == "new");
  }
}

TEST_CASE("batch: an unfinished row goes, the finished ones stay, and clearing empties all") {
  Batch batch = Batch::of({Type::of(Base::I64), Type::text()});
  batch.columns[0].append_integer(1);
  batch.columns[1].append_bytes("one");
  batch.rows = 1;
  batch.columns[0].append_integer(2);
  batch.drop_unfinished();
  CHECK(batch.columns[0].size() == 1);
  CHECK(batch.columns[1].bytes(0) == "one");
  CHECK(batch.byte_count() == 8 + 8 + 8 + 4 + 3);
  batch.clear();
  CHECK(batch.rows == 0);
  CHECK(batch.byte_count() == 0);
}
