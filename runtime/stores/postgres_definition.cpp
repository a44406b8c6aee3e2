#include "runtime/stores/postgres_definition.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/sql_text.hpp"

namespace mig::runtime {
namespace {

// The sequences of the columns of the table `{0}`: `a` of a default, `i` of an identity.
constexpr std::string_view kSequences = R"sql(
  FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
       JOIN pg_namespace n ON n.oid = s.relnamespace JOIN pg_sequence q ON q.seqrelid = s.oid
       JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
       LEFT JOIN pg_sequences p ON p.schemaname = n.nspname AND p.sequencename = s.relname
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = {0} AND d.refobjsubid > 0)sql";

constexpr std::string_view kSequenceRules =
    "concat_ws(' ', 'START WITH', q.seqstart, 'INCREMENT BY', q.seqincrement, 'MINVALUE', "
    "q.seqmin, 'MAXVALUE', q.seqmax, 'CACHE', q.seqcache, CASE WHEN q.seqcycle THEN 'CYCLE' END)";

// Each gives one text, or NULL where there is nothing of the kind.

constexpr std::string_view kOwnSequences = R"sql(
SELECT string_agg(format(E'CREATE SEQUENCE %I.%I AS %s %s;\n', n.nspname, s.relname,
                         format_type(q.seqtypid, NULL), {1}), '' ORDER BY s.relname) {2}
  AND d.deptype = 'a')sql";

constexpr std::string_view kTable = R"sql(
SELECT concat('CREATE ', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' END, 'TABLE ', {3}, ' (',
  concat_ws(', ',
  (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attcollation <> t.typcollation THEN
        (SELECT format('COLLATE %I.%I', n.nspname, l.collname)
         FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
         WHERE l.oid = a.attcollation) END,
      CASE WHEN a.attnotnull THEN 'NOT NULL' END,
      CASE WHEN a.attidentity <> '' THEN
        (SELECT format('GENERATED %s AS IDENTITY (SEQUENCE NAME %I.%I %s)',
                       CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
                       n.nspname, s.relname, {1}) {2}
         AND d.deptype = 'i' AND d.refobjsubid = column_.attnum) END,
      CASE WHEN a.atthasdef THEN
        CASE a.attgenerated WHEN 's' THEN format('GENERATED ALWAYS AS (%s) STORED',
                                                 pg_get_expr(v.adbin, v.adrelid))
                            ELSE format('DEFAULT %s', pg_get_expr(v.adbin, v.adrelid)) END END),
      ', ' ORDER BY a.attnum)
   FROM pg_attribute a CROSS JOIN LATERAL (SELECT a.attnum) column_
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT string_agg(format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), ', '
                     ORDER BY k.conname)
   FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'c', 'x'))),
  ')', ' WITH (' || array_to_string(c.reloptions, ', ') || ')', E';\n')
FROM pg_class c WHERE c.oid = {0})sql";

constexpr std::string_view kIndexes = R"sql(
SELECT string_agg(pg_get_indexdef(i.indexrelid) || E';\n', '' ORDER BY i.indexrelid)
FROM pg_index i WHERE i.indrelid = {0} AND i.indisvalid
  AND NOT EXISTS(SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid
                 AND k.contype IN ('p', 'u', 'x')))sql";

// Where a sequence stands is of no transaction: what it has given since, it has given.
constexpr std::string_view kStandings = R"sql(
SELECT string_agg(concat(
    CASE d.deptype WHEN 'a' THEN
      format(E'ALTER SEQUENCE %I.%I OWNED BY %s.%I;\n', n.nspname, s.relname, {3}, a.attname) END,
    CASE WHEN p.last_value IS NOT NULL THEN
      format(E'SELECT pg_catalog.setval(%L, %s);\n', format('%I.%I', n.nspname, s.relname),
             p.last_value) END), '' ORDER BY s.relname) {2}
  AND d.deptype IN ('a', 'i'))sql";

constexpr std::string_view kTriggers = R"sql(
SELECT string_agg(concat(pg_get_triggerdef(t.oid), E';\n',
    format(E'ALTER TABLE %s %s TRIGGER %I;\n', {3},
           CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
                            WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END, t.tgname)),
    '' ORDER BY t.tgname)
FROM pg_trigger t
WHERE t.tgrelid = {0} AND NOT t.tgisinternal AND t.tgname NOT LIKE 'mig\_ctl\_%')sql";

constexpr std::string_view kRights = R"sql(
SELECT string_agg(format(E'GRANT %s ON %s TO %s%s;\n', g.privilege_type, {3},
    CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
    CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), ''
    ORDER BY g.grantee, g.privilege_type)
FROM pg_class c, aclexplode(c.relacl) g WHERE c.oid = {0} AND g.grantee <> c.relowner)sql";

constexpr std::string_view kReferences = R"sql(
SELECT string_agg(format(E'ALTER TABLE %s ADD CONSTRAINT %I %s;\n', {3}, k.conname,
                         pg_get_constraintdef(k.oid)), '' ORDER BY k.conname)
FROM pg_constraint k WHERE k.conrelid = {0} AND k.contype = 'f')sql";

class DefinitionReader {
 public:
  DefinitionReader(const Database& postgres, std::string oid, const std::string& table)
      : postgres_(postgres), oid_(std::move(oid)), name_(quote_text(table)) {}

  Result<std::string> text(std::string_view query) const {
    const std::string sequences = fmt::format(kSequences, oid_);
    MIG_ASSIGN(rows, postgres_.prepare(
                         fmt::format(fmt::runtime(query), oid_, kSequenceRules, sequences, name_)));
    MIG_TRY(rows.step());
    return rows.storage_class(0) == StorageClass::Null ? std::string() : std::string(rows.text(0));
  }

  Result<std::vector<PostgresDefinition::Column>> columns() const {
    MIG_ASSIGN(rows, postgres_.prepare(
                         fmt::format("SELECT attname, attgenerated <> '' "
                                     "FROM pg_attribute WHERE attrelid = {} AND attnum > 0 AND NOT "
                                     "attisdropped ORDER BY attnum",
                                     oid_)));
    std::vector<PostgresDefinition::Column> found;
    while (true) {
      MIG_ASSIGN(has_row, rows.step());
      if (!has_row) return found;
      found.push_back({std::string(rows.text(0)), rows.integer(1) != 0});
    }
  }

 private:
  const Database& postgres_;
  std::string oid_;
  std::string name_;  // of the table, as a literal
};

}  // namespace

Result<PostgresDefinition> read_definition(const Database& postgres, const std::string& table) {
  MIG_ASSIGN(find, postgres.prepare(
                       "SELECT c.oid::text, format('%I.%I', n.nspname, c.relname) FROM pg_class c "
                       "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = ?1 AND "
                       "c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)"));
  find.bind_text(1, table);
  MIG_ASSIGN(is_there, find.step());
  if (!is_there) {
    return fail(ErrorKind::Permanent, fmt::format("there is no table `{}` to back up", table),
                "take it out of the backup");
  }
  PostgresDefinition made{.table = std::string(find.text(1))};
  const DefinitionReader reader(postgres, std::string(find.text(0)), made.table);
  find.reset();
  MIG_ASSIGN(columns, reader.columns());
  made.columns = std::move(columns);
  for (const std::string_view query : {kOwnSequences, kTable}) {
    MIG_ASSIGN(text, reader.text(query));
    made.before += text;
  }
  for (const std::string_view query : {kIndexes, kStandings, kTriggers, kRights}) {
    MIG_ASSIGN(text, reader.text(query));
    made.after += text;
  }
  MIG_ASSIGN(references, reader.text(kReferences));
  made.references = std::move(references);
  return made;
}

}  // namespace mig::runtime
