// The rows that go into a transform beside the one that drives it, found by the key of that one.
//
// Used by KeysetReader, which reads the driving row. One thread, like the database.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

class CompanionReader {
 public:
  // `first`: the column of the batch in which its fields begin. Permanent where a table or column
  // is missing.
  static Result<CompanionReader> open(const Database& database, const plan::Plan& plan,
                                      const plan::Companion& companion, plan::DatasetId dataset,
                                      std::size_t first);

  // Why a row cannot be read as its entity says.
  struct Flaw {
    std::string field;
    std::string reason;
  };
  // Appends, to the batch's columns that are its own, the rows that belong to the driving row at
  // `place`. After a flaw the batch's last row is unfinished.
  Result<std::optional<Flaw>> append(std::string_view place, Batch& rows);

 private:
  CompanionReader(const plan::Entity& entity, bool is_list, std::size_t first, Statement find)
      : entity_(entity), is_list_(is_list), first_(first), find_(std::move(find)) {}
  std::optional<Flaw> read_row(Batch& rows) const;
  Column& column(Batch& rows, std::size_t field) const;

  plan::Entity entity_;
  bool is_list_;
  std::size_t first_;
  Statement find_;
};

}  // namespace mig::runtime
