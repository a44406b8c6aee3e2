#include "runtime/stores/postgres_copy.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <libpq-fe.h>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/stores/postgres_database.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;  // libpq counts in int and copies once more

using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

// Sends the statement and waits until the server is ready for rows, or for giving them.
Result<pg_conn*> start(const Database& postgres, const std::string& sql, ExecStatusType ready) {
  MIG_ASSIGN(handle, postgres_handle(postgres));
  const Answer answer(PQexec(handle, sql.c_str()), PQclear);
  if (PQresultStatus(answer.get()) != ready) return postgres_failure(postgres, sql);
  return handle;
}

// Takes the answers behind a copy; the number of rows, or nothing where it failed.
std::optional<std::int64_t> finished(pg_conn* handle) {
  std::optional<std::int64_t> rows;
  bool is_well = true;
  while (const Answer answer{PQgetResult(handle), PQclear}) {
    if (PQresultStatus(answer.get()) == PGRES_COMMAND_OK) {
      rows = std::atoll(PQcmdTuples(answer.get()));
    } else {
      is_well = false;
    }
  }
  return is_well ? rows : std::nullopt;
}

}  // namespace

Result<CopyIn> CopyIn::begin(const Database& postgres, std::string sql) {
  MIG_ASSIGN(handle, start(postgres, sql, PGRES_COPY_IN));
  CopyIn copy(postgres, handle, std::move(sql));
  std::string header;
  append_copy_header(header);
  MIG_TRY(copy.put(header));
  return copy;
}

CopyIn::CopyIn(CopyIn&& other) noexcept
    : database_(other.database_),
      handle_(std::exchange(other.handle_, nullptr)),
      sql_(std::move(other.sql_)) {}

CopyIn::~CopyIn() {
  if (handle_ == nullptr) return;
  PQputCopyEnd(handle_, "given up");
  static_cast<void>(finished(handle_));
}

Result<void> CopyIn::put(std::string_view tuples) {
  assert(handle_ != nullptr && "a copy ends once");
  while (!tuples.empty()) {
    const std::string_view piece = tuples.substr(0, kPiece);
    if (PQputCopyData(handle_, piece.data(), static_cast<int>(piece.size())) != 1) {
      static_cast<void>(finished(std::exchange(handle_, nullptr)));
      return postgres_failure(*database_, sql_);
    }
    tuples.remove_prefix(piece.size());
  }
  return {};
}

Result<std::int64_t> CopyIn::finish() {
  std::string trailer;
  append_copy_trailer(trailer);
  MIG_TRY(put(trailer));
  pg_conn* handle = std::exchange(handle_, nullptr);
  const bool is_sent = PQputCopyEnd(handle, nullptr) == 1;
  const auto rows = finished(handle);
  if (!is_sent || !rows) return postgres_failure(*database_, sql_);
  return *rows;
}

Result<CopyOut> CopyOut::begin(const Database& postgres, std::string sql) {
  MIG_ASSIGN(handle, start(postgres, sql, PGRES_COPY_OUT));
  return CopyOut(postgres, handle, std::move(sql));
}

CopyOut::CopyOut(CopyOut&& other) noexcept
    : database_(other.database_),
      handle_(std::exchange(other.handle_, nullptr)),
      sql_(std::move(other.sql_)),
      message_(std::move(other.message_)),
      splitter_(other.splitter_) {}

CopyOut::~CopyOut() {
  if (handle_ == nullptr) return;
  char* message = nullptr;
  while (PQgetCopyData(handle_, &message, 0) > 0)
    PQfreemem(message);
  static_cast<void>(finished(handle_));
}

void CopyOut::FreeMessage::operator()(char* message) const {
  PQfreemem(message);
}

Result<bool> CopyOut::next(std::string_view& tuple) {
  while (handle_ != nullptr) {
    char* message = nullptr;
    const int size = PQgetCopyData(handle_, &message, 0);
    message_.reset(message);
    if (size < 0) {
      if (!finished(std::exchange(handle_, nullptr))) return postgres_failure(*database_, sql_);
      return false;
    }
    MIG_ASSIGN(found, splitter_.tuple_of({message, static_cast<std::size_t>(size)}));
    if (found.empty()) continue;  // the trailer; the server's last word follows
    tuple = found;
    return true;
  }
  return false;
}

Result<std::string> quote_literal(const Database& postgres, std::string_view text) {
  if (text.find('\0') != text.npos) {
    return fail(ErrorKind::Permanent, "a key with U+0000, which PostgreSQL has no text for",
                "take it out at its source");
  }
  MIG_ASSIGN(handle, postgres_handle(postgres));
  const std::unique_ptr<char, decltype(&PQfreemem)> quoted(
      PQescapeLiteral(handle, text.data(), text.size()), PQfreemem);
  if (quoted == nullptr) {
    return fail(ErrorKind::Permanent, "a key that is not UTF-8", "look at its source");
  }
  return std::string(quoted.get());
}

}  // namespace mig::runtime
