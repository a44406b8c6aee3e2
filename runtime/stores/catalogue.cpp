#include "runtime/stores/catalogue.hpp"

#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

constexpr std::size_t kLongestName = 63;  // of PostgreSQL, which cuts what is longer

// FNV-1a: it only has to be the same tomorrow.
std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char byte : text)
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x01000193;
  return hash;
}

Result<bool> finds(const Database& database, std::string_view sqlite, std::string_view postgres,
                   std::string_view name) {
  const bool is_sqlite = database.dialect() == Dialect::Sqlite;
  MIG_ASSIGN(rows, database.prepare(is_sqlite ? sqlite : postgres));
  rows.bind_text(1, name);
  MIG_ASSIGN(has_row, rows.step());
  rows.reset();
  return has_row;
}

}  // namespace

Result<bool> has_table(const Database& database, std::string_view name) {
  return finds(database, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1",
               "SELECT 1 FROM pg_class WHERE oid = to_regclass(quote_ident(?1))", name);
}

Result<bool> has_trigger(const Database& database, std::string_view name) {
  return finds(database,
               "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name = ?1 COLLATE NOCASE",
               "SELECT 1 FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
               "WHERE t.tgname = ?1 AND pg_table_is_visible(c.oid)",
               name);
}

Result<std::string> first_text(const Database& database, std::string_view sql,
                               std::string_view argument) {
  MIG_ASSIGN(rows, database.prepare(sql));
  rows.bind_text(1, argument);
  MIG_ASSIGN(has_row, rows.step());
  std::string text = has_row ? std::string(rows.text(0)) : std::string();
  rows.reset();
  return text;
}

std::string control_name(std::string_view prefix, std::string_view table) {
  const std::string whole = fmt::format("{}{}", prefix, table);
  if (whole.size() <= kLongestName) return whole;
  std::size_t length = kLongestName - 9;
  while ((static_cast<unsigned char>(whole[length]) & 0xc0) == 0x80)
    --length;  // not in the middle of a letter
  return fmt::format("{}_{:08x}", whole.substr(0, length), hash_of(whole));
}

}  // namespace mig::runtime
