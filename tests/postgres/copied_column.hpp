// One column on its way through a real server: in by COPY BINARY, out by COPY BINARY, and as text.
//
// For the tests of PostgreSQL's types. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "runtime/data/batch.hpp"
#include "runtime/stores/postgres_copy.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/postgres_types.hpp"
#include "tests/support/postgres_server.hpp"

namespace mig::tests {

class CopiedColumn {
 public:
  CopiedColumn() : database_(open()) {}

  const runtime::Database& database() const { return database_; }

  void run(const std::string& sql) const {
    const auto done = database_.execute(sql);
    if (!done) FAIL(done.error().message);
  }

  // A table `t` of `id` and a `v` that is declared so.
  void make(const std::string& declaration) {
    run("DROP TABLE IF EXISTS t; CREATE TABLE t(id int, v " + declaration + ")");
    auto columns = runtime::postgres_columns(database_, "t");
    REQUIRE(columns);
    REQUIRE(columns->size() == 2);
    columns_ = std::move(*columns);
  }
  const runtime::PostgresType& type() const { return columns_.at(1).type; }

  // Why a row is not written, for the first that is not.
  std::optional<std::string> write(const runtime::Column& values) const {
    std::string tuples;
    runtime::Column ids(plan::Type::of(plan::Base::I32));
    for (std::size_t row = 0; row < values.size(); ++row) {
      ids.append_integer(static_cast<std::int64_t>(row));
      runtime::append_field_count(tuples, 2);
      REQUIRE_FALSE(runtime::append_field(columns_[0].type, ids, row, tuples));
      const std::size_t before = tuples.size();
      if (const auto refused = runtime::append_field(type(), values, row, tuples)) {
        CHECK(tuples.size() == before);
        return refused->reason;
      }
    }
    write_raw(tuples, values.size());
    return std::nullopt;
  }
  void write_raw(std::string_view tuples, std::size_t rows) const {
    auto copy = runtime::CopyIn::begin(database_, "COPY t FROM STDIN (FORMAT binary)");
    if (!copy) FAIL(copy.error().message);
    REQUIRE(copy->put(tuples));
    const auto written = copy->finish();
    if (!written) FAIL(written.error().message);
    CHECK(*written == static_cast<std::int64_t>(rows));
  }

  // Every row in the order of writing; the reason in place of a value that does not fit.
  std::vector<std::string> read(runtime::Column& into, std::string* raw = nullptr) const {
    auto copy = runtime::CopyOut::begin(
        database_, "COPY (SELECT * FROM t ORDER BY id) TO STDOUT (FORMAT binary)");
    if (!copy) FAIL(copy.error().message);
    std::vector<std::string> reasons;
    std::string_view tuple;
    while (copy->next(tuple).value()) {
      std::vector<runtime::CopyField> fields(2);
      REQUIRE(runtime::first_fields(tuple, fields));
      if (raw != nullptr) *raw += tuple;
      const std::size_t before = into.size();
      const auto refused = runtime::read_field(type(), fields[1], into);
      CHECK(into.size() == before + (refused ? 0 : 1));
      if (refused) reasons.push_back(refused->reason);
    }
    return reasons;
  }

  // What the server makes of each value.
  std::vector<std::string> ask(const std::string& expression) const {
    auto rows = database_.prepare("SELECT " + expression + " FROM t ORDER BY id");
    if (!rows) FAIL(rows.error().message);
    std::vector<std::string> texts;
    while (rows->step().value())
      texts.push_back(rows->storage_class(0) == runtime::StorageClass::Null
                          ? "NULL"
                          : std::string(rows->text(0)));
    return texts;
  }

 private:
  static runtime::Database open() {
    auto opened = runtime::open_postgres(PostgresServer::shared().create_database());
    if (!opened) FAIL(opened.error().message);
    return std::move(*opened);
  }

  runtime::Database database_;
  std::vector<runtime::PostgresColumn> columns_;
};

}  // namespace mig::tests
