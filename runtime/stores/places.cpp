#include "runtime/stores/places.hpp"

#include <bit>
#include <cstdint>

#include <fmt/format.h>

#include "runtime/data/utf8.hpp"
#include "runtime/stores/sqlite_lists.hpp"

namespace mig::runtime {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

void append_hex(std::string& out, char letter, std::uint64_t number) {
  out += letter;
  for (int shift = 60; shift >= 0; shift -= 4)
    out += kDigits[number >> shift & 15];
}

unsigned digit(char letter) {
  return static_cast<unsigned>(letter <= '9' ? letter - '0' : letter - 'a' + 10);
}

std::uint64_t number_of(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char letter : digits)
    number = number << 4 | digit(letter);
  return number;
}

std::string bytes_of(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(digit(digits[i]) << 4 | digit(digits[i + 1]));
  return bytes;
}

template <class Visit>
void each_cell(std::string_view key, Visit visit) {
  while (!key.empty()) {
    const auto end = key.find('.');
    const auto cell = key.substr(0, end);
    visit(cell.front(), cell.substr(1));
    if (end == key.npos) return;
    key.remove_prefix(end + 1);
  }
}

void append_bytes(std::string& out, char letter, std::string_view bytes) {
  out += letter;
  for (const char byte : bytes) {
    const auto bits = static_cast<unsigned char>(byte);
    out += kDigits[bits >> 4];
    out += kDigits[bits & 15];
  }
}

}  // namespace

void append_cell(std::string& place, const SqlCell& cell) {
  if (!place.empty()) place += '.';
  switch (cell.storage) {
    case StorageClass::Null:
      place += 'n';
      return;
    case StorageClass::Integer:
      append_hex(place, 'i', static_cast<std::uint64_t>(cell.integer));
      return;
    case StorageClass::Real:
      append_hex(place, 'r', std::bit_cast<std::uint64_t>(cell.real));
      return;
    case StorageClass::Text:
    case StorageClass::Blob:
      break;
  }
  append_bytes(place, cell.storage == StorageClass::Text ? 't' : 'b', cell.bytes);
}

SqlCell cell_at(const Statement& row, int column) {
  SqlCell cell{.storage = row.storage_class(column)};
  switch (cell.storage) {
    case StorageClass::Null:
      break;
    case StorageClass::Integer:
      cell.integer = row.integer(column);
      break;
    case StorageClass::Real:
      cell.real = row.real(column);
      break;
    case StorageClass::Text:
    case StorageClass::Blob:
      cell.bytes = row.bytes(column);
      break;
  }
  return cell;
}

std::string place_sql(Dialect dialect, const plan::Type& type, const std::string& column) {
  if (dialect == Dialect::Sqlite) return column;
  switch (type.base) {
    case plan::Base::Decimal:
      return fmt::format("round({}, {})::text", column, type.scale);
    case plan::Base::Time:
      return fmt::format("to_char({}, 'HH24:MI:SS.US')", column);
    case plan::Base::Timestamp:
      return fmt::format(
          "to_char({}::timestamptz AT TIME ZONE 'UTC', "
          "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
          column);
    case plan::Base::I16:
    case plan::Base::I32:
    case plan::Base::I64:
    case plan::Base::Bool:
    case plan::Base::Bytes:
      return column;
    default:
      return column + "::text";
  }
}

void bind_key(Statement& statement, int parameter, std::string_view place) {
  for (const PlaceCell& one : cells_of(place))
    statement.behind().bind(parameter++, one.cell);
}

std::string raw_place(std::string_view key) {
  std::string place;
  append_bytes(place, 'k', key);
  return place;
}

std::optional<std::string> raw_key_of(std::string_view place) {
  if (!place.starts_with('k')) return std::nullopt;
  return bytes_of(place.substr(1));
}

std::string shown_key(std::string_view place) {
  std::string shown;
  each_cell(place, [&](char storage, std::string_view digits) {
    if (!shown.empty()) shown += ", ";
    if (storage == 'i') {
      shown += std::to_string(static_cast<std::int64_t>(number_of(digits)));
    } else if (storage == 'r') {
      shown += fmt::format("{}", std::bit_cast<double>(number_of(digits)));
    } else if ((storage == 't' || storage == 'k') && count_code_points(bytes_of(digits))) {
      shown += bytes_of(digits);
    } else {
      shown += fmt::format("x'{}'", digits);
    }
  });
  return shown;
}

Result<std::string> at_place_sql(Dialect dialect, const plan::Entity& entity) {
  std::string sql;
  int parameter = 0;
  for (const std::uint32_t position : entity.key()) {
    const plan::Field& field = entity.fields[position];
    MIG_ASSIGN(column, quote_identifier(field.column));
    ++parameter;
    sql += fmt::format("{}t.{} = ?{}", sql.empty() ? "" : " AND ", column, parameter);
    const bool is_text = field.type.base == plan::Base::Text;
    if (dialect == Dialect::Sqlite) {
      sql += fmt::format(" AND t.{} = ?{} COLLATE BINARY", column, parameter);
    } else if (is_text) {
      sql += fmt::format(" AND t.{}::text = ?{}::text COLLATE \"C\"", column, parameter);
    }
  }
  return sql;
}

std::vector<PlaceCell> cells_of(std::string_view place) {
  std::vector<PlaceCell> cells;
  each_cell(place, [&](char storage, std::string_view digits) {
    PlaceCell one;
    switch (storage) {
      case 'i':
        one.cell = {.storage = StorageClass::Integer,
                    .integer = static_cast<std::int64_t>(number_of(digits))};
        break;
      case 'r':
        one.cell = {.storage = StorageClass::Real,
                    .real = std::bit_cast<double>(number_of(digits))};
        break;
      case 't':
      case 'b':
        one.cell.storage = storage == 't' ? StorageClass::Text : StorageClass::Blob;
        one.bytes = bytes_of(digits);
        break;
      default:
        break;
    }
    cells.push_back(std::move(one));
  });
  for (PlaceCell& one : cells)
    one.cell.bytes = one.bytes;
  return cells;
}

void append_key_cell(std::string& place, const Column& column, std::size_t row) {
  if (!place.empty()) place += '.';
  if (column.is_null(row)) {
    place += 'n';
    return;
  }
  switch (column.type().base) {
    case plan::Base::Bool:
    case plan::Base::I16:
    case plan::Base::I32:
    case plan::Base::I64:
      return append_hex(place, 'i', static_cast<std::uint64_t>(column.integer(row)));
    case plan::Base::Bytes:
      return append_bytes(place, 'b', column.bytes(row));
    default:
      return append_bytes(place, 't', text_form(column, row).value_or(""));
  }
}

std::string written_key(const plan::Entity& entity, const Batch& rows, std::size_t row) {
  std::string place;
  for (const std::uint32_t position : entity.key())
    append_key_cell(place, rows.columns[position], row);
  return place;
}

}  // namespace mig::runtime
