// The types of PostgreSQL's columns as far as their binary form goes, looked up in its catalog.
//
// Used by the codecs of postgres_types. A domain counts as the type below it. Values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

enum class Wire : std::uint8_t {
  Bool,
  Int2,
  Int4,
  Int8,
  Float4,
  Float8,
  Numeric,
  Text,  // text, varchar, name, citext
  Char,  // char(n), with its padding
  Enum,
  Bytea,
  Uuid,
  Date,
  Time,
  Timestamp,  // without a zone
  TimestampTz,
  Json,
  Jsonb,
  Array,
  Other,  // one that mig does not carry: interval, money, ranges, geometry, ...
};

struct PostgresType {
  Wire wire = Wire::Other;
  std::uint32_t oid = 0;       // as declared, also of a domain: what an array says of its elements
  std::string name;            // for messages: `numeric(10,2)` is `numeric`
  std::int32_t modifier = -1;  // as in the catalog; -1 where there is none
  std::vector<PostgresType> element;  // Array: exactly one

  bool operator==(const PostgresType&) const = default;

  // What the modifier says; 0 where it says nothing.
  std::uint32_t length() const;    // Text, Char: most characters
  bool has_precision() const;      // Numeric
  int precision() const;           // Numeric: digits in all
  int scale() const;               // Numeric: digits behind the point
  std::int64_t time_step() const;  // Time, Timestamp, TimestampTz: microseconds between two values
};

Result<PostgresType> postgres_type(const Database& postgres, std::uint32_t oid,
                                   std::int32_t modifier = -1);

struct PostgresColumn {
  std::string name;
  PostgresType type;
  bool is_required = false;
  bool is_generated = false;
};

// In the table's order. `table` is a plain name, looked for along the search path; empty where
// there is none.
Result<std::vector<PostgresColumn>> postgres_columns(const Database& postgres,
                                                     const std::string& table);

}  // namespace mig::runtime
