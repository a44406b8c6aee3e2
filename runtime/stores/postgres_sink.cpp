#include "runtime/stores/postgres_sink.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/postgres_connection.hpp"
#include "runtime/stores/postgres_copy.hpp"
#include "runtime/stores/postgres_staging.hpp"
#include "runtime/stores/postgres_types.hpp"
#include "runtime/stores/sqlite_lists.hpp"

namespace mig::runtime {
namespace {

constexpr const char* kMark = "SAVEPOINT mig_copy";
constexpr const char* kTakeBack = "ROLLBACK TO SAVEPOINT mig_copy";
constexpr const char* kRelease = "RELEASE SAVEPOINT mig_copy";
// Pages that are merged after one whose rows were there already, before COPY is tried again.
constexpr int kMerged = 16;
constexpr std::size_t kPiece = std::size_t{64} << 10;

struct Target {
  PostgresStaging staging;
  std::vector<PostgresType> types;
};

// Rows go into the table itself by COPY as long as none of them is there already; a page of which
// one is goes by COPY into a table of this session, and from there by the writer's own INSERT.
class PostgresSink final : public RowSink {
 public:
  PostgresSink(const Database& database, Target target, Statement insert)
      : database_(&database), target_(std::move(target)), insert_(std::move(insert)) {}

  Result<void> insert_all(const Batch& rows, std::span<const std::uint32_t> selected) override {
    if (selected.empty()) return database_->execute("SELECT 1 WHERE false");
    if (merges_ > 0) {
      --merges_;
      return merge(rows, selected);
    }
    MIG_TRY(database_->execute(kMark));
    has_misfit_ = false;
    auto copied = copy_pieces(rows, selected);
    if (copied) {
      MIG_TRY(database_->execute(kRelease));
      static_cast<PostgresConnection&>(database_->behind()).set_changes(copied_);
      return {};
    }
    const bool is_there_already = database_->last_constraint() == SqlConstraint::Unique;
    MIG_TRY(database_->execute(kTakeBack));
    MIG_TRY(database_->execute(kRelease));
    if (has_misfit_) return refused();
    if (!is_there_already) return keep_failure(std::move(copied).error());
    merges_ = kMerged;
    return merge(rows, selected);
  }

  Result<std::optional<Misfit>> insert(const Batch& rows, std::size_t row) override {
    tuples_.clear();
    if (auto misfit = append(rows, row)) return misfit;
    bool is_bound = true;
    for (std::size_t i = 0; i < rows.columns.size() && is_bound; ++i)
      is_bound = bind(static_cast<int>(i) + 1, rows.columns[i], row);
    if (!is_bound) {
      MIG_TRY(merge_tuples());
      return std::optional<Misfit>();
    }
    MIG_TRY(insert_.run());
    return std::optional<Misfit>();
  }

 private:
  // Nothing where the row has been appended.
  std::optional<Misfit> append(const Batch& rows, std::size_t row) {
    append_field_count(tuples_, rows.columns.size());
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      if (auto reject = append_field(target_.types[i], rows.columns[i], row, tuples_))
        return Misfit{i, std::move(reject->reason)};
    }
    return std::nullopt;
  }

  // False for a list, which has no form as one parameter.
  bool bind(int parameter, const Column& from, std::size_t row) {
    if (from.is_null(row)) {
      insert_.bind_null(parameter);
      return true;
    }
    switch (from.type().base) {
      case plan::Base::Bool:
      case plan::Base::I16:
      case plan::Base::I32:
      case plan::Base::I64:
        insert_.bind(parameter, from.integer(row));
        return true;
      case plan::Base::F64:
        insert_.bind(parameter, from.real(row));
        return true;
      case plan::Base::Bytes:
        insert_.bind_bytes(parameter, from.bytes(row));
        return true;
      case plan::Base::List:
        return false;
      default:
        break;
    }
    const auto text = text_form(from, row);
    if (text) insert_.bind_text(parameter, *text);
    return text.has_value();
  }

  // A row that has no form here is told as the server would tell one that it refuses.
  Result<void> refused() const {
    SqlConnection& behind = database_->behind();
    behind.last_failure = SqlFailure::Constraint;
    behind.last_constraint = SqlConstraint::Other;
    return fail(ErrorKind::Permanent, "a row has no form in the table");
  }
  // Taking back has asked the server, which made it forget what had gone wrong.
  Result<void> keep_failure(Error error) const {
    if (failure_ == SqlFailure::Constraint) database_->behind().last_failure = failure_;
    database_->behind().last_constraint = constraint_;
    database_->behind().constraint_subject = subject_;
    return std::unexpected(std::move(error));
  }

  // Into the table itself. The server takes rows in while others still get their form.
  Result<void> copy_pieces(const Batch& rows, std::span<const std::uint32_t> selected) {
    auto done = send_pieces(rows, selected);
    failure_ = database_->last_failure();
    constraint_ = database_->last_constraint();
    subject_ = database_->constraint_subject();
    return done;
  }
  Result<void> send_pieces(const Batch& rows, std::span<const std::uint32_t> selected) {
    MIG_ASSIGN(in, CopyIn::begin(*database_,
                                 fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)",
                                             target_.staging.table(), target_.staging.columns())));
    tuples_.clear();
    for (const std::uint32_t row : selected) {
      has_misfit_ = append(rows, row).has_value();
      if (has_misfit_) return refused();
      if (tuples_.size() < kPiece) continue;
      MIG_TRY(in.put(tuples_));
      tuples_.clear();
    }
    MIG_TRY(in.put(tuples_));
    MIG_ASSIGN(count, in.finish());
    copied_ = count;
    return {};
  }
  Result<void> merge(const Batch& rows, std::span<const std::uint32_t> selected) {
    tuples_.clear();
    for (const std::uint32_t row : selected) {
      if (append(rows, row)) return refused();
    }
    return merge_tuples();
  }
  Result<void> merge_tuples() {
    MIG_TRY(target_.staging.merge(*database_, tuples_));
    return {};
  }

  const Database* database_;
  Target target_;
  Statement insert_;
  std::string tuples_;
  std::int64_t copied_ = 0;  // rows of the last COPY
  bool has_misfit_ = false;  // in the page that is sent
  int merges_ = 0;           // pages that are merged without trying
  SqlFailure failure_ = SqlFailure::None;
  SqlConstraint constraint_ = SqlConstraint::None;
  std::string subject_;
};

}  // namespace

Result<std::unique_ptr<RowSink>> postgres_sink(const Database& database, const InsertSql& sql) {
  MIG_ASSIGN(staging, PostgresStaging::of(sql));
  Target target{std::move(staging), {}};
  MIG_ASSIGN(live, postgres_columns(database, sql.table));
  std::string marks;
  for (const std::string& name : sql.columns) {
    const auto column = std::ranges::find(live, name, &PostgresColumn::name);
    if (column == live.end()) {
      return fail(ErrorKind::Permanent, fmt::format("`{}` has no column `{}`", sql.table, name),
                  "compare the plan with the store by `mig preview`");
    }
    target.types.push_back(column->type);
    marks += marks.empty() ? "?" : ", ?";
  }
  MIG_ASSIGN(insert, database.prepare(fmt::format("{} VALUES ({}) {}", sql.head, marks, sql.tail)));
  return std::make_unique<PostgresSink>(database, std::move(target), std::move(insert));
}

}  // namespace mig::runtime
