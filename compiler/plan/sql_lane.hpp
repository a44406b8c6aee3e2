// One direction between two sides that stand in one store, as SQL: what triggers have to run to
// keep the other side as this one is.
//
// The compiler asks it whether `mode = transaction` is possible, the mirror makes its triggers of
// it. Only what each row becomes by itself can be translated: no loops and no shared rows, and of
// each further row that goes in at most one. Pure text, no library.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/sql_expr.hpp"

namespace mig::plan {

// The name under which SQL sees the row that drives.
inline constexpr std::string_view kDrivingRow = "mig_row";

struct SqlEmit {
  DatasetId dataset;
  std::string when;                  // `1` where the row always comes
  std::vector<std::string> values;   // one a field of the dataset's entity
  std::vector<std::uint32_t> owner;  // the fields that hold the driving row's key, in its order
};

struct SqlLane {
  std::string from;      // the rows that go in: `"users" AS mig_row LEFT JOIN …`
  std::string is_exact;  // whether the row is one that this SQL carries over as we would
  std::vector<SqlEmit> emits;
};

std::expected<SqlLane, Untranslatable> sql_lane(const Plan& plan, const Lane& lane);

// The cells of a driving row's key, as the other side holds them, from the cells as they stand.
std::vector<std::string> read_key_sql(const Plan& plan, const Lane& lane,
                                      const std::vector<std::string>& cells);
// Whether that is right for these cells.
std::string is_key_sql(const Plan& plan, const Lane& lane, const std::vector<std::string>& cells);

}  // namespace mig::plan
