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
#include "runtime/stores/page_limit.hpp"
#include "runtime/stores/passed_page.hpp"
#include "runtime/stores/plain_pair.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

class PostgresPassage {
 public:
  struct Page : PassedPage {
    std::string tuples;
  };

  // Nothing where the rows of this plan do not pass as they are (PlainPair).
  static Result<std::optional<PostgresPassage>> open(const Database& source, const Database& target,
                                                     const plan::Plan& plan);

  // As RowSource::read.
  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page);
  // Inside an Effect, a page that is plain. False: it did not go in.
  Result<bool> write(const Page& page) const;

 private:
  PostgresPassage(const Database& source, const Database& target, PlainPair pair, std::string into)
      : source_(&source), target_(&target), pair_(std::move(pair)), into_(std::move(into)) {}

  const Database* source_;
  const Database* target_;
  PlainPair pair_;
  std::string into_;  // `COPY …` of the target
  PageLimit limit_;
};

}  // namespace mig::runtime
