#include "runtime/stores/postgres_connection.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <libpq-events.h>
#include <libpq-fe.h>
#include <utility>

#include <fmt/format.h>
#include <pqxx/pqxx>

#include "runtime/stores/postgres_place.hpp"
#include "runtime/stores/postgres_sql.hpp"
#include "runtime/stores/postgres_statement.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kForgottenAtOnce = 32;

// Connects once and keeps what libpqxx hides. A second attempt, libpqxx's own after a loss, is
// refused: a transaction would be gone without anybody's knowing.
class CapturingPolicy final : public pqxx::connectionpolicy {
 public:
  CapturingPolicy(const std::string& place, bool streams)
      : connectionpolicy(place), streams_(streams) {}

  handle do_startconnect(handle before) override {
    if (before != nullptr) return before;
    if (captured_ != nullptr) throw pqxx::broken_connection("lost");
    const std::string& place = options();
    const char* const none = nullptr;
    const std::array keys = {"connect_timeout",
                             "dbname",
                             "application_name",
                             "client_encoding",
                             streams_ ? "replication" : none,
                             none};
    const std::array values = {"10", place.c_str(), "mig", "UTF8", streams_ ? "database" : none,
                               none};
    handle made = PQconnectdbParams(keys.data(), values.data(), 1);
    if (made == nullptr) throw std::bad_alloc();
    if (PQstatus(made) != CONNECTION_OK) {
      const std::string text = PQerrorMessage(made);
      PQfinish(made);
      throw pqxx::broken_connection(text);
    }
    captured_ = made;
    return made;
  }
  handle do_completeconnect(handle made) override { return made; }

  handle captured() const { return captured_; }

 private:
  handle captured_ = nullptr;
  bool streams_;
};

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

int see_result(PGEventId event, void* info, void* connection) {
  if (event == PGEVT_RESULTCREATE) {
    const auto* created = static_cast<PGEventResultCreate*>(info);
    static_cast<PostgresConnection*>(connection)->note(created->result);
  }
  return 1;
}

}  // namespace

class PostgresConnection::Session final : public pqxx::connection_base {
 public:
  Session(const std::string& place, bool streams)
      : connection_base(policy_), policy_(place, streams) {
    init();
  }
  ~Session() { close(); }

  PGconn* captured() const { return policy_.captured(); }

 private:
  CapturingPolicy policy_;
};

PostgresConnection::PostgresConnection() : SqlConnection(Dialect::Postgres) {}

PostgresConnection::~PostgresConnection() {
  if (cancel_ != nullptr) PQfreeCancel(cancel_);
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const std::string& place,
                                                                     PostgresOptions options) {
  std::unique_ptr<PostgresConnection> made(new PostgresConnection());
  MIG_ASSIGN(shown, shown_postgres_place(place));
  made->noun = options.noun;
  made->shown = options.shown.empty() ? shown : options.shown;
  try {
    made->session_ = std::make_unique<Session>(place, options.streams);
  } catch (const std::exception& refused) {
    const ErrorScene scene{.noun = made->noun, .shown = made->shown, .role = {}, .sql = {}};
    return std::unexpected(connecting_error(refused.what(), scene));
  }
  made->handle_ = made->session_->captured();
  made->cancel_ = PQgetCancel(made->handle_);
  // Notices may quote rows, and libpq writes them to the terminal.
  PQsetNoticeReceiver(
      made->handle_, [](void*, const PGresult*) {}, nullptr);
  PQregisterEventProc(made->handle_, see_result, "mig", made.get());
  MIG_TRY(made->configure(options));
  return made;
}

Result<void> PostgresConnection::configure(const PostgresOptions& options) {
  return execute(fmt::format(
      "SET standard_conforming_strings = on; SET DateStyle = ISO; SET TimeZone = 'UTC'; "
      "SET IntervalStyle = iso_8601; SET extra_float_digits = 1; SET bytea_output = hex; "
      "SET client_min_messages = error; SET default_transaction_isolation = 'read committed'; "
      "SET default_transaction_read_only = {}; SET statement_timeout = 0; SET lock_timeout = {}; "
      "SET idle_in_transaction_session_timeout = {}; SET jit = off",
      options.writes ? "off" : "on", options.lock_wait.count(), options.idle_limit.count()));
}

Result<std::unique_ptr<SqlStatement>> PostgresConnection::prepare(std::string_view sql) {
  MIG_TRY(free_wire());
  MIG_TRY(forget_statements());
  const PostgresSql translated = with_dollar_parameters(sql);
  assert(!translated.text.empty() && "empty SQL is our mistake");
  std::string name = fmt::format("mig_{}", ++statements_);
  const std::unique_ptr<PGresult, decltype(&PQclear)> answer(
      PQprepare(handle_, name.c_str(), translated.text.c_str(), 0, nullptr), PQclear);
  if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) return failure(sql);
  return std::make_unique<PostgresStatement>(*this, std::move(name), std::string(sql),
                                             translated.parameters);
}

Result<void> PostgresConnection::execute(const std::string& sql) {
  MIG_TRY(free_wire());
  MIG_TRY(refuse_hollow_commit(sql));
  try {
    pqxx::nontransaction plain(*session_);
    const auto answer = plain.exec(sql);
    changes_ = static_cast<std::int64_t>(answer.affected_rows());
    return {};
  } catch (const std::exception&) {
    return failure(sql);
  }
}

Result<void> PostgresConnection::refuse_hollow_commit(std::string_view sql) {
  if (PQtransactionStatus(handle_) != PQTRANS_INERROR) return {};
  const std::string verb = first_word(sql);
  if (verb != "COMMIT" && verb != "END") return {};
  error_ = {.sqlstate = "25P02"};
  return failure(sql);
}

bool PostgresConnection::is_in_transaction() const {
  if (reader_ != nullptr) return was_in_transaction_;
  const auto status = PQtransactionStatus(handle_);
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

Result<std::string> PostgresConnection::collation(const std::string& table,
                                                  const std::string& column) {
  MIG_ASSIGN(rows, prepare(R"sql(
SELECT CASE WHEN a.attcollation = 0 THEN 'C'
            WHEN c.collprovider = 'd' THEN (SELECT datcollate FROM pg_database
                                            WHERE datname = current_database())
            WHEN c.collprovider = 'c' THEN c.collcollate
            ELSE c.collname END
FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation
WHERE a.attrelid = to_regclass(quote_ident(?1)) AND a.attname = ?2)sql"));
  rows->bind(1, {.storage = StorageClass::Text, .bytes = table});
  rows->bind(2, {.storage = StorageClass::Text, .bytes = column});
  MIG_ASSIGN(has_row, rows->step());
  if (!has_row) {
    return fail(ErrorKind::Permanent,
                fmt::format("the {} `{}` has no column `{}.{}`", noun, shown, table, column),
                "compare the plan with the store by `mig preview`");
  }
  const std::string name(rows->bytes(0));
  // In these the order is that of the bytes.
  constexpr std::array<std::string_view, 4> kBinary = {"C", "POSIX", "C.UTF-8", "C.utf8"};
  return std::ranges::find(kBinary, name) == kBinary.end() ? name : "BINARY";
}

void PostgresConnection::interrupt() {
  std::array<char, 256> ignored{};
  PQcancel(cancel_, ignored.data(), static_cast<int>(ignored.size()));
}

void PostgresConnection::take_wire(PostgresStatement& reader, bool in_transaction) {
  assert(reader_ == nullptr);
  reader_ = &reader;
  was_in_transaction_ = in_transaction;
}

void PostgresConnection::leave_wire(const PostgresStatement& reader) {
  if (reader_ == &reader) reader_ = nullptr;
}

Result<void> PostgresConnection::free_wire() {
  if (reader_ != nullptr) MIG_TRY(reader_->park());
  assert(reader_ == nullptr);
  error_ = {};  // nobody asked for it
  return {};
}

std::unexpected<Error> PostgresConnection::failure(std::string_view sql) {
  const ServerError error = std::exchange(error_, {});
  if (PQstatus(handle_) == CONNECTION_BAD || ends_connection(error.sqlstate)) is_lost = true;
  last_failure = failure_of(error.sqlstate);
  last_constraint = constraint_of(error.sqlstate);
  constraint_subject = subject_of(error);
  const char* user = PQuser(handle_);
  const ErrorScene scene{.noun = noun,
                         .shown = shown,
                         .role = user == nullptr ? std::string_view() : std::string_view(user),
                         .sql = sql};
  if (!error.sqlstate.empty() || !is_lost) return std::unexpected(postgres_error(error, scene));
  last_failure = SqlFailure::Lost;
  return std::unexpected(postgres_error({.sqlstate = "08006"}, scene));
}

void PostgresConnection::note(const PGresult* result) {
  if (PQresultStatus(result) != PGRES_FATAL_ERROR) return;
  error_ = {.sqlstate = field(result, PG_DIAG_SQLSTATE),
            .primary = field(result, PG_DIAG_MESSAGE_PRIMARY),
            .key = key_columns(field(result, PG_DIAG_MESSAGE_DETAIL)),
            .table = field(result, PG_DIAG_TABLE_NAME),
            .column = field(result, PG_DIAG_COLUMN_NAME),
            .constraint = field(result, PG_DIAG_CONSTRAINT_NAME)};
}

void PostgresConnection::forget(std::string name) {
  if (!is_lost) forgotten_.push_back(std::move(name));
}

Result<void> PostgresConnection::forget_statements() {
  const bool may_speak = PQtransactionStatus(handle_) != PQTRANS_INERROR;
  if (forgotten_.size() < kForgottenAtOnce || !may_speak) return {};
  std::string sql;
  for (const std::string& name : std::exchange(forgotten_, {}))
    sql += fmt::format("DEALLOCATE {};", name);
  const std::int64_t before = changes_;
  MIG_TRY(execute(sql));
  changes_ = before;
  return {};
}

}  // namespace mig::runtime
