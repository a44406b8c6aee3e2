#include "runtime/stores/sqlite_sink.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/stores/sqlite_rows.hpp"
#include "runtime/stores/sqlite_types.hpp"

namespace mig::runtime {
namespace {

class SqliteSink final : public RowSink {
 public:
  SqliteSink(Statement insert, Statement insert_all)
      : insert_(std::move(insert)), insert_all_(std::move(insert_all)) {}

  Result<void> insert_all(const Batch& rows, std::span<const std::uint32_t> selected) override {
    RowsToWrite source{&rows, selected};
    bind_rows(insert_all_, 1, source);
    return insert_all_.run();
  }

  Result<std::optional<Misfit>> insert(const Batch& rows, std::size_t row) override {
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      if (auto reject = bind_cell(insert_, static_cast<int>(i) + 1, rows.columns[i], row))
        return std::optional(Misfit{i, std::move(reject->reason)});
    }
    MIG_TRY(insert_.run());
    return std::optional<Misfit>();
  }

 private:
  Statement insert_;
  Statement insert_all_;
};

}  // namespace

Result<std::unique_ptr<RowSink>> sqlite_sink(const Database& database, const InsertSql& sql) {
  std::string marks;
  std::string cells;
  for (std::size_t i = 0; i < sql.columns.size(); ++i) {
    marks += i == 0 ? "?" : ", ?";
    cells += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
  }
  MIG_ASSIGN(rows, rows_function(database, sql.columns.size()));
  MIG_ASSIGN(insert, database.prepare(fmt::format("{} VALUES ({}) {}", sql.head, marks, sql.tail)));
  // WHERE keeps the parser from reading ON as part of a join.
  MIG_ASSIGN(insert_all, database.prepare(fmt::format("{} SELECT {} FROM {}(?) WHERE true {}",
                                                      sql.head, cells, rows, sql.tail)));
  return std::make_unique<SqliteSink>(std::move(insert), std::move(insert_all));
}

}  // namespace mig::runtime
