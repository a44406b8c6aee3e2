// Which old rows a shared row of the new side stands for: an entry for each old row and each shared
// row that it becomes.
//
// A row that several old rows make has no owner in its key. It goes when the last of them stops
// making it, and `mig_ctl_lineage_<table>`, beside the rows, says which one is the last. Entries
// come and go in the transaction of the rows they are about: one too few, and a row is deleted that
// somebody still makes; one too many, and a row stays that nobody makes. Old rows and shared ones
// are named by their places, as the new side writes them. One thread, like the database.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/row_sink.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

class Lineage {
 public:
  // Nothing where the dataset's rows are not shared, or no step of the plan follows: who never
  // follows pays nothing.
  static std::optional<Lineage> of(const plan::Plan& plan, plan::DatasetId dataset);

  // Makes the table where it is missing. Inside an Effect's transaction, as all that writes.
  Result<void> install(const Database& database) const;
  // Before all below, and after `install`.
  Result<void> open(const Database& database);

  // Gathers an entry, for `write` to put them all into the table. `source`: the old row's place as
  // the old side writes it, which may be another spelling of `owner`.
  void add(std::string_view owner, std::string_view row, std::string_view source);
  Result<void> write();
  Result<void> forget(std::string_view owner, std::string_view row);
  Result<void> forget_owner(std::string_view owner);
  Result<void> forget_row(std::string_view row);

  Result<std::vector<std::string>> rows_of(std::string_view owner);
  // As the old side writes them.
  Result<std::vector<std::string>> sources_of(std::string_view row, std::size_t limit);

 private:
  explicit Lineage(std::string table);

  std::string table_;  // of the shared rows
  Batch entries_;      // gathered
  const Database* database_ = nullptr;
  std::unique_ptr<RowSink> add_;       // from `open` on
  std::vector<Statement> statements_;  // empty before `open`
};

// Of every dataset of the plan that needs one.
Result<void> install_lineages(const Database& database, const plan::Plan& plan);
// Of these tables. Twice is once, and none is none.
Result<void> remove_lineages(const Database& database, const std::vector<std::string>& tables);
Result<void> remove_lineages(const Database& database, const plan::Plan& plan);

}  // namespace mig::runtime
