#include "runtime/stores/sqlite_errors.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <sqlite3.h>

#include "runtime/full_disk.hpp"
#include "runtime/stores/lock_holders.hpp"

namespace mig::runtime {
namespace {

std::string who_holds(const std::filesystem::path& path) {
  std::string names;
  for (const auto process : lock_holders(path)) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", describe_process(process));
  }
  if (names.empty()) {
    return "wait for it to finish, or look with `fuser` for another mig, the application, a backup "
           "or an open `sqlite3` shell";
  }
  return fmt::format("it is held by {}; wait for it or end it", names);
}

}  // namespace

SqlFailure classify(int extended_code, int system_error) {
  if (extended_code == SQLITE_IOERR_LOCK || extended_code == SQLITE_IOERR_RDLOCK) {
    return SqlFailure::Busy;
  }
  // A file that could not be made or synced for want of space is no SQLITE_FULL to SQLite.
  const int code = extended_code & 0xff;
  if ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && is_disk_full(system_error)) {
    return SqlFailure::Full;
  }
  switch (code) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
      return SqlFailure::None;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return SqlFailure::Busy;
    case SQLITE_FULL:
      return SqlFailure::Full;
    case SQLITE_IOERR:
      return SqlFailure::Unwritable;
    case SQLITE_READONLY:
      return SqlFailure::ReadOnly;
    case SQLITE_CORRUPT:
      return SqlFailure::Corrupt;
    case SQLITE_NOTADB:
      return SqlFailure::NotADatabase;
    case SQLITE_CONSTRAINT:
      return SqlFailure::Constraint;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return SqlFailure::CannotOpen;
    case SQLITE_INTERRUPT:
      return SqlFailure::Interrupted;
    default:
      return SqlFailure::Other;
  }
}

Error sqlite_error(int extended_code, const SqliteConnection& connection, std::string_view detail,
                   int system_error) {
  const std::string& noun = connection.noun;
  const std::string file = fmt::format("the {} `{}`", noun, connection.shown);
  switch (classify(extended_code, system_error)) {
    case SqlFailure::Busy:
      return {ErrorKind::Transient, file + " is locked", who_holds(connection.path)};
    case SqlFailure::Full:
      return {ErrorKind::Permanent, fmt::format("the disk is full: {} cannot grow", file),
              "free space on its disk, then run the same command again", Cause::DiskFull};
    case SqlFailure::Unwritable:
      return {ErrorKind::Permanent,
              fmt::format("{} cannot be read or written (input/output error {})", file,
                          extended_code >> 8),
              "look at the disk and the kernel's log, then run the same command again"};
    case SqlFailure::ReadOnly:
      if (extended_code == SQLITE_READONLY_ROLLBACK || extended_code == SQLITE_READONLY_RECOVERY) {
        return {ErrorKind::Permanent, file + " was left in the middle of a write",
                "run any command once as a user who may write it; that finishes the recovery"};
      }
      return {ErrorKind::Permanent, file + " is read-only",
              "give its owner write permission on the file and its folder"};
    case SqlFailure::Corrupt:
      return {ErrorKind::Permanent, file + " is damaged",
              "do not write to it; restore a copy, or save what is left with `.recover`",
              Cause::Damaged};
    case SqlFailure::NotADatabase:
      return {ErrorKind::Permanent,
              noun == "database" ? fmt::format("`{}` is not a SQLite database", connection.shown)
                                 : fmt::format("`{}` is not a {}", connection.shown, noun),
              "check the path"};
    case SqlFailure::Constraint:
      // SQLite names the constraint's columns here, never their values, but a trigger's text is
      // its author's; it is left out.
      return {ErrorKind::Conflict, file + " refuses a row: a constraint does not hold",
              "look at the table's keys, checks and triggers"};
    case SqlFailure::CannotOpen:
      return {ErrorKind::Permanent, file + " cannot be opened",
              "check that it exists and that you may read it and its folder"};
    case SqlFailure::Interrupted:
      return {ErrorKind::Transient, fmt::format("work on {} was interrupted", file), ""};
    case SqlFailure::Denied:
    case SqlFailure::Lost:
    case SqlFailure::None:
    case SqlFailure::Other:
      break;
  }
  return {ErrorKind::Permanent, fmt::format("{} refuses a statement: {}", file, detail), ""};
}

}  // namespace mig::runtime
