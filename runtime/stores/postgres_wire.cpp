#include "runtime/stores/postgres_wire.hpp"

#include <array>
#include <cassert>
#include <string_view>

namespace mig::runtime {
namespace {

constexpr std::int32_t kHeader = 4;  // what the catalog adds to the modifiers of texts and numerics

struct Known {
  std::string_view name;
  Wire wire;
};

constexpr std::array kKnown = {
    Known{"bool", Wire::Bool},           Known{"int2", Wire::Int2},
    Known{"int4", Wire::Int4},           Known{"int8", Wire::Int8},
    Known{"float4", Wire::Float4},       Known{"float8", Wire::Float8},
    Known{"numeric", Wire::Numeric},     Known{"text", Wire::Text},
    Known{"varchar", Wire::Text},        Known{"name", Wire::Text},
    Known{"citext", Wire::Text},         Known{"bpchar", Wire::Char},
    Known{"bytea", Wire::Bytea},         Known{"uuid", Wire::Uuid},
    Known{"date", Wire::Date},           Known{"time", Wire::Time},
    Known{"timestamp", Wire::Timestamp}, Known{"timestamptz", Wire::TimestampTz},
    Known{"json", Wire::Json},           Known{"jsonb", Wire::Jsonb},
};

Wire wire_named(std::string_view name) {
  for (const Known& known : kKnown) {
    if (known.name == name) return known.wire;
  }
  return Wire::Other;
}

}  // namespace

std::uint32_t PostgresType::length() const {
  const bool is_text = wire == Wire::Text || wire == Wire::Char;
  return is_text && modifier > kHeader ? static_cast<std::uint32_t>(modifier - kHeader) : 0;
}

bool PostgresType::has_precision() const {
  return wire == Wire::Numeric && modifier >= kHeader;
}

int PostgresType::precision() const {
  assert(has_precision());
  return (modifier - kHeader) >> 16 & 0xffff;
}

// Eleven bits with a sign: since 15 a numeric may have fewer places than none.
int PostgresType::scale() const {
  assert(has_precision());
  return (((modifier - kHeader) & 0x7ff) ^ 1024) - 1024;
}

std::int64_t PostgresType::time_step() const {
  std::int64_t step = 1;
  for (std::int32_t places = modifier < 0 ? 6 : modifier; places < 6; ++places)
    step *= 10;
  return step;
}

Result<PostgresType> postgres_type(const Database& postgres, std::uint32_t oid,
                                   std::int32_t modifier) {
  MIG_ASSIGN(rows,
             postgres.prepare("SELECT t.typname, t.typtype, t.typbasetype, t.typtypmod, t.typelem, "
                              "t.typlen = -1 AND t.typcategory = 'A' AND t.typelem <> 0 "
                              "FROM pg_type t WHERE t.oid = ?1"));
  rows.bind(1, std::int64_t{oid});
  MIG_ASSIGN(has_row, rows.step());
  PostgresType type{.oid = oid, .name = "unknown", .modifier = modifier};
  if (!has_row) return type;
  type.name = rows.text(0);
  const std::string_view kind = rows.text(1);
  if (kind == "d") {
    const auto below = static_cast<std::uint32_t>(rows.integer(2));
    const auto own = static_cast<std::int32_t>(rows.integer(3));
    MIG_ASSIGN(base, postgres_type(postgres, below, own));
    base.oid = oid;
    return std::move(base);
  }
  if (kind == "e") {
    type.wire = Wire::Enum;
  } else if (rows.integer(5) != 0) {
    // The modifier of an array's column is that of its elements.
    const auto of = static_cast<std::uint32_t>(rows.integer(4));
    MIG_ASSIGN(element, postgres_type(postgres, of, modifier));
    type.wire = Wire::Array;
    type.name = element.name + "[]";
    type.element.push_back(std::move(element));
  } else {
    type.wire = wire_named(type.name);
  }
  return type;
}

Result<std::vector<PostgresColumn>> postgres_columns(const Database& postgres,
                                                     const std::string& table) {
  MIG_ASSIGN(rows,
             postgres.prepare("SELECT a.attname, a.atttypid, a.atttypmod, a.attnotnull, "
                              "a.attgenerated <> '' FROM pg_attribute a "
                              "WHERE a.attrelid = to_regclass(quote_ident(?1)) AND a.attnum > 0 "
                              "AND NOT a.attisdropped ORDER BY a.attnum"));
  rows.bind_text(1, table);
  std::vector<PostgresColumn> columns;
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return columns;
    PostgresColumn column{.name = std::string(rows.text(0)),
                          .type = {},
                          .is_required = rows.integer(3) != 0,
                          .is_generated = rows.integer(4) != 0};
    MIG_ASSIGN(type, postgres_type(postgres, static_cast<std::uint32_t>(rows.integer(1)),
                                   static_cast<std::int32_t>(rows.integer(2))));
    column.type = std::move(type);
    columns.push_back(std::move(column));
  }
}

}  // namespace mig::runtime
