#include "runtime/stores/sqlite_writer.hpp"

#include <cassert>

#include <fmt/format.h>

#include "runtime/data/fingerprint.hpp"
#include "runtime/stores/sqlite_lists.hpp"
#include "runtime/stores/sqlite_rows.hpp"
#include "runtime/stores/sqlite_types.hpp"

namespace mig::runtime {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

struct Names {
  std::string table;
  std::vector<std::string> all;
  std::vector<std::string> key;
  std::vector<std::string> others;
};

Result<Names> names_of(const plan::Plan& plan, plan::DatasetId dataset) {
  Names names;
  MIG_ASSIGN(table, quote_identifier(plan.at(dataset).table));
  names.table = table;
  for (const plan::Field& field : plan.entity_of(dataset).fields) {
    MIG_ASSIGN(column, quote_identifier(field.column));
    names.all.push_back(column);
    (field.key ? names.key : names.others).push_back(column);
  }
  return names;
}

// Changes only rows that differ, so that a row which was right already counts as kept.
std::string on_conflict(const Names& names, const plan::Entity& entity, WriteRule rule) {
  if (rule == WriteRule::Keep || rule == WriteRule::Shared || names.others.empty()) {
    return "DO NOTHING";
  }
  std::string sets;
  std::string differs;
  for (const std::string& column : names.others) {
    sets += fmt::format("{}{} = excluded.{}", sets.empty() ? "" : ", ", column, column);
    differs +=
        fmt::format("{}t.{} IS NOT excluded.{}", differs.empty() ? "" : " OR ", column, column);
  }
  if (rule == WriteRule::Newer) {
    const auto version = entity.version_field();
    assert(version && "`newer` is checked to have a version");
    const std::string& column = names.all.at(*version);
    differs = fmt::format("t.{0} IS NULL OR excluded.{0} > t.{0}", column);
  }
  return fmt::format("DO UPDATE SET {} WHERE {}", sets, differs);
}

std::string cell_text(const plan::Type& type, const Column& column, std::size_t row) {
  if (column.is_null(row)) return "n";
  std::string hex;
  const auto append_hex = [&](std::string_view bytes) {
    for (const char byte : bytes) {
      const auto bits = static_cast<unsigned char>(byte);
      hex += kDigits[bits >> 4];
      hex += kDigits[bits & 15];
    }
  };
  switch (type.base) {
    case plan::Base::Bool:
    case plan::Base::I16:
    case plan::Base::I32:
    case plan::Base::I64:
      return fmt::format("i{:016x}", static_cast<std::uint64_t>(column.integer(row)));
    case plan::Base::Bytes:
      append_hex(column.bytes(row));
      return "b" + hex;
    default:
      append_hex(text_form(column, row).value_or(""));
      return "t" + hex;
  }
}

}  // namespace

std::string written_key(const plan::Entity& entity, const Batch& rows, std::size_t row) {
  std::string key;
  for (const std::uint32_t position : entity.key()) {
    if (!key.empty()) key += '.';
    key += cell_text(entity.fields[position].type, rows.columns[position], row);
  }
  return key;
}

Result<RowWriter> RowWriter::open(const Database& database, const plan::Plan& plan,
                                  plan::DatasetId dataset, WriteRule rule) {
  MIG_ASSIGN(existing, KeysetReader::open(database, plan, dataset));
  MIG_ASSIGN(names, names_of(plan, dataset));
  std::string marks = "?";
  std::string cells = "c0";
  for (std::size_t i = 1; i < names.all.size(); ++i) {
    marks += ", ?";
    cells += fmt::format(", c{}", i);
  }
  MIG_ASSIGN(rows, rows_function(database, names.all.size()));
  const auto sql = [&](const std::string& source) {
    return fmt::format("INSERT INTO {} AS t ({}) {} ON CONFLICT ({}) {}", names.table,
                       fmt::join(names.all, ", "), source, fmt::join(names.key, ", "),
                       on_conflict(names, plan.entity_of(dataset), rule));
  };
  MIG_ASSIGN(insert, database.prepare(sql(fmt::format("VALUES ({})", marks))));
  // WHERE keeps the parser from reading ON as part of a join.
  MIG_ASSIGN(insert_all,
             database.prepare(sql(fmt::format("SELECT {} FROM {}(?) WHERE true", cells, rows))));
  return RowWriter(plan, dataset, database, std::move(insert), std::move(insert_all),
                   std::move(existing), rule);
}

Result<std::optional<std::int64_t>> RowWriter::write_all(const Batch& rows,
                                                         std::span<const std::uint32_t> selected) {
  assert(rule_ != WriteRule::Shared && "which rows were there already is not told apart");
  RowsToWrite source{&rows, selected};
  bind_rows(insert_all_, 1, source);
  auto done = insert_all_.run();
  if (done) return std::optional(database_->changes());
  if (database_->last_failure() != SqlFailure::Constraint) {
    return std::unexpected(std::move(done).error());
  }
  return std::optional<std::int64_t>();
}

Result<Written> RowWriter::write(const Batch& rows, std::size_t row) {
  const plan::Entity& entity = plan_->entity_of(dataset_);
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    if (const auto reject = bind_cell(insert_, static_cast<int>(i) + 1, rows.columns[i], row)) {
      field_ = entity.fields[i].name;
      reason_ = reject->reason;
      return Written::Rejected;
    }
  }
  if (auto done = insert_.run(); !done) return refused(std::move(done).error());
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
