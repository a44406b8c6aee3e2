#include "runtime/stores/postgres_schema.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

// What a name without a schema finds, but for the server's own and mig's.
constexpr std::string_view kSeen =
    "pg_table_is_visible(c.oid) AND c.relnamespace NOT IN "
    "('pg_catalog'::regnamespace, 'information_schema'::regnamespace) "
    "AND c.relpersistence <> 't' AND c.relname NOT LIKE 'mig\\_ctl\\_%'";

Affinity affinity_of(std::string_view type) {
  constexpr std::array<std::string_view, 4> kIntegers = {"int2", "int4", "int8", "bool"};
  if (std::ranges::find(kIntegers, type) != kIntegers.end()) return Affinity::Integer;
  if (type == "float4" || type == "float8") return Affinity::Real;
  if (type == "numeric") return Affinity::Numeric;
  if (type == "bytea") return Affinity::Blob;
  return Affinity::Text;
}

// Goes through the rows of a query; each begins with the table's name.
template <class Visit>
Result<void> each_row(const Database& postgres, const std::string& sql, Visit visit) {
  MIG_ASSIGN(rows, postgres.prepare(sql));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return {};
    visit(rows);
  }
}

using Tables = std::map<std::string, LiveTable*, std::less<>>;

// The one that the row is about; rows of tables that came meanwhile are passed over.
LiveTable* table_of(const Tables& tables, const Statement& row) {
  const auto found = tables.find(row.text(0));
  return found == tables.end() ? nullptr : found->second;
}

struct TypedColumn {
  LiveTable* table;
  std::size_t column;
  std::pair<std::uint32_t, std::int32_t> type;  // oid and modifier
};

void forget_oids(PostgresType& type) {
  type.oid = 0;
  for (PostgresType& element : type.element)
    forget_oids(element);
}

// Many columns share few types; each is looked up once.
Result<void> read_types(const Database& postgres, const std::vector<TypedColumn>& columns) {
  std::map<std::pair<std::uint32_t, std::int32_t>, PostgresType> known;
  for (const TypedColumn& it : columns) {
    if (!known.contains(it.type)) {
      MIG_ASSIGN(type, postgres_type(postgres, it.type.first, it.type.second));
      forget_oids(type);
      known.emplace(it.type, std::move(type));
    }
    it.table->columns[it.column].type = known.at(it.type);
  }
  return {};
}

Result<void> read_columns(const Database& postgres, const Tables& tables) {
  const std::string sql = fmt::format(R"sql(
WITH RECURSIVE base(oid, below) AS (
  SELECT oid, oid FROM pg_type WHERE typtype <> 'd'
  UNION ALL SELECT t.oid, b.below FROM pg_type t JOIN base b ON b.oid = t.typbasetype
  WHERE t.typtype = 'd')
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), t.typname,
       a.attnotnull OR own.typnotnull, a.atthasdef OR a.attidentity <> '', a.attgenerated <> '',
       coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0), a.atttypid, a.atttypmod,
       t.typname = 'citext' OR NOT coalesce(l.collisdeterministic, true)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     JOIN pg_type own ON own.oid = a.atttypid
     JOIN base b ON b.oid = a.atttypid JOIN pg_type t ON t.oid = b.below
     LEFT JOIN pg_collation l ON l.oid = a.attcollation
     LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {}
ORDER BY c.relname, a.attnum)sql",
                                      kSeen);
  std::vector<TypedColumn> columns;
  MIG_TRY(each_row(postgres, sql, [&](const Statement& row) {
    LiveTable* table = table_of(tables, row);
    if (table == nullptr) return;
    const bool is_generated = row.integer(6) != 0;
    table->columns.push_back({.name = std::string(row.text(1)),
                              .declared = std::string(row.text(2)),
                              .affinity = affinity_of(row.text(3)),
                              .not_null = row.integer(4) != 0,
                              .has_default = row.integer(5) != 0 && !is_generated,
                              .key_position = static_cast<int>(row.integer(7)),
                              .is_generated = is_generated,
                              .type = {},
                              .folds_texts = row.integer(10) != 0});
    columns.push_back(
        {table,
         table->columns.size() - 1,
         {static_cast<std::uint32_t>(row.integer(8)), static_cast<std::int32_t>(row.integer(9))}});
  }));
  return read_types(postgres, columns);
}

Result<void> read_indexes(const Database& postgres, const Tables& tables) {
  const std::string sql = fmt::format(R"sql(
SELECT c.relname, x.relname, i.indisunique, i.indpred IS NOT NULL,
       NOT EXISTS(SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid
                  AND k.contype IN ('p', 'u', 'x')), a.attname, NOT i.indimmediate
FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid
     CROSS JOIN generate_series(0, i.indnkeyatts - 1) part
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[part]
                              AND i.indkey[part] <> 0
WHERE c.relkind IN ('r', 'p') AND i.indisvalid AND {}
ORDER BY c.relname, x.relname, part)sql",
                                      kSeen);
  return each_row(postgres, sql, [&](const Statement& row) {
    LiveTable* table = table_of(tables, row);
    if (table == nullptr) return;
    if (table->indexes.empty() || table->indexes.back().name != row.text(1)) {
      table->indexes.push_back({.name = std::string(row.text(1)),
                                .unique = row.integer(2) != 0,
                                .partial = row.integer(3) != 0,
                                .is_declared = row.integer(4) != 0,
                                .is_deferrable = row.integer(6) != 0});
    }
    table->indexes.back().columns.emplace_back(row.text(5));
  });
}

Result<void> read_foreign_keys(const Database& postgres, const Tables& tables) {
  const std::string sql = fmt::format(R"sql(
SELECT c.relname, f.relname, part, own.attname, theirs.attname
FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f'
     JOIN pg_class f ON f.oid = k.confrelid
     CROSS JOIN generate_subscripts(k.conkey, 1) part
     JOIN pg_attribute own ON own.attrelid = c.oid AND own.attnum = k.conkey[part]
     JOIN pg_attribute theirs ON theirs.attrelid = f.oid AND theirs.attnum = k.confkey[part]
WHERE {} ORDER BY c.relname, k.conname, k.oid, part)sql",
                                      kSeen);
  return each_row(postgres, sql, [&](const Statement& row) {
    LiveTable* table = table_of(tables, row);
    if (table == nullptr) return;
    if (row.integer(2) == 1) table->foreign_keys.push_back({.table = std::string(row.text(1))});
    LiveForeignKey& key = table->foreign_keys.back();
    key.columns.emplace_back(row.text(3));
    key.target_columns.emplace_back(row.text(4));
  });
}

// One text a table: columns in their order, then constraints, then indexes, each as the server
// spells it.
Result<void> read_definitions(const Database& postgres, LiveSchema& schema) {
  const std::string sql = fmt::format(R"sql(
SELECT c.relname, 'TABLE ' || quote_ident(c.relname) || ' (' || concat_ws(', ',
  (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attcollation <> t.typcollation THEN
        'COLLATE ' || (SELECT quote_ident(l.collname) FROM pg_collation l
                       WHERE l.oid = a.attcollation) END,
      CASE WHEN a.attnotnull THEN 'NOT NULL' END,
      CASE a.attidentity WHEN 'a' THEN 'GENERATED ALWAYS AS IDENTITY'
                         WHEN 'd' THEN 'GENERATED BY DEFAULT AS IDENTITY' END,
      CASE WHEN a.atthasdef THEN
        CASE a.attgenerated WHEN 's' THEN 'GENERATED ALWAYS AS ' ELSE 'DEFAULT ' END
        || pg_get_expr(d.adbin, d.adrelid) END), ', ' ORDER BY a.attnum)
   FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT string_agg('CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid),
                     ', ' ORDER BY k.conname, k.oid)
   FROM pg_constraint k WHERE k.conrelid = c.oid)) || ')' ||
  coalesce((SELECT string_agg('; ' || pg_get_indexdef(i.indexrelid), '' ORDER BY x.relname)
            FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
            WHERE i.indrelid = c.oid AND NOT EXISTS(SELECT FROM pg_constraint k
                                                    WHERE k.conindid = i.indexrelid)), '')
FROM pg_class c WHERE c.relkind IN ('r', 'p') AND {} ORDER BY c.relname)sql",
                                      kSeen);
  return each_row(postgres, sql, [&](const Statement& row) {
    schema.tables.push_back({.name = std::string(row.text(0)), .sql = std::string(row.text(1))});
  });
}

Result<void> read_views(const Database& postgres, LiveSchema& schema) {
  const std::string sql = fmt::format(
      "SELECT c.relname, CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW ' ELSE 'VIEW ' END || "
      "quote_ident(c.relname) || ' AS' || pg_get_viewdef(c.oid) FROM pg_class c "
      "WHERE c.relkind IN ('v', 'm') AND {} ORDER BY c.relname",
      kSeen);
  return each_row(postgres, sql, [&](const Statement& row) {
    schema.views.push_back({std::string(row.text(0)), std::string(row.text(1))});
  });
}

Result<void> read_triggers(const Database& postgres, LiveSchema& schema) {
  const std::string sql = fmt::format(
      "SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid) || '; ' || p.prosrc FROM pg_trigger t "
      "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
      "WHERE NOT t.tgisinternal AND t.tgname NOT LIKE 'mig\\_ctl\\_%' AND {} "
      "ORDER BY t.tgname, c.relname",
      kSeen);
  return each_row(postgres, sql, [&](const Statement& row) {
    schema.triggers.push_back(
        {std::string(row.text(1)), std::string(row.text(0)), std::string(row.text(2))});
  });
}

}  // namespace

Result<LiveSchema> read_postgres_schema(const Database& postgres) {
  LiveSchema schema{.dialect = Dialect::Postgres};
  MIG_TRY(read_definitions(postgres, schema));
  MIG_TRY(read_views(postgres, schema));
  MIG_TRY(read_triggers(postgres, schema));
  Tables tables;
  for (LiveTable& table : schema.tables)
    tables.emplace(table.name, &table);
  MIG_TRY(read_columns(postgres, tables));
  MIG_TRY(read_indexes(postgres, tables));
  MIG_TRY(read_foreign_keys(postgres, tables));
  return schema;
}

Result<std::string> postgres_schema_text(const Database& postgres) {
  LiveSchema schema;
  MIG_TRY(read_definitions(postgres, schema));
  MIG_TRY(read_triggers(postgres, schema));
  MIG_TRY(read_views(postgres, schema));
  std::string text;
  for (const LiveTable& table : schema.tables)
    text += table.sql + ";\n";
  for (const LiveTrigger& trigger : schema.triggers)
    text += trigger.sql + ";\n";
  for (const LiveView& view : schema.views)
    text += view.sql + (view.sql.ends_with(';') ? "\n" : ";\n");
  return text;
}

}  // namespace mig::runtime
