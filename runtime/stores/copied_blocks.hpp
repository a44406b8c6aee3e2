// What a copy keeps of the rows that it passed on as bytes: a fingerprint a block of them, in the
// transaction that wrote them.
//
// A comparison behind it then has the old side's half already, as long as no row there has changed
// since (postgres_moment.hpp). They stand in `mig_ctl_block` of the new side's PostgreSQL, one row
// a page, and go with the copy's note. One thread, like the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/data/fingerprint.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

inline constexpr std::int64_t kBlockRows = 2000;  // at most

struct CopiedBlock {
  FingerprintSum rows;
  std::string last;  // the place of the last of them
};

// One page of a copy. Its blocks lie behind each other in the order of the table's key.
struct CopiedPage {
  std::string moment;  // of the old side's table, before the page was read
  std::string after;   // the place that it began behind; empty: the first
  std::vector<CopiedBlock> blocks;
};

// Inside the transaction of the page's rows.
Result<void> keep_blocks(const Database& target, const std::string& run, const std::string& step,
                         const CopiedPage& page);
Result<void> forget_blocks(const Database& target, const std::string& run, const std::string& step);

// The blocks of a run's only copy, once that has finished.
class CopiedBlocks {
 public:
  // Nothing where there are none.
  static Result<std::optional<CopiedBlocks>> of(const Database& target, const std::string& run);

  // Before the first page was read; pages that were read by a later start have later ones.
  const std::vector<std::string>& moments() const { return moments_; }
  // That the copy read, as bytes or not.
  std::int64_t rows() const { return rows_; }
  // The blocks behind that place, as far as they lie without a gap, of about `limit` rows.
  Result<std::vector<CopiedBlock>> behind(const std::string& after, std::int64_t limit);

 private:
  explicit CopiedBlocks(const Database& target) : target_(&target) {}
  Result<bool> load(const std::string& after);

  const Database* target_;
  std::string run_;
  std::string step_;
  std::vector<std::string> moments_;
  std::int64_t rows_ = 0;
  std::vector<CopiedBlock> page_;  // the latest one that was asked for
};

}  // namespace mig::runtime
