// Looks how far two PostgreSQL tables hold the same rows, byte for byte, both read at once.
//
// Used by a comparison to pass over what is the same without a look into it; where two rows differ
// it has to read them itself. A row counts as the same only where it is plain, so whoever reads it
// would have found it good on both sides. One thread, like the databases, which outlive this.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/plain_pair.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

class PostgresTwins {
 public:
  // Two connections. Nothing where rows have to be read (PlainPair), or the sides might sort them
  // differently.
  static Result<std::optional<PostgresTwins>> open(const Database& source, const Database& target,
                                                   const plan::Plan& plan);

  struct Run {
    std::int64_t rows = 0;
    std::string last;     // the place of the last of them; `after` where there is none
    bool agrees = false;  // false: what comes next differs, or is not plain
    bool is_end = false;  // neither side has a row behind them
  };
  // The rows behind `after`, up to `limit`, that are the same on both sides.
  Result<Run> compare(const std::string& after, std::size_t limit) const;

 private:
  PostgresTwins(const Database& source, const Database& target, PlainPair pair)
      : source_(&source), target_(&target), pair_(std::move(pair)) {}

  const Database* source_;
  const Database* target_;
  PlainPair pair_;
};

}  // namespace mig::runtime
