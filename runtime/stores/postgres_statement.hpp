// One prepared statement of PostgreSQL. Inside the adapter only.
//
// Parameters go as text and take the type that the server infers; bytes go as they are. Cells come
// as text: integers and bool (0, 1) are Integer, floats Real, bytea Blob, everything else (numeric,
// times, uuid, json, ...) Text in the server's own form.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/stores/postgres_connection.hpp"
#include "runtime/stores/postgres_parked_rows.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

class PostgresStatement final : public SqlStatement {
 public:
  PostgresStatement(PostgresConnection& connection, std::string name, std::string sql,
                    int parameters);
  ~PostgresStatement() override;

  void bind(int parameter, const SqlCell& value) override;
  Result<bool> step() override;
  void reset() override;
  int column_count() const override;
  std::string_view column_name(int column) const override;
  StorageClass storage_class(int column) const override;
  std::int64_t integer(int column) const override;
  double real(int column) const override;
  std::string_view bytes(int column) const override;

  // Takes the rest of the rows off the connection and keeps them.
  Result<void> park();

 private:
  struct Shape {
    std::string name;
    std::uint32_t type = 0;  // the server's number for it
  };
  struct ClearResult {
    void operator()(pg_result* result) const;
  };
  using Answer = std::unique_ptr<pg_result, ClearResult>;
  enum class State { Ready, OnWire, Parked, AtEnd };

  Result<void> start();
  // The next row of the wire into `row_`, or the end, which frees the wire.
  Result<bool> receive();
  void drop_rest();
  void learn_shape(const pg_result* result) const;
  const std::vector<Shape>& shape() const;
  std::string_view cell(int column) const;

  PostgresConnection& connection_;  // of the Database, which outlives us
  const std::string name_;
  const std::string sql_;
  std::vector<std::optional<std::string>> values_;
  std::vector<int> formats_;  // 0 text, 1 binary
  std::optional<Error> binding_failure_;
  State state_ = State::Ready;
  Answer answer_;  // what `row_` looks into
  RowCells row_;
  ParkedRows parked_;
  std::optional<Error> parked_failure_;  // met while parking; told after the rows before it
  mutable bool has_shape_ = false;
  mutable std::vector<Shape> shape_;
  mutable std::vector<std::string> decoded_;  // bytea cells of this row
};

}  // namespace mig::runtime
