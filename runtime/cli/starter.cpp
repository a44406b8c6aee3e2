#include "runtime/cli/starter.hpp"

#include <algorithm>
#include <cassert>
#include <cctype>
#include <set>

#include <fmt/format.h>

#include "compiler/plan/types.hpp"
#include "runtime/stores/postgres_place.hpp"

namespace mig::cli {
namespace {

char lower(char one) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(one)));
}

// A column's name as a name of the language: `Installed-Size` is `installed_size`.
std::string name_of(std::string_view column) {
  // What these words mean at the beginning of a field is something else.
  static const std::set<std::string, std::less<>> kTaken = {
      "key", "where", "version", "and",  "or",   "not",   "if",
      "in",  "for",   "then",    "else", "true", "false", "none"};
  std::string name;
  for (const char one : column) {
    const bool fits = std::isalnum(static_cast<unsigned char>(one)) != 0 || one == '_';
    if (fits) {
      name += lower(one);
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (name.ends_with('_'))
    name.pop_back();
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0)
    name = "c_" + name;
  return kTaken.contains(name) ? name + "_" : name;
}

std::string entity_name(std::string_view table) {
  std::string name;
  bool begins = true;
  for (const char one : name_of(table)) {
    if (one == '_') {
      begins = true;
    } else {
      name += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(one))) : one;
      begins = false;
    }
  }
  return name;
}

// The numbers in `varchar(100)` and `decimal(12,2)`.
std::vector<std::uint32_t> numbers_in(std::string_view declared) {
  std::vector<std::uint32_t> numbers;
  bool goes_on = false;
  for (const char one : declared) {
    const bool is_digit = std::isdigit(static_cast<unsigned char>(one)) != 0;
    if (is_digit && !goes_on) numbers.push_back(0);
    if (is_digit && numbers.back() < 1'000'000)
      numbers.back() = numbers.back() * 10 + static_cast<std::uint32_t>(one - '0');
    goes_on = is_digit;
  }
  return numbers;
}

// What PostgreSQL's type of a column says, which is exact.
plan::Type type_of(const runtime::PostgresType& type) {
  using plan::Base;
  using plan::Type;
  using runtime::Wire;
  switch (type.wire) {
    case Wire::Bool:
      return Type::of(Base::Bool);
    case Wire::Int2:
      return Type::of(Base::I16);
    case Wire::Int4:
      return Type::of(Base::I32);
    case Wire::Int8:
      return Type::of(Base::I64);
    case Wire::Float4:
    case Wire::Float8:
      return Type::of(Base::F64);
    case Wire::Numeric: {
      const bool fits = type.has_precision() && type.precision() <= 38 && type.scale() >= 0 &&
                        type.scale() <= type.precision();
      if (!fits) return Type::decimal(38, 10);
      return Type::decimal(static_cast<std::uint8_t>(type.precision()),
                           static_cast<std::uint8_t>(type.scale()));
    }
    case Wire::Text:
    case Wire::Char:
      return type.length() == 0 ? Type::text() : Type::text(type.length());
    case Wire::Bytea:
      return Type::of(Base::Bytes);
    case Wire::Uuid:
      return Type::of(Base::Uuid);
    case Wire::Date:
      return Type::of(Base::Date);
    case Wire::Time:
      return Type::of(Base::Time);
    case Wire::Timestamp:
    case Wire::TimestampTz:
      return Type::of(Base::Timestamp);
    case Wire::Json:
    case Wire::Jsonb:
      return Type::of(Base::Json);
    case Wire::Array:
      return Type::list(type_of(type.element.front()));
    case Wire::Enum:
    case Wire::Other:
      return Type::text();
  }
  assert(false && "every type is said");
  return Type::text();
}

plan::Type type_of(const runtime::LiveColumn& column) {
  using plan::Base;
  using plan::Type;
  if (column.type) return type_of(*column.type);
  std::string declared = column.declared;
  std::ranges::transform(declared, declared.begin(), lower);
  const auto says = [&](std::string_view word) { return declared.find(word) != std::string::npos; };
  const auto numbers = numbers_in(declared);
  switch (column.affinity) {
    case runtime::Affinity::Integer:
      return Type::of(Base::I64);
    case runtime::Affinity::Real:
      return Type::of(Base::F64);
    case runtime::Affinity::Blob:
      return declared.empty() ? Type::text() : Type::of(Base::Bytes);
    case runtime::Affinity::Text:
      return says("char") && !numbers.empty() ? Type::text(numbers.front()) : Type::text();
    case runtime::Affinity::Numeric:
      break;
  }
  if (says("bool")) return Type::of(Base::Bool);
  const bool is_exact = says("decimal") || says("numeric");
  if (is_exact && !numbers.empty() && numbers.front() >= 1 && numbers.front() <= 38) {
    const std::uint32_t scale = numbers.size() > 1 ? std::min(numbers[1], numbers.front()) : 0;
    return Type::decimal(static_cast<std::uint8_t>(numbers.front()),
                         static_cast<std::uint8_t>(scale));
  }
  if (says("datetime") || says("timestamp")) return Type::of(Base::Timestamp);
  if (says("date")) return Type::of(Base::Date);
  return Type::decimal(38, 10);
}

std::string text_literal(std::string_view text) {
  std::string out = "\"";
  for (const char one : text) {
    if (one == '"' || one == '\\') out += '\\';
    out += one;
  }
  return out + "\"";
}

// The columns that tell rows apart: the primary key, else the first column.
bool is_key(const runtime::LiveTable& table, const runtime::LiveColumn& column) {
  if (table.primary_key().empty()) return &column == &table.columns.front();
  return column.key_position > 0;
}

constexpr std::string_view kStill = R"(
  # Nobody can write while everything moves; `mig init --live` writes a plan for an application that
  # goes on.
  phase still {{
    accept all_at_once "nobody works at night" {{ max_downtime = 1h }}
    writes none
  }}
  phase expand  {{ create {0}_new }}
  phase move    {{ snapshot old -> new }}
  phase compare {{ verify old, new {{ rows = all; repair = from_authority }}; require same }}
  phase keep    {{ backup old {{ to = "{0}.backup.db"; keep = 30d }} }}
  # Up to here `mig rollback` gives back what was there. Who has to agree?
  phase decide  {{ approve "owner" {{ by_author = true }} }}
  phase over    {{ reads new; point_of_no_return "only the new table is written"; writes new }}
  phase cleanup {{ drop old }}
)";

constexpr std::string_view kLive = R"(
  # What clients meet. No data is no pass: the move waits, or goes back.
  gate slo {{
    require reads_new_p95 < 50ms
    require reads_new_error_rate < 1%
    no_data = pause after 10m
  }}

  phase expand  {{ create {0}_new }}
  # From here on triggers write both sides in the application's own transactions.
  phase mirror  {{ writes old, new {{ mode = transaction }} }}
  phase copy    {{ scan old -> new {{ rate = 5_000 rows/s; on_conflict = keep }} }}
  phase compare {{ verify old, new {{ rows = all; repair = from_authority }}; require same }}
  phase widen   {{ ramp reads new 1%, 5%, 25%, 50%, 100% {{ hold = 15m; require = slo }} }}
  phase cutover {{ writes new, old {{ mode = transaction; max_pause = 2s }}; require same }}
  phase settle  {{ hold 7d {{ require = slo }} }}
  phase cleanup {{
    backup old {{ to = "{0}.backup.db"; keep = 30d }}
    # Up to here `mig rollback` gives back what was there. Who has to agree?
    approve "owner" {{ by_author = true }}
    point_of_no_return "only the new table is written"
    writes new
    drop old
  }}
)";

}  // namespace

std::string entity_of(const runtime::LiveTable& table) {
  std::set<std::string> names;
  std::string out = fmt::format("entity {} {{\n", entity_name(table.name));
  for (const runtime::LiveColumn& column : table.columns) {
    if (column.is_generated) continue;  // the database computes it
    std::string name = name_of(column.name);
    while (!names.insert(name).second)
      name += "_";
    const bool key = is_key(table, column);
    const plan::Type type = type_of(column).as_optional(!key && !column.not_null);
    // PostgreSQL tells `Name` from `name`.
    const bool is_its_name =
        column.type ? name == column.name : runtime::is_same_name(name, column.name);
    const std::string renamed =
        is_its_name ? "" : fmt::format(" {{ column = {} }}", text_literal(column.name));
    out += fmt::format("  {}{}: {}{}\n", key ? "key " : "", name, print(type), renamed);
  }
  return out + "}\n";
}

const runtime::LiveColumn* kept_inexactly(const runtime::LiveTable& table) {
  const auto found = std::ranges::find_if(table.columns, [](const runtime::LiveColumn& column) {
    return !column.type && column.affinity == runtime::Affinity::Numeric;
  });
  return found == table.columns.end() ? nullptr : &*found;
}

const runtime::LiveColumn* not_carried(const runtime::LiveTable& table) {
  const auto found = std::ranges::find_if(table.columns, [](const runtime::LiveColumn& column) {
    const runtime::PostgresType* type = column.type ? &*column.type : nullptr;
    if (type != nullptr && type->wire == runtime::Wire::Array) type = &type->element.front();
    return type != nullptr && type->wire == runtime::Wire::Other && !column.is_generated;
  });
  return found == table.columns.end() ? nullptr : &*found;
}

std::string sqlite_store(const std::string& path) {
  return fmt::format("sqlite {{ path = {} }}", text_literal(path));
}

std::string postgres_store(const std::string& url) {
  if (runtime::has_password(url))
    return "postgres { url = secret(\"env:APP_DSN\"); lock_timeout = 2s }";
  return fmt::format("postgres {{ url = {}; lock_timeout = 2s }}", text_literal(url));
}

runtime::LiveTable sample_table() {
  runtime::LiveTable table;
  table.name = "users";
  table.columns = {
      {.name = "id",
       .declared = "INTEGER",
       .affinity = runtime::Affinity::Integer,
       .not_null = true,
       .key_position = 1},
      {.name = "name", .declared = "TEXT", .affinity = runtime::Affinity::Text, .not_null = true},
      {.name = "email",
       .declared = "VARCHAR(254)",
       .affinity = runtime::Affinity::Text,
       .not_null = false}};
  return table;
}

std::string starter_plan(const StarterInput& input) {
  const std::string name = name_of(input.table.name);
  const std::string entity = entity_name(input.table.name);
  std::string out = fmt::format(
      "mig 1\n\n"
      "# Moves the rows of {0} to a table of the same shape. Give the new one a shape of its own: "
      "an\n"
      "# entity, and a transform that `via` names. `mig preview` says what would happen.\n\n"
      "store app: {1}\n"
      "router glue: table {{ in = app; name = \"mig_routes\" }}  # tells the application where to "
      "go\n\n",
      name, input.store);
  out += entity_of(input.table) + "\n";
  out += fmt::format("dataset {0}: {1} in app {{ table = {2} }}\n", name, entity,
                     text_literal(input.table.name));
  out += fmt::format("dataset {0}_new: {1} in app {{ table = {2} }}\n\n", name, entity,
                     text_literal(input.table.name + "_new"));
  if (input.is_live) {
    out +=
        "# What the application reports of its own requests, a line of JSON each time.\n"
        "metric reads_new_p95: duration = file(\"report.jsonl\")\n"
        "metric reads_new_error_rate: ratio = file(\"report.jsonl\")\n\n";
  }
  out += fmt::format(
      "plan move_{0} {{\n  from {0}\n  to {0}_new\n  through glue\n"
      "  on_fail retry 3 then rollback {{ backoff = 1s..1m }}\n\n"
      "  gate same {{ require drift({0}) == 0 rows; no_data = fail }}\n",
      name);
  out += fmt::vformat(input.is_live ? kLive : kStill, fmt::make_format_args(name));
  return out + "}\n";
}

}  // namespace mig::cli
