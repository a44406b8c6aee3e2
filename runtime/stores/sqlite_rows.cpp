#include "runtime/stores/sqlite_rows.hpp"

#include <cassert>
#include <cmath>
#include <memory>
#include <string_view>

#include <fmt/format.h>
#include <sqlite3.h>

#include "runtime/stores/sqlite_lists.hpp"
#include "runtime/stores/sqlite_types.hpp"

namespace mig::runtime {
namespace {

constexpr const char* kPointerType = "mig rows to write";

struct Table : sqlite3_vtab {
  int columns = 0;
};

struct Cursor : sqlite3_vtab_cursor {
  RowsToWrite* source = nullptr;
  std::size_t at = 0;
};

int connect(sqlite3* database, void* aux, int, const char* const*, sqlite3_vtab** made, char**) {
  auto table = std::make_unique<Table>();
  table->columns = *static_cast<const int*>(aux);
  std::string declared = "CREATE TABLE rows(";
  for (int i = 0; i < table->columns; ++i)
    declared += fmt::format("c{}, ", i);
  declared += "source HIDDEN)";
  if (const int code = sqlite3_declare_vtab(database, declared.c_str())) return code;
  *made = table.release();
  return SQLITE_OK;
}

void forget_width(void* width) {
  delete static_cast<int*>(width);
}

int disconnect(sqlite3_vtab* table) {
  delete static_cast<Table*>(table);
  return SQLITE_OK;
}

// The one way to read: all rows, given the argument.
int best_index(sqlite3_vtab* table, sqlite3_index_info* info) {
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    const bool is_argument = constraint.iColumn == static_cast<Table*>(table)->columns &&
                             constraint.op == SQLITE_INDEX_CONSTRAINT_EQ;
    if (!is_argument || constraint.usable == 0) continue;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
    return SQLITE_OK;
  }
  return SQLITE_CONSTRAINT;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** made) {
  *made = new Cursor;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete static_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* base, int, const char*, int count, sqlite3_value** values) {
  auto& cursor = *static_cast<Cursor*>(base);
  cursor.source = nullptr;
  cursor.at = 0;
  if (count == 1) {
    cursor.source = static_cast<RowsToWrite*>(sqlite3_value_pointer(values[0], kPointerType));
  }
  return SQLITE_OK;  // without our pointer there are no rows
}

int next(sqlite3_vtab_cursor* cursor) {
  ++static_cast<Cursor*>(cursor)->at;
  return SQLITE_OK;
}

int is_at_end(sqlite3_vtab_cursor* base) {
  const auto& cursor = *static_cast<Cursor*>(base);
  return cursor.source == nullptr || cursor.at >= cursor.source->rows.size() ? 1 : 0;
}

// The bytes stand still in the batch until the statement has ended.
void give_text(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text64(context, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
}

int give_cell(sqlite3_vtab_cursor* base, sqlite3_context* context, int index) {
  auto& cursor = *static_cast<Cursor*>(base);
  if (index >= static_cast<Table*>(base->pVtab)->columns) return SQLITE_OK;  // the argument
  const std::size_t row = cursor.source->rows[cursor.at];
  const Column& column = cursor.source->batch->columns[static_cast<std::size_t>(index)];
  if (column.is_null(row)) return SQLITE_OK;
  switch (sqlite_form(column.type().base)) {
    case SqliteForm::Integer:
      sqlite3_result_int64(context, column.integer(row));
      return SQLITE_OK;
    case SqliteForm::Real:
      if (std::isnan(column.real(row))) break;
      sqlite3_result_double(context, column.real(row));
      return SQLITE_OK;
    case SqliteForm::Blob: {
      const auto bytes = column.bytes(row);
      sqlite3_result_blob64(context, bytes.empty() ? "" : bytes.data(), bytes.size(),
                            SQLITE_STATIC);
      return SQLITE_OK;
    }
    case SqliteForm::Text:
      give_text(context, column.bytes(row));
      return SQLITE_OK;
    case SqliteForm::Printed: {
      const auto text = text_form(column, row);
      if (!text) break;
      sqlite3_result_text64(context, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
      return SQLITE_OK;
    }
  }
  return SQLITE_CONSTRAINT;
}

int row_id(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
  *id = static_cast<sqlite3_int64>(static_cast<Cursor*>(cursor)->at);
  return SQLITE_OK;
}

// Without xCreate it cannot be made into a table of the schema.
constexpr sqlite3_module kModule = {
    .iVersion = 0,
    .xConnect = connect,
    .xBestIndex = best_index,
    .xDisconnect = disconnect,
    .xOpen = open,
    .xClose = close,
    .xFilter = filter,
    .xNext = next,
    .xEof = is_at_end,
    .xColumn = give_cell,
    .xRowid = row_id,
};

}  // namespace

Result<std::string> rows_function(const Database& database, std::size_t columns) {
  std::string name = fmt::format("mig_rows_{}", columns);
  MIG_ASSIGN(known, database.prepare("SELECT 1 FROM pragma_module_list WHERE name = ?"));
  known.bind_text(1, name);
  MIG_ASSIGN(is_known, known.step());
  if (is_known) return name;
  auto width = std::make_unique<int>(static_cast<int>(columns));
  [[maybe_unused]] const int code = sqlite3_create_module_v2(
      sqlite_handle(database), name.c_str(), &kModule, width.release(), forget_width);
  assert(code == SQLITE_OK);
  return name;
}

void bind_rows(Statement& statement, int parameter, RowsToWrite& rows) {
  sqlite_statement(statement).bind_pointer(parameter, &rows, kPointerType);
}

}  // namespace mig::runtime
