// A ChunkWriter for tables.
//
// First all at once; where a row is refused, again source row by source row, so that exactly the
// refused ones stay out. Where the plan follows, shared rows get their lineage with them. One
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/data/carry.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/chunk_writer.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/lineage.hpp"
#include "runtime/stores/row_writer.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

class SqlChunk final : public ChunkWriter {
 public:
  // Inside an effect on that database, as all that follows.
  static Result<SqlChunk> open(const Database& database, const plan::Plan& plan,
                               const Carrier& carrier, WriteRule rule, SharedRows shared,
                               const std::vector<plan::MergedField>& merged);

  bool is_for(const Effect& effect) const override { return &effect.database() == database_; }
  Result<Totals> write(Effect& effect, const Carrier& carrier, const Page& page) override;

 private:
  enum class Fate : std::uint8_t { Kept, Moved, Rejected };

  SqlChunk(const Database& database, const plan::Plan& plan) : database_(&database), plan_(&plan) {}
  // False: a row was refused, and nothing of this page was written.
  Result<bool> write_all(const Carrier& carrier, Totals& totals);
  // The rows `selected_` of an emit.
  Result<bool> write_together(std::size_t emit, const Emitted& emitted, Totals& totals);
  Result<bool> write_singly(std::size_t emit, const Emitted& emitted, Totals& totals);
  Result<void> write_each(const Carrier& carrier, Totals& totals);
  Result<bool> write_row(const Carrier& carrier, std::uint32_t source, Totals& totals);
  // An entry in its lineage for each shared row that was not refused.
  Result<void> note_owners(const Carrier& carrier, const Page& page);

  const Database* database_;
  const plan::Plan* plan_;
  std::vector<RowWriter> writers_;                // one an emit; opened at the first page
  std::vector<std::optional<Lineage>> lineages_;  // one an emit
  std::vector<Fate> fates_;
  std::vector<std::uint32_t> selected_;
  std::vector<std::size_t> next_;  // of each emit, in `write_each`
};

}  // namespace mig::runtime
