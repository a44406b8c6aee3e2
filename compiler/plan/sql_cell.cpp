// How a trigger reads one cell: what runtime/stores/sqlite_types says, in SQL.
#include <cassert>

#include <fmt/format.h>

#include "compiler/plan/sql_expr.hpp"

namespace mig::plan {
namespace {

constexpr std::string_view kDigit = "[0-9]";

std::string digits(std::size_t count) {
  std::string pattern;
  for (std::size_t i = 0; i < count; ++i)
    pattern += kDigit;
  return pattern;
}

// `HH:MM`, `HH:MM:SS` and `HH:MM:SS.f` as `HH:MM:SS.ffffff`.
std::string whole_time(std::string_view time) {
  return fmt::format(
      "CASE length({0}) WHEN 5 THEN {0} || ':00.000000' WHEN 8 THEN {0} || '.000000' "
      "ELSE substr({0} || '00000', 1, 15) END",
      time);
}

std::string is_whole_time(std::string_view whole, std::string_view time) {
  return fmt::format(
      "({0} GLOB '[0-2][0-9]:[0-5][0-9]:[0-5][0-9].{1}' AND {0} < '24' AND "
      "length({2}) IN (5, 8, 10, 11, 12, 13, 14, 15))",
      whole, digits(6), time);
}

std::string is_day(std::string_view text) {
  return fmt::format(
      "({0} GLOB '{1}-[0-1][0-9]-[0-3][0-9]' AND {0} >= '0001' AND date({0}, '+0 days') IS {0})",
      text, digits(4));
}

// A timestamp's time, behind the letter that parts it from the day; its `Z` may be missing.
std::string time_of(const std::string& cell) {
  return fmt::format(
      "CASE WHEN substr({0}, -1) IN ('Z', 'z') THEN substr({0}, 12, length({0}) - 12) "
      "ELSE substr({0}, 12) END",
      cell);
}

// Walks through texts with other letters than ASCII's: what a code point is written as again must
// be what stands there. In blocks, because SQLite counts code points from the beginning.
std::string is_utf8(const std::string& cell) {
  return fmt::format(
      "CASE WHEN {0} NOT GLOB '*[^' || char(1) || '-' || char(127) || ']*' THEN 1 "
      "ELSE NOT EXISTS (WITH RECURSIVE "
      "mig_b(i) AS (SELECT 1 UNION ALL SELECT i + 256 FROM mig_b WHERE i + 256 <= length({0})), "
      "mig_z(z) AS (SELECT substr({0}, i, 256) FROM mig_b LIMIT -1 OFFSET 0), "
      "mig_n(j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM mig_n WHERE j < 256) "
      "SELECT 1 FROM mig_z CROSS JOIN mig_n WHERE j <= length(z) AND "
      "CAST(char(unicode(substr(z, j, 1))) AS BLOB) <> CAST(substr(z, j, 1) AS BLOB)) END",
      cell);
}

std::string is_text(const Type& type, const std::string& cell) {
  std::string condition =
      fmt::format("typeof({0}) = 'text' AND instr(CAST({0} AS BLOB), x'00') = 0", cell);
  if (type.length > 0) condition += fmt::format(" AND length({}) <= {}", cell, type.length);
  return fmt::format("({} AND {})", condition, is_utf8(cell));
}

std::string is_integer(const std::string& cell, std::string_view least, std::string_view most) {
  return fmt::format("(typeof({0}) = 'integer' AND {0} BETWEEN {1} AND {2})", cell, least, most);
}

std::string is_member(const Type& type, const std::string& cell) {
  std::string members;
  for (const std::string& member : type.members)
    members += (members.empty() ? "" : ", ") + text_sql(member);
  return fmt::format("(typeof({0}) = 'text' AND {0} COLLATE BINARY IN ({1}))", cell, members);
}

std::string is_required(const Type& type, const std::string& cell) {
  switch (type.base) {
    case Base::Bool:
      return is_integer(cell, "0", "1");
    case Base::I16:
      return is_integer(cell, "-32768", "32767");
    case Base::I32:
      return is_integer(cell, "-2147483648", "2147483647");
    case Base::I64:
      return fmt::format("(typeof({}) = 'integer')", cell);
    case Base::F64:
      return fmt::format(
          "(typeof({0}) = 'real' OR "
          "typeof({0}) = 'integer' AND {0} BETWEEN -9007199254740992 AND 9007199254740992)",
          cell);
    case Base::Text:
      return is_text(type, cell);
    case Base::Bytes:
      return fmt::format("(typeof({}) = 'blob')", cell);
    case Base::Uuid: {
      std::string pattern;
      for (const std::size_t letters : {8, 4, 4, 4, 12}) {
        pattern += pattern.empty() ? "" : "-";
        for (std::size_t i = 0; i < letters; ++i)
          pattern += "[0-9a-f]";
      }
      return fmt::format(
          "(typeof({0}) = 'text' AND length(CAST({0} AS BLOB)) = 36 AND {0} GLOB '{1}')", cell,
          pattern);
    }
    case Base::Date:
      return fmt::format("(typeof({0}) = 'text' AND length(CAST({0} AS BLOB)) = 10 AND {1})", cell,
                         is_day(cell));
    case Base::Time:
      return fmt::format(
          "(typeof({0}) = 'text' AND length(CAST({0} AS BLOB)) = length({0}) AND "
          "(SELECT {1} FROM (SELECT {2} AS mig_w)))",
          cell, is_whole_time("mig_w", cell), whole_time(cell));
    case Base::Timestamp:
      return fmt::format(
          "(typeof({0}) = 'text' AND length(CAST({0} AS BLOB)) = length({0}) AND "
          "substr({0}, 11, 1) IN ('T', 't', ' ') AND "
          "(SELECT {1} AND {2} FROM (SELECT mig_d, mig_t, {3} AS mig_w FROM "
          "(SELECT substr({0}, 1, 10) AS mig_d, {4} AS mig_t))))",
          cell, is_day("mig_d"), is_whole_time("mig_w", "mig_t"), whole_time("mig_t"),
          time_of(cell));
    case Base::OneOf:
      return is_member(type, cell);
    case Base::Decimal:
    case Base::Json:
    case Base::List:
      break;
  }
  assert(false && "it was translated");
  return {};
}

}  // namespace

std::expected<std::string, Untranslatable> read_sql(const Type& type, const std::string& cell) {
  switch (type.base) {
    case Base::Bool:
    case Base::I16:
    case Base::I32:
    case Base::I64:
    case Base::Text:
    case Base::Bytes:
    case Base::Uuid:
    case Base::Date:
    case Base::OneOf:
      // A sign takes the column's affinity off: without it a text may compare as a number.
      return fmt::format("(+{})", cell);
    case Base::F64:
      return fmt::format("CAST({} AS REAL)", cell);
    case Base::Time:
      return fmt::format("({})", whole_time(cell));
    case Base::Timestamp:
      return fmt::format(
          "(SELECT mig_d || 'T' || {} || 'Z' FROM (SELECT substr({}, 1, 10) AS mig_d, {} AS "
          "mig_t))",
          whole_time("mig_t"), cell, time_of(cell));
    case Base::Decimal:
    case Base::Json:
    case Base::List:
      break;
  }
  return std::unexpected(
      Untranslatable{fmt::format("a value of `{}`", print(type.as_optional(false)))});
}

std::string is_read_sql(const Type& type, const std::string& cell) {
  const std::string required = is_required(type, fmt::format("(+{})", cell));
  if (!type.optional) return required;
  return fmt::format("CASE WHEN {} IS NULL THEN 1 ELSE {} END", cell, required);
}

}  // namespace mig::plan
