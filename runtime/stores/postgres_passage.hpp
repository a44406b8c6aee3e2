// Rows from one PostgreSQL table to another as the bytes that COPY gives, for plans that change
// nothing on the way. Only their keys are read.
//
// As strict as the typed path, and as its accounting: a page passes only when each of its rows is
// plain (plain_tuples.hpp) and no rule of the table refuses one. Where that is not so, nothing was
// written and the caller takes the typed path for that page. Rows that meet others under their keys
// are merged with them by the copy's rule (postgres_staging.hpp). Where the plan compares both
// sides later, the fingerprints of what was read are kept with it (copied_blocks.hpp). Reading and
// writing may go on at once, on two threads: they share nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/copied_blocks.hpp"
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
    CopiedPage copied;
  };
  // Whose pages they are.
  struct Owner {
    const plan::Copy& copy;
    std::string run;
    std::string step;  // its name
    std::size_t page_bytes = kPageBytes;
  };

  // Nothing where the rows of this plan do not pass as they are (PlainPair).
  static Result<std::optional<PostgresPassage>> open(const Database& source, const Database& target,
                                                     const plan::Plan& plan, const Owner& owner);

  // As RowSource::read.
  Result<void> read(const std::string& after, const std::string& until, std::size_t limit,
                    Page& page);
  // Inside an Effect, a page that is plain: how many of its rows changed something. Nothing: it did
  // not go in.
  Result<std::optional<std::int64_t>> write(const Page& page);
  // The places that split what lies in between into `parts` of about as many rows, of `total` in
  // the table. None where several transactions may not write the target at once: a row may refer to
  // one of another part, or a trigger may look at them.
  Result<std::vector<std::string>> split(const std::string& after, const std::string& until,
                                         std::size_t parts, std::int64_t total) const;

 private:
  PostgresPassage(const Database& source, const Database& target, PlainPair pair,
                  PostgresStaging staging, const Owner& owner);
  Result<std::optional<std::int64_t>> put(const Page& page);
  Result<std::optional<std::int64_t>> merge(const Page& page);
  // What `work` gives, where nothing was refused and it is not less; else nothing of it stands.
  template <class Work>
  Result<std::optional<std::int64_t>> attempt(const Work& work, std::int64_t least);

  const Database* source_;
  const Database* target_;
  PlainPair pair_;
  std::string run_;
  std::string step_;
  std::string moment_;  // of the source; empty: nothing is kept of its rows
  PostgresStaging staging_;
  std::string into_;  // `COPY …` of the target
  int merges_ = 0;    // pages that are merged without trying
  SqlConstraint refused_by_ = SqlConstraint::None;
  std::size_t page_bytes_;
  PageLimit limit_;
};

}  // namespace mig::runtime
