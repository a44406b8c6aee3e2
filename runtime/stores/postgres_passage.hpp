// Rows from one PostgreSQL table to another as the bytes that COPY gives, for plans that change
// nothing on the way. Only their keys are read.
//
// As strict as the typed path, and as its accounting: a page passes only when each of its rows is
// plain (plain_tuples.hpp) and none of them meets a row that is there or a rule of the table. Where
// that is not so, nothing was written and the caller takes the typed path for that page. Reading
// and writing may go on at once, on two threads: they share nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/plain_pair.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

struct TuplePage {
  std::string tuples;
  std::int64_t read = 0;
  std::string last;       // the place of the last row
  bool is_last = false;   // nothing lies behind it
  bool is_plain = false;  // false: to be read on the typed path, and nothing else here counts
};

class PostgresPassage {
 public:
  // Nothing where the rows of this plan do not pass as they are (PlainPair).
  static Result<std::optional<PostgresPassage>> open(const Database& source, const Database& target,
                                                     const plan::Plan& plan);

  // As RowSource::read.
  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    TuplePage& page) const;
  // Inside an Effect, a page that is plain and not empty. False: it did not go in.
  Result<bool> write(const TuplePage& page) const;

 private:
  PostgresPassage(const Database& source, const Database& target, PlainPair pair, std::string into)
      : source_(&source), target_(&target), pair_(std::move(pair)), into_(std::move(into)) {}

  const Database* source_;
  const Database* target_;
  PlainPair pair_;
  std::string into_;  // `COPY …` of the target
};

}  // namespace mig::runtime
