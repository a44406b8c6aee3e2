// Random and extreme values of every type, through a real server and back.
#include <cstdlib>

#include <fmt/format.h>

#include "tests/postgres/copied_column.hpp"
#include "tests/support/column_values.hpp"

using mig::plan::Base;
using mig::plan::Type;
using mig::runtime::Column;
using mig::tests::ColumnValues;
using mig::tests::CopiedColumn;
using mig::tests::shown_cell;

namespace {

struct Carried {
  Type type;
  std::string declaration;  // empty: what mig would declare
  std::string as_text;      // an expression of the server for the same text; empty: none
};

Type one_of(std::vector<std::string> members) {
  Type type = Type::of(Base::OneOf);
  type.members = std::move(members);
  return type;
}

std::vector<Carried> carried_types() {
  const std::string moment = R"(to_char(v, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))";
  return {
      {Type::of(Base::Bool), "", "v::text"},
      {Type::of(Base::I16), "", "v::text"},
      {Type::of(Base::I32), "", "v::text"},
      {Type::of(Base::I64), "", "v::text"},
      {Type::of(Base::I16), "bigint", "v::text"},
      {Type::decimal(1, 0), "", "v::text"},
      {Type::decimal(12, 2), "", "v::text"},
      {Type::decimal(12, 2), "numeric", "v::text"},
      {Type::decimal(38, 0), "", "v::text"},
      {Type::decimal(38, 19), "", "v::text"},
      {Type::decimal(38, 37), "", "v::text"},
      {Type::decimal(38, 38), "", "v::text"},
      {Type::decimal(7, 5), "", "v::text"},
      {Type::decimal(5, 3), "numeric(60,45)", ""},
      {Type::of(Base::F64), "", ""},
      {Type::text(), "", "v"},
      {Type::text(20), "", "v"},
      {Type::text(), "name_of", "v::text"},
      {Type::of(Base::Bytes), "", "encode(v, 'escape')"},
      {Type::of(Base::Uuid), "", "v::text"},
      {Type::of(Base::Uuid), "text", "v"},
      {Type::of(Base::Date), "", "to_char(v, 'YYYY-MM-DD')"},
      {Type::of(Base::Time), "", "to_char(v, 'HH24:MI:SS.US')"},
      {Type::of(Base::Timestamp), "", moment},
      {Type::of(Base::Timestamp), "timestamp", moment},
      {Type::of(Base::Json), "", "v::text"},
      {Type::of(Base::Json), "text", "v"},
      {one_of({"low", "high", "élevé"}), "", "v"},
      {one_of({"low", "high", "élevé"}), "level", "v::text"},
      {one_of({"low", "high", "élevé"}), "char(7)", "rtrim(v)"},
      {Type::list(Type::of(Base::I64)), "", ""},
      {Type::list(Type::text().as_optional()), "", ""},
      {Type::list(Type::decimal(38, 5)), "", ""},
      {Type::list(Type::of(Base::Timestamp)), "", ""},
      {Type::list(one_of({"low", "high", "élevé"})), "level[]", ""},
      {Type::list(Type::text()), "name_of[]", ""},
  };
}

}  // namespace

TEST_CASE("every value comes back from the server as it went, and the server reads it so") {
  CopiedColumn table;
  table.run("CREATE TYPE level AS ENUM('low', 'high', 'élevé'); CREATE DOMAIN name_of AS text");
  const char* named = std::getenv("MIG_SEED");
  const std::uint64_t seed = named == nullptr ? 20260102 : std::strtoull(named, nullptr, 10);
  ColumnValues values(seed);
  for (Carried& it : carried_types()) {
    const Type type = it.type.as_optional();
    if (it.declaration.empty()) it.declaration = mig::runtime::postgres_declaration(type);
    INFO(print(type) << " as " << it.declaration << ", seed " << seed);
    table.make(it.declaration);
    CHECK(mig::runtime::is_carried(table.type(), type));
    Column there(type);
    for (int i = 0; i < 400; ++i)
      values.append(there);
    REQUIRE(table.write(there) == std::nullopt);
    Column back(type);
    std::string raw;
    CHECK(table.read(back, &raw).empty());
    REQUIRE(back.size() == there.size());
    for (std::size_t row = 0; row < there.size(); ++row)
      REQUIRE(shown_cell(back, row) == shown_cell(there, row));
    if (!it.as_text.empty() && type.base != Base::Bytes) {
      const auto texts = table.ask(it.as_text);
      for (std::size_t row = 0; row < there.size(); ++row)
        REQUIRE(texts.at(row) == shown_cell(there, row));
    }
    // What was read passes through untouched.
    table.run("CREATE TABLE before AS TABLE t; TRUNCATE t");
    table.write_raw(raw, there.size());
    CHECK(table.ask("(SELECT count(*) FROM before)").size() == there.size());
    Column again(type);
    CHECK(table.read(again).empty());
    for (std::size_t row = 0; row < there.size(); ++row)
      REQUIRE(shown_cell(again, row) == shown_cell(there, row));
    table.run("DROP TABLE before");
  }
}
