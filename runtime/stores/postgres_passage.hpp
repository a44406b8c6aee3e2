// Rows from one PostgreSQL table to another as the bytes that COPY gives, for plans that change
// nothing on the way. Only their keys are read.
//
// As strict as the typed path, and as its accounting: a page passes only when each of its rows is
// plain (plain_tuples.hpp) and no rule of the table refuses one. Where that is not so, nothing was
// written and the caller takes the typed path for that page. Rows that meet others under their keys
// are merged with them by the copy's rule (postgres_staging.hpp). Reading and writing may go on at
// once, on two threads: they share nothing.
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
#include "runtime/stores/postgres_staging.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

class PostgresPassage {
 public:
  struct Page : PassedPage {
    std::string tuples;
  };

  // Nothing where the rows of this plan do not pass as they are (PlainPair).
  static Result<std::optional<PostgresPassage>> open(const Database& source, const Database& target,
                                                     const plan::Plan& plan,
                                                     const plan::Copy& copy);

  // As RowSource::read.
  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page);
  // Inside an Effect, a page that is plain: how many of its rows changed something. Nothing: it did
  // not go in.
  Result<std::optional<std::int64_t>> write(const Page& page);

 private:
  PostgresPassage(const Database& source, const Database& target, PlainPair pair,
                  PostgresStaging staging);
  Result<std::optional<std::int64_t>> merge(const Page& page);
  // What `work` gives, where nothing was refused and it is not less; else nothing of it stands.
  template <class Work>
  Result<std::optional<std::int64_t>> attempt(const Work& work, std::int64_t least);

  const Database* source_;
  const Database* target_;
  PlainPair pair_;
  PostgresStaging staging_;
  std::string into_;  // `COPY …` of the target
  int merges_ = 0;    // pages that are merged without trying
  SqlConstraint refused_by_ = SqlConstraint::None;
  PageLimit limit_;
};

}  // namespace mig::runtime
