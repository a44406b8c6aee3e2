#include "tests/app/postgres_connection.hpp"

#include <array>
#include <libpq-fe.h>
#include <optional>
#include <utility>

namespace mig::app {
namespace {

// Types of columns that are read as numbers, as pg_type has them.
constexpr std::array<Oid, 3> kIntegers = {20, 21, 23};

struct State {
  std::string_view code;
  SqlFailure kind;
};
constexpr std::array kStates = {
    State{"55000", SqlFailure::Refused},    // object_not_in_prerequisite_state: what guards raise
    State{"42P01", SqlFailure::TableGone},  // undefined_table
    State{"23505", SqlFailure::Taken},      // unique_violation
    State{"55P03", SqlFailure::Busy},       // lock_not_available
    State{"40001", SqlFailure::Busy},       // serialization_failure
    State{"40P01", SqlFailure::Busy},       // deadlock_detected
    State{"57P01", SqlFailure::Lost},       // admin_shutdown
    State{"57P02", SqlFailure::Lost},       // crash_shutdown
    State{"57P03", SqlFailure::Lost},       // cannot_connect_now
};

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

// `?1` becomes `$1`; no statement of the workload has a question mark in a text.
std::string numbered(std::string_view sql) {
  std::string written(sql);
  for (char& letter : written)
    letter = letter == '?' ? '$' : letter;
  return written;
}

SqlValue cell(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return nullptr;
  const std::string text = PQgetvalue(result, row, column);
  for (const Oid type : kIntegers) {
    if (PQftype(result, column) == type) return std::int64_t{std::stoll(text)};
  }
  return text;
}

class PostgresConnection final : public Connection {
 public:
  explicit PostgresConnection(std::string url) : url_(std::move(url)) {}
  ~PostgresConnection() override { PQfinish(handle_); }
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  std::vector<SqlRow> run(std::string_view sql, const SqlRow& values) override {
    if (handle_ == nullptr) connect();
    std::vector<std::optional<std::string>> texts;
    for (const SqlValue& value : values) {
      if (const auto* number = std::get_if<std::int64_t>(&value)) {
        texts.emplace_back(std::to_string(*number));
      } else if (const auto* text = std::get_if<std::string>(&value)) {
        texts.emplace_back(*text);
      } else {
        texts.emplace_back();
      }
    }
    std::vector<const char*> pointers;
    for (const auto& text : texts)
      pointers.push_back(text ? text->c_str() : nullptr);
    const Result result(
        PQexecParams(handle_, numbered(sql).c_str(), static_cast<int>(pointers.size()), nullptr,
                     pointers.data(), nullptr, nullptr, 0),
        &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(result.get());
    const std::string changed = PQcmdTuples(result.get());
    changes_ = changed.empty() ? 0 : std::stoi(changed);
    std::vector<SqlRow> rows;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      rows.emplace_back();
      for (int column = 0; column < PQnfields(result.get()); ++column)
        rows.back().push_back(cell(result.get(), row, column));
    }
    return rows;
  }
  int changes() const override { return changes_; }
  bool is_in_transaction() const override {
    return handle_ != nullptr && PQtransactionStatus(handle_) != PQTRANS_IDLE &&
           PQtransactionStatus(handle_) != PQTRANS_UNKNOWN;
  }
  void begin(Mode mode) override {
    run(mode == Mode::Write ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {});
  }
  bool has_table(const std::string& name) override {
    return std::get<std::string>(
               run("SELECT CASE WHEN to_regclass(?1) IS NULL THEN 'no' ELSE 'yes' END", {name})
                   .at(0)
                   .at(0)) == "yes";
  }
  bool is_server() const override { return true; }

 private:
  void connect() {
    handle_ = PQconnectdb(url_.c_str());
    PQsetNoticeProcessor(
        handle_, [](void*, const char*) {}, nullptr);
    if (PQstatus(handle_) == CONNECTION_OK) {
      run("SET lock_timeout = '2s'", {});
      return;
    }
    const std::string message = PQerrorMessage(handle_);
    PQfinish(std::exchange(handle_, nullptr));
    throw SqlError(SqlFailure::Lost, message);
  }
  [[noreturn]] void fail(const PGresult* result) {
    const std::string message = PQerrorMessage(handle_);
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    // What has no state was not said by the server.
    const bool is_lost = state == nullptr || PQstatus(handle_) != CONNECTION_OK;
    SqlFailure kind = is_lost ? SqlFailure::Lost : SqlFailure::Other;
    for (const State& known : kStates) {
      if (!is_lost && known.code == state) kind = known.kind;
    }
    if (kind == SqlFailure::Lost) PQfinish(std::exchange(handle_, nullptr));
    throw SqlError(kind, message);
  }

  std::string url_;
  PGconn* handle_ = nullptr;
  int changes_ = 0;
};

}  // namespace

std::unique_ptr<Connection> open_server(const std::string& url) {
  return std::make_unique<PostgresConnection>(url);
}

}  // namespace mig::app
