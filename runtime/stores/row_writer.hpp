// Writes typed rows into one table by the copy's rule, and says what became of each.
//
// What the table's own rules refuse is a reject of the row, by the names of columns, never by a
// value; only the key may conflict without being one. Used inside an Effect. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/row_sink.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

enum class WriteRule {
  Keep,     // only where the key is new
  Replace,  // the row becomes this one
  Newer,    // where the version is greater
  Merge,    // only where the key is new; else the row takes over some fields of this one
  Shared,   // only where the key is new; else both must agree in every field
};
WriteRule write_rule(plan::OnConflict on_conflict);

// How rows of a dataset enter its table by a rule. `merged`: as RowWriter::open.
Result<InsertSql> insert_sql(const plan::Plan& plan, plan::DatasetId dataset, WriteRule rule,
                             const std::vector<std::uint32_t>& merged, Dialect dialect);

enum class Written { Changed, Kept, Rejected };

class RowWriter {
 public:
  // `merged`: the fields of the dataset that a row takes over, with Merge.
  static Result<RowWriter> open(const Database& database, const plan::Plan& plan,
                                plan::DatasetId dataset, WriteRule rule,
                                const std::vector<std::uint32_t>& merged = {});

  // Writes these rows of the batch in one statement, and gives how many changed something. Nothing
  // where one was refused: some may then stand in the table, and the caller takes them back. Not
  // for Shared.
  Result<std::optional<std::int64_t>> write_all(const Batch& rows,
                                                std::span<const std::uint32_t> selected);
  Result<Written> write(const Batch& rows, std::size_t row);
  WriteRule rule() const { return rule_; }
  // Of the last row that was rejected.
  const std::string& field() const { return field_; }
  const std::string& reason() const { return reason_; }

 private:
  RowWriter(const plan::Plan& plan, plan::DatasetId dataset, const Database& database,
            std::unique_ptr<RowSink> sink, KeysetReader existing, WriteRule rule)
      : plan_(&plan),
        dataset_(dataset),
        database_(&database),
        sink_(std::move(sink)),
        existing_(std::move(existing)),
        form_(plan, dataset),
        rule_(rule) {}
  Result<Written> compare(const Batch& rows, std::size_t row);
  Result<Written> refused(Error error);

  const plan::Plan* plan_;
  plan::DatasetId dataset_;
  const Database* database_;
  std::unique_ptr<RowSink> sink_;
  KeysetReader existing_;
  CanonicalForm form_;
  WriteRule rule_;
  Page page_;
  std::string field_;
  std::string reason_;
};

}  // namespace mig::runtime
