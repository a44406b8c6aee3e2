// Whether rows of a PostgreSQL table may pass as the bytes that COPY gave: those whose every cell
// is a value of its field, and is written back as it was read.
//
// Used where rows are moved or compared without a look into them. It is as strict as reading them
// cell by cell (postgres_types.hpp); what it does not know it takes for not plain. Pure; one
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/stores/postgres_wire.hpp"

namespace mig::runtime {

class PlainTuples {
 public:
  // Who answers for texts being UTF-8: a server whose database is in that encoding, or the look
  // that is taken at each.
  enum class Texts : std::uint8_t { Checked, ToCheck };

  // Of tuples that hold the entity's fields in their order, one column each. Nothing where a column
  // of one of these types has to be read for it to be known what is written.
  static std::optional<PlainTuples> of(const plan::Entity& entity,
                                       std::span<const PostgresType> columns, Texts texts);

  // Whether each cell of the tuple is a value of its field.
  bool holds(std::string_view tuple) const;

 private:
  enum class Look : std::uint8_t {
    None,  // every value of the column is one
    Numeric,
    Date,
    Time,
    Timestamp,
    Text,
    Json,
    Jsonb,
  };
  struct Cell {
    Look look = Look::None;
    bool may_be_null = false;
    std::uint32_t length = 0;  // Text: most characters; 0: any
  };
  explicit PlainTuples(Texts texts) : texts_(texts) {}
  static std::optional<Look> look_at(const plan::Type& type, const PostgresType& column);
  bool is_value(const Cell& cell, std::string_view bytes) const;

  Texts texts_;
  std::vector<Cell> cells_;
};

}  // namespace mig::runtime
