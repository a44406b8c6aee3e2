#include "runtime/stores/row_writer.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/data/fingerprint.hpp"

namespace mig::runtime {
namespace {

// Whether a row that is there takes over `field` of the one that comes.
bool takes_over(const plan::Entity& entity, std::uint32_t field, WriteRule rule,
                const std::vector<std::uint32_t>& merged) {
  if (entity.fields[field].key || rule == WriteRule::Keep || rule == WriteRule::Shared)
    return false;
  return rule != WriteRule::Merge || std::ranges::find(merged, field) != merged.end();
}

// Whether a row that is there, `t`, differs from the one that comes, `excluded`, in one of these. A
// server compares their bytes as they are: it asks no type what it takes for equal, which a text
// may say differently and `json` does not say at all, and writes none of them out.
std::string differs_in(const std::vector<std::string>& columns, Dialect dialect) {
  if (dialect == Dialect::Postgres) {
    return fmt::format("ROW(t.{})::record *<> ROW(excluded.{})::record", fmt::join(columns, ", t."),
                       fmt::join(columns, ", excluded."));
  }
  std::string differs;
  for (const std::string& column : columns) {
    differs += fmt::format("{0}t.{1} IS DISTINCT FROM excluded.{1}", differs.empty() ? "" : " OR ",
                           column);
  }
  return differs;
}

}  // namespace

Result<InsertSql> insert_sql(const plan::Plan& plan, plan::DatasetId dataset, WriteRule rule,
                             const std::vector<std::uint32_t>& merged, Dialect dialect) {
  InsertSql sql{.table = plan.at(dataset).table};
  std::vector<std::string> columns;
  std::vector<std::string> key;
  std::vector<std::string> taken;  // over, by a row that is there
  MIG_ASSIGN(table, quote_identifier(plan.at(dataset).table));
  const plan::Entity& entity = plan.entity_of(dataset);
  for (std::uint32_t i = 0; i < entity.fields.size(); ++i) {
    const plan::Field& field = entity.fields[i];
    MIG_ASSIGN(column, quote_identifier(field.column));
    sql.columns.push_back(field.column);
    columns.push_back(column);
    if (field.key) key.push_back(column);
    if (takes_over(entity, i, rule, merged)) taken.push_back(column);
  }
  // A key that the store hands out always is handed over all the same.
  sql.head = fmt::format("INSERT INTO {} AS t ({}){}", table, fmt::join(columns, ", "),
                         dialect == Dialect::Postgres ? " OVERRIDING SYSTEM VALUE" : "");
  sql.tail = fmt::format("ON CONFLICT ({}) ", fmt::join(key, ", "));
  if (taken.empty()) {
    sql.tail += "DO NOTHING";
    return sql;
  }
  std::string sets;
  for (const std::string& column : taken)
    sets += fmt::format("{}{} = excluded.{}", sets.empty() ? "" : ", ", column, column);
  std::string applies = differs_in(taken, dialect);
  if (rule == WriteRule::Newer) {
    const auto version = entity.version_field();
    assert(version && "`newer` is checked to have a version");
    applies = fmt::format("t.{0} IS NULL OR excluded.{0} > t.{0}", columns.at(*version));
  }
  sql.tail += fmt::format("DO UPDATE SET {} WHERE {}", sets, applies);
  return sql;
}

WriteRule write_rule(plan::OnConflict on_conflict) {
  switch (on_conflict) {
    case plan::OnConflict::Keep:
      return WriteRule::Keep;
    case plan::OnConflict::Replace:
      return WriteRule::Replace;
    case plan::OnConflict::Newer:
      return WriteRule::Newer;
    case plan::OnConflict::Merge:
      return WriteRule::Merge;
  }
  assert(false && "every rule of the language is one of ours");
  return WriteRule::Keep;
}

Result<RowWriter> RowWriter::open(const Database& database, const plan::Plan& plan,
                                  plan::DatasetId dataset, WriteRule rule,
                                  const std::vector<std::uint32_t>& merged) {
  MIG_ASSIGN(existing, KeysetReader::open(database, plan, dataset));
  MIG_ASSIGN(sql, insert_sql(plan, dataset, rule, merged, database.dialect()));
  MIG_ASSIGN(sink, open_sink(database, sql));
  return RowWriter(plan, dataset, database, std::move(sink), std::move(existing), rule);
}

Result<std::optional<std::int64_t>> RowWriter::write_all(const Batch& rows,
                                                         std::span<const std::uint32_t> selected) {
  assert(rule_ != WriteRule::Shared && "which rows were there already is not told apart");
  auto done = sink_->insert_all(rows, selected);
  if (done) return std::optional(database_->changes());
  if (database_->last_failure() != SqlFailure::Constraint)
    return std::unexpected(std::move(done).error());
  return std::optional<std::int64_t>();
}

Result<Written> RowWriter::write(const Batch& rows, std::size_t row) {
  auto misfit = sink_->insert(rows, row);
  if (!misfit) return refused(std::move(misfit).error());
  if (*misfit) {
    field_ = plan_->entity_of(dataset_).fields[(*misfit)->field].name;
    reason_ = (*misfit)->reason;
    return Written::Rejected;
  }
  if (database_->changes() > 0) return Written::Changed;
  return rule_ == WriteRule::Shared ? compare(rows, row) : Written::Kept;
}

Result<Written> RowWriter::refused(Error error) {
  if (database_->last_failure() != SqlFailure::Constraint) {
    return std::unexpected(std::move(error));
  }
  field_ = database_->constraint_subject();
  if (field_.empty()) field_ = plan_->at(dataset_).table;
  switch (database_->last_constraint()) {
    case SqlConstraint::Unique:
      reason_ = "another row already has this value, and it must be unique";
      break;
    case SqlConstraint::NotNull:
      reason_ = "the table refuses NULL here";
      break;
    case SqlConstraint::ForeignKey:
      reason_ = "the row that a foreign key refers to is missing";
      break;
    case SqlConstraint::Check:
      reason_ = "a CHECK of the table refuses the row";
      break;
    case SqlConstraint::TooLarge:
      reason_ = "the row, or its entry in an index, is larger than the server takes";
      break;
    case SqlConstraint::None:
    case SqlConstraint::Other:
      reason_ = "a trigger or rule of the table refuses the row";
      break;
  }
  return Written::Rejected;
}

Result<Written> RowWriter::compare(const Batch& rows, std::size_t row) {
  const plan::Entity& entity = plan_->entity_of(dataset_);
  MIG_TRY(existing_.read_at(written_key(entity, rows, row), page_));
  if (page_.rows.rows == 1) {
    std::string ours;
    std::string theirs;
    std::size_t different = entity.fields.size();  // none
    const auto differ = [&](std::span<const Column> mine, std::size_t at,
                            std::span<const Column> other) {
      for (std::size_t i = 0; i < mine.size(); ++i) {
        ours.clear();
        theirs.clear();
        append_canonical(ours, mine[i], at);
        append_canonical(theirs, other[i], 0);
        if (ours == theirs) continue;
        different = i;
        return true;
      }
      return false;
    };
    if (!differ(rows.columns, row, page_.rows.columns)) return Written::Kept;
    if (!plan_->at(dataset_).canonical.empty()) {
      const auto theirs_form = form_.of(page_.rows);
      const std::vector<Column> other(theirs_form.begin(), theirs_form.end());
      if (!differ(form_.of(rows), row, other)) return Written::Kept;
    }
    field_ = entity.fields[different].name;
  } else {
    field_ = page_.bad.empty() ? entity.fields[entity.key().front()].name : page_.bad[0].field;
  }
  reason_ = fmt::format("differs from the shared row of an earlier one in `{}`", field_);
  return Written::Rejected;
}

}  // namespace mig::runtime
