#include "runtime/stores/postgres_errors.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

struct Meaning {
  std::string_view code;  // a SQLSTATE or the beginning of some; the longest that fits counts
  SqlFailure failure;
};

constexpr std::array kMeanings = {
    Meaning{"08", SqlFailure::Lost},           Meaning{"22", SqlFailure::Other},
    Meaning{"23", SqlFailure::Constraint},     Meaning{"25006", SqlFailure::ReadOnly},
    Meaning{"25P03", SqlFailure::Lost},        Meaning{"28", SqlFailure::CannotOpen},
    Meaning{"3D000", SqlFailure::CannotOpen},  Meaning{"40001", SqlFailure::Busy},
    Meaning{"40003", SqlFailure::Busy},        Meaning{"40P01", SqlFailure::Busy},
    Meaning{"42501", SqlFailure::Denied},      Meaning{"44000", SqlFailure::Constraint},
    Meaning{"53100", SqlFailure::Full},        Meaning{"54000", SqlFailure::Constraint},
    Meaning{"55006", SqlFailure::Busy},        Meaning{"55P03", SqlFailure::Busy},
    Meaning{"57014", SqlFailure::Interrupted}, Meaning{"57P01", SqlFailure::Lost},
    Meaning{"57P02", SqlFailure::Lost},        Meaning{"57P03", SqlFailure::Lost},
    Meaning{"57P05", SqlFailure::Lost},        Meaning{"58", SqlFailure::Unwritable},
    Meaning{"P0001", SqlFailure::Constraint},  Meaning{"XX001", SqlFailure::Corrupt},
    Meaning{"XX002", SqlFailure::Corrupt},
};

// What is wrong with a value, for the codes that a move meets; the server's own text quotes it.
std::string_view flaw_of_value(std::string_view sqlstate) {
  if (sqlstate == "22001") return "a text is longer than its column takes";
  if (sqlstate == "22003") return "a number is out of its column's range";
  if (sqlstate == "22008") return "a date or time is out of range";
  if (sqlstate == "22012") return "a division by zero";
  if (sqlstate == "22021") return "a text is not UTF-8 or holds U+0000";
  if (sqlstate == "22007" || sqlstate == "22P02" || sqlstate == "22P03") {
    return "a value has not the form of its column's type";
  }
  if (sqlstate == "22P04") return "a copied row has not the columns of its table";
  if (sqlstate == "22P05") return "a character that the database's encoding does not have";
  return "a value does not fit";
}

// `permission denied for table users` in any version since 11; empty where the server speaks
// another language.
struct Denied {
  std::string kind;
  std::string name;
};

Denied denied_thing(std::string_view primary) {
  constexpr std::string_view kLead = "permission denied for ";
  if (!primary.starts_with(kLead)) return {};
  primary.remove_prefix(kLead.size());
  const auto space = primary.rfind(' ');
  if (space == primary.npos) return {};
  return {std::string(primary.substr(0, space)), std::string(primary.substr(space + 1))};
}

std::string grant_for(const ServerError& error, const ErrorScene& scene) {
  const Denied denied = denied_thing(error.primary);
  const std::string verb = first_word(scene.sql);
  std::string kind = denied.kind;
  std::ranges::transform(kind, kind.begin(), [](unsigned char c) { return std::toupper(c); });
  std::string privilege = "the privilege";
  if (denied.kind == "schema") {
    // Several statements may be sent as one.
    const bool makes = scene.sql.find("CREATE ") != std::string_view::npos || verb == "ALTER";
    privilege = makes ? "CREATE, USAGE" : "USAGE";
  } else if (denied.kind == "database") {
    privilege = "CREATE, CONNECT";
  } else if (denied.kind == "function" || denied.kind == "procedure") {
    privilege = "EXECUTE";
  } else if (denied.kind == "sequence") {
    privilege = "USAGE, SELECT, UPDATE";
  } else if (denied.kind == "table" || denied.kind == "view" || denied.kind == "column") {
    constexpr std::array<std::string_view, 5> kOwn = {"SELECT", "INSERT", "UPDATE", "DELETE",
                                                      "TRUNCATE"};
    const bool is_own = std::ranges::find(kOwn, verb) != kOwn.end();
    // A write with a condition reads too.
    if (is_own) privilege = verb == "UPDATE" || verb == "DELETE" ? "SELECT, " + verb : verb;
    if (verb == "LOCK") privilege = "UPDATE";
    if (verb == "COPY") privilege = "SELECT, INSERT";
    if (verb == "CREATE") privilege = "REFERENCES, TRIGGER";
    kind = "TABLE";
  } else {
    const std::string_view what = error.primary;
    if (what.starts_with("must be owner of ")) {
      return fmt::format("let `{}` own it: `GRANT` the owning role to `{}`, or `ALTER … OWNER TO`",
                         scene.role, scene.role);
    }
    return fmt::format("ask whoever owns it to give `{}` the privilege", scene.role);
  }
  return fmt::format("have its owner run `GRANT {} ON {} {} TO {}`", privilege, kind, denied.name,
                     scene.role);
}

bool shows_names_only(std::string_view sqlstate) {
  constexpr std::array<std::string_view, 8> kAboutSql = {"0A", "25", "2B", "34",
                                                         "3B", "3F", "42", "54"};
  return std::ranges::any_of(kAboutSql, [&](auto code) { return sqlstate.starts_with(code); }) ||
         sqlstate.starts_with("55");
}

Error busy(const ServerError& error, const std::string& place) {
  if (error.sqlstate == "40001" || error.sqlstate == "40003") {
    return {ErrorKind::Transient, place + " gave a transaction up for another one",
            "the work is done again by itself"};
  }
  if (error.sqlstate == "40P01") {
    return {ErrorKind::Transient, place + " ended a deadlock by giving our transaction up",
            "the work is done again by itself; look for writers that lock tables in another order"};
  }
  return {ErrorKind::Transient, place + " holds a lock that did not come free in time",
          "look in `pg_stat_activity` and `pg_prepared_xacts` for who holds it"};
}

}  // namespace

std::string first_word(std::string_view sql) {
  const auto begin = std::ranges::find_if(sql, [](unsigned char c) { return std::isalpha(c); });
  std::string word;
  for (auto it = begin; it != sql.end() && std::isalpha(static_cast<unsigned char>(*it)); ++it)
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(*it)));
  return word;
}

std::string key_columns(std::string_view detail) {
  const auto open = detail.find('(');
  const auto close = detail.find(")=(");
  if (open == detail.npos || close == detail.npos || close <= open) return {};
  return std::string(detail.substr(open + 1, close - open - 1));
}

SqlFailure failure_of(std::string_view sqlstate) {
  if (sqlstate.empty()) return SqlFailure::Other;
  const Meaning* best = nullptr;
  for (const Meaning& meaning : kMeanings) {
    if (!sqlstate.starts_with(meaning.code)) continue;
    if (best == nullptr || best->code.size() < meaning.code.size()) best = &meaning;
  }
  return best == nullptr ? SqlFailure::Other : best->failure;
}

SqlConstraint constraint_of(std::string_view sqlstate) {
  if (sqlstate == "23505") return SqlConstraint::Unique;
  if (sqlstate == "23502") return SqlConstraint::NotNull;
  if (sqlstate == "23503") return SqlConstraint::ForeignKey;
  if (sqlstate == "23514") return SqlConstraint::Check;
  if (sqlstate == "54000") return SqlConstraint::TooLarge;
  return failure_of(sqlstate) == SqlFailure::Constraint ? SqlConstraint::Other
                                                        : SqlConstraint::None;
}

std::string subject_of(const ServerError& error) {
  const SqlConstraint broken = constraint_of(error.sqlstate);
  const std::string table = error.table.empty() ? "" : error.table + ".";
  if (broken == SqlConstraint::NotNull && !error.column.empty()) return table + error.column;
  const bool has_key = broken == SqlConstraint::Unique || broken == SqlConstraint::ForeignKey;
  if (!has_key || error.key.empty()) return error.constraint;
  // An expression's own commas would be taken for the list's.
  if (error.key.find('(') != std::string::npos) return error.constraint;
  std::string subject;
  std::string_view rest = error.key;
  while (true) {
    const auto comma = rest.find(", ");
    subject += table;
    subject += rest.substr(0, comma);
    if (comma == rest.npos) return subject;
    subject += ", ";
    rest.remove_prefix(comma + 2);
  }
}

bool ends_connection(std::string_view sqlstate) {
  return failure_of(sqlstate) == SqlFailure::Lost;
}

Error postgres_error(const ServerError& error, const ErrorScene& scene) {
  const std::string place = fmt::format("the {} `{}`", scene.noun, scene.shown);
  const std::string_view code = error.sqlstate;
  switch (failure_of(code)) {
    case SqlFailure::Lost:
      if (code == "25P03") {
        return {ErrorKind::Transient, place + " ended a transaction that had stood still too long",
                "look at what kept this machine from working meanwhile"};
      }
      return {ErrorKind::Transient, fmt::format("the connection to {} is lost", place),
              "check that the server runs; then the work goes on where it stopped"};
    case SqlFailure::Busy:
      return busy(error, place);
    case SqlFailure::Full:
      return {ErrorKind::Permanent, fmt::format("the disk is full: {} cannot grow", place),
              "free space on the server's disk, then run the same command again", Cause::DiskFull};
    case SqlFailure::Constraint:
      return {ErrorKind::Conflict, place + " refuses a row: a constraint does not hold",
              "look at the table's keys, checks and triggers"};
    case SqlFailure::Denied:
      return {ErrorKind::Permanent, fmt::format("{} refuses a statement: {}", place, error.primary),
              grant_for(error, scene)};
    case SqlFailure::Interrupted:
      return {ErrorKind::Transient, fmt::format("work on {} was interrupted", place), ""};
    case SqlFailure::ReadOnly:
      return {ErrorKind::Permanent, place + " takes no writes",
              "connect to the primary, or open it for writing"};
    case SqlFailure::Corrupt:
      return {ErrorKind::Permanent, place + " is damaged",
              "do not write to it; restore a backup, or ask who runs the server", Cause::Damaged};
    case SqlFailure::Unwritable:
      return {ErrorKind::Permanent,
              fmt::format("{} cannot read or write its files ({})", place, code),
              "look at the server's disk and log, then run the same command again"};
    case SqlFailure::CannotOpen:
      return {ErrorKind::Permanent, place + " lets nobody in under this name",
              "check role, password and database in its URL"};
    case SqlFailure::NotADatabase:
    case SqlFailure::None:
    case SqlFailure::Other:
      break;
  }
  if (code == "25P02") {
    return {ErrorKind::Permanent,
            place + " waits for the rollback of a transaction in which a statement failed",
            "roll back, to a savepoint or all of it"};
  }
  if (code.starts_with("53")) {
    return {ErrorKind::Transient,
            fmt::format("{} has no {} left", place,
                        code == "53300"   ? "connection"
                        : code == "53200" ? "memory"
                                          : "resources"),
            "close what else uses the server, or raise its limit"};
  }
  if (code.starts_with("22")) {
    return {ErrorKind::Permanent,
            fmt::format("{} refuses a value: {} ({})", place, flaw_of_value(code), code),
            "compare the plan's types with the table's"};
  }
  if (shows_names_only(code)) {
    return {ErrorKind::Permanent, fmt::format("{} refuses a statement: {}", place, error.primary),
            ""};
  }
  return {
      ErrorKind::Permanent,
      fmt::format("{} refuses a statement (SQLSTATE {})", place, code.empty() ? "unknown" : code),
      "look for it in the server's log"};
}

Error connecting_error(std::string_view text, const ErrorScene& scene) {
  struct Reason {
    std::string_view sign;
    ErrorKind kind;
    std::string_view sentence;
    std::string_view help;
  };
  constexpr auto kPasses = ErrorKind::Transient;
  constexpr auto kStays = ErrorKind::Permanent;
  static constexpr std::array kReasons = {
      Reason{"Connection refused", kPasses, "nobody listens there",
             "check host and port, and that the server runs"},
      Reason{"No such file or directory", kPasses, "nobody listens there",
             "check the socket's folder and port, and that the server runs"},
      Reason{"could not translate host name", kPasses, "its host name is not known",
             "check the host in its URL"},
      Reason{"timeout expired", kPasses, "it does not answer in time",
             "check host, port and firewall"},
      Reason{"starting up", kPasses, "it is starting up", ""},
      Reason{"shutting down", kPasses, "it is shutting down", ""},
      Reason{"recovery", kPasses, "it is recovering", ""},
      Reason{"too many clients", kPasses, "it has no connection left",
             "close what else uses the server, or raise `max_connections`"},
      Reason{"too many connections", kPasses,
             "it has no connection left for this role or this database",
             "close what else uses it, or raise its `CONNECTION LIMIT`"},
      Reason{"connection slots", kPasses, "it has no connection left",
             "close what else uses the server, or raise `max_connections`"},
      Reason{"password authentication failed", kStays, "it does not accept the password", ""},
      Reason{"no password supplied", kStays, "it wants a password",
             "put it into the secret's URL, `PGPASSWORD` or `.pgpass`"},
      Reason{"pg_hba.conf", kStays, "its `pg_hba.conf` has no entry that lets us in",
             "ask who runs the server for an entry for this host, role and database"},
      Reason{"certificate", kStays, "its certificate cannot be trusted",
             "give `sslrootcert`, or check the host name in its URL"},
      Reason{"SSL", kStays, "TLS with it fails", "check `sslmode` and the server's TLS settings"},
      Reason{"does not exist", kStays, "the role or the database does not exist",
             "check role and database in its URL"},
      Reason{"not permitted to log in", kStays, "the role may not log in", "`ALTER ROLE … LOGIN`"},
      Reason{"server closed the connection", kPasses, "it closed the connection",
             "look in the server's log"},
  };
  const auto found = std::ranges::find_if(
      kReasons, [&](const Reason& reason) { return text.find(reason.sign) != text.npos; });
  const std::string place = fmt::format("the {} `{}` cannot be reached", scene.noun, scene.shown);
  if (found == kReasons.end()) {
    return {kStays, place, "try the same URL with `psql`; it shows the reason"};
  }
  return {found->kind, fmt::format("{}: {}", place, found->sentence), std::string(found->help)};
}

}  // namespace mig::runtime
