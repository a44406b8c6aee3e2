#include "runtime/stores/sqlite_guard.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

constexpr std::array<std::string_view, 3> kChanges = {"insert", "update", "delete"};

std::string trigger_name(std::string_view change, std::string_view table) {
  return fmt::format("mig_ctl_guard_{}_{}", change, table);
}

std::string text_literal(std::string_view text) {
  std::string literal = "'";
  for (const char letter : text) {
    if (letter == '\0') continue;
    if (letter == '\'') literal += '\'';
    literal += letter;
  }
  return literal + '\'';
}

}  // namespace

Result<void> install_guard(const Database& database, const std::string& table,
                           const std::string& message) {
  MIG_TRY(remove_guard(database, table));
  MIG_ASSIGN(quoted, quote_identifier(table));
  for (const std::string_view change : kChanges) {
    MIG_ASSIGN(name, quote_identifier(trigger_name(change, table)));
    MIG_TRY(database.execute(fmt::format(
        "CREATE TRIGGER {} BEFORE {} ON {} WHEN NOT EXISTS (SELECT 1 FROM mig_ctl_origin) "
        "BEGIN SELECT RAISE(ABORT, {}); END",
        name, change, quoted, text_literal(message))));
  }
  return {};
}

Result<void> remove_guard(const Database& database, const std::string& table) {
  for (const std::string_view change : kChanges) {
    MIG_ASSIGN(name, quote_identifier(trigger_name(change, table)));
    MIG_TRY(database.execute("DROP TRIGGER IF EXISTS " + name));
  }
  return {};
}

Result<bool> is_guarded(const Database& database, const std::string& table) {
  MIG_ASSIGN(rows, database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND "
                                    "name = ? COLLATE NOCASE"));
  rows.bind_text(1, trigger_name(kChanges.front(), table));
  MIG_ASSIGN(has_row, rows.step());
  return has_row;
}

}  // namespace mig::runtime
