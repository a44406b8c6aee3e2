// COPY in binary on the connection and in the transaction of a Database: rows in bulk.
//
// Used by whoever moves many rows; the tuples are those of postgres_tuples. From `begin` to its end
// a copy has the connection for itself. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/result.hpp"
#include "runtime/stores/postgres_tuples.hpp"
#include "runtime/stores/sql_database.hpp"

struct pg_conn;

namespace mig::runtime {

// `COPY t (a, b) FROM STDIN (FORMAT binary)`. Ends without a row where `finish` was not reached,
// which inside a transaction asks for its rollback.
class CopyIn {
 public:
  static Result<CopyIn> begin(const Database& postgres, std::string sql);
  CopyIn(CopyIn&& other) noexcept;
  CopyIn& operator=(CopyIn&&) = delete;
  ~CopyIn();

  // Whole tuples, any number of them; the header is ours.
  Result<void> put(std::string_view tuples);
  // The number of rows. A broken constraint or a full disk is told here at the latest.
  Result<std::int64_t> finish();

 private:
  CopyIn(const Database& postgres, pg_conn* handle, std::string sql)
      : database_(&postgres), handle_(handle), sql_(std::move(sql)) {}

  const Database* database_;
  pg_conn* handle_;  // null once finished or moved from
  std::string sql_;
};

// `COPY (SELECT …) TO STDOUT (FORMAT binary)`. What is not read is read and dropped at the end, so
// a page is bounded by LIMIT.
class CopyOut {
 public:
  static Result<CopyOut> begin(const Database& postgres, std::string sql);
  CopyOut(CopyOut&& other) noexcept;
  CopyOut& operator=(CopyOut&&) = delete;
  ~CopyOut();

  // The next tuple, valid until the next call; false at the end.
  Result<bool> next(std::string_view& tuple);

 private:
  struct FreeMessage {
    void operator()(char* message) const;
  };
  CopyOut(const Database& postgres, pg_conn* handle, std::string sql)
      : database_(&postgres), handle_(handle), sql_(std::move(sql)) {}

  const Database* database_;
  pg_conn* handle_;  // null once at the end or moved from
  std::string sql_;
  std::unique_ptr<char, FreeMessage> message_;
  TupleSplitter splitter_;
};

// A text as SQL has it, for COPY's query, which takes no parameters.
Result<std::string> quote_literal(const Database& postgres, std::string_view text);

}  // namespace mig::runtime
