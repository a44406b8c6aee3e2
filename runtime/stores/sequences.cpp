#include "runtime/stores/sequences.hpp"

#include <limits>

#include <fmt/format.h>

#include "runtime/stores/catalogue.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/sql_text.hpp"

namespace mig::runtime {
namespace {

// A sequence that belongs to a column of the entity, and counts upwards: of one that counts down
// the highest value says nothing.
struct Owned {
  const plan::Field* field;
  std::string column;        // quoted
  std::string name;          // quoted
  bool is_readable = false;  // by our role
  bool is_quick = false;     // an index tells the highest value
};

constexpr const char* kOwned = R"sql(
SELECT s.name, has_sequence_privilege(s.name, 'SELECT'),
       EXISTS (SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
               JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
               WHERE i.indrelid = quote_ident(?1)::regclass AND i.indisvalid AND i.indpred IS NULL
                     AND a.attname = ?2)
FROM (SELECT pg_get_serial_sequence(quote_ident(?1), ?2) AS name) s
     JOIN pg_sequence p ON p.seqrelid = s.name::regclass
WHERE p.seqincrement > 0)sql";

Result<std::vector<Owned>> owned_sequences(const Database& database, const plan::Plan& plan,
                                           plan::DatasetId dataset) {
  std::vector<Owned> owned;
  MIG_ASSIGN(find, database.prepare(kOwned));
  for (const plan::Field& field : plan.entity_of(dataset).fields) {
    if (!field.type.is_integer()) continue;
    find.bind_text(1, plan.at(dataset).table);
    find.bind_text(2, field.column);
    MIG_ASSIGN(is_owned, find.step());
    if (is_owned) {
      MIG_ASSIGN(column, quote_identifier(field.column));
      owned.push_back(
          {&field, column, std::string(find.text(0)), find.integer(1) != 0, find.integer(2) != 0});
    }
    find.reset();
  }
  return owned;
}

Result<std::optional<std::int64_t>> highest_in(const Database& database, const std::string& table,
                                               const std::string& column) {
  MIG_ASSIGN(most, database.prepare(fmt::format("SELECT max({}) FROM {}", column, table)));
  MIG_TRY(most.step());
  std::optional<std::int64_t> highest;
  if (most.storage_class(0) == StorageClass::Integer) highest = most.integer(0);
  return highest;
}

Result<std::vector<SequenceState>> postgres_sequences(const Database& database,
                                                      const plan::Plan& plan,
                                                      plan::DatasetId dataset) {
  std::vector<SequenceState> states;
  MIG_ASSIGN(table, quote_identifier(plan.at(dataset).table));
  MIG_ASSIGN(all, owned_sequences(database, plan, dataset));
  for (const Owned& owned : all) {
    SequenceState state{.dataset = dataset, .field = owned.field->name, .name = owned.name};
    MIG_ASSIGN(highest, highest_in(database, table, owned.column));
    state.highest = highest;
    if (highest)
      state.mend = fmt::format("SELECT setval({}, {});", quote_text(owned.name), *highest);
    if (owned.is_readable) {
      // Where the next one would be beyond what a number can be, none is handed out any more.
      MIG_ASSIGN(next, database.prepare(fmt::format(
                           "SELECT least(last_value::numeric + CASE WHEN is_called THEN "
                           "seqincrement ELSE 0 END, {})::bigint FROM {}, pg_sequence "
                           "WHERE seqrelid = ?1::text::regclass",
                           std::numeric_limits<std::int64_t>::max(), owned.name)));
      next.bind_text(1, owned.name);
      MIG_TRY(next.step());
      state.next = next.integer(0);
    }
    states.push_back(std::move(state));
  }
  return states;
}

// What was noted for a table with AUTOINCREMENT; for others nothing is. SQLite goes on behind the
// rows all the same, but a note that is behind them lets a key that was deleted come again.
Result<std::vector<SequenceState>> sqlite_sequences(const Database& database,
                                                    const plan::Plan& plan,
                                                    plan::DatasetId dataset) {
  std::vector<SequenceState> states;
  MIG_ASSIGN(has_notes, has_table(database, "sqlite_sequence"));
  if (!has_notes) return states;
  MIG_ASSIGN(noted, database.prepare("SELECT name, seq FROM sqlite_sequence "
                                     "WHERE name = ?1 COLLATE NOCASE"));
  noted.bind_text(1, plan.at(dataset).table);
  MIG_ASSIGN(is_noted, noted.step());
  if (!is_noted) return states;
  const std::string name(noted.text(0));
  const std::int64_t last = noted.integer(1);
  noted.reset();
  MIG_ASSIGN(key, first_text(database, "SELECT name FROM pragma_table_info(?1) WHERE pk = 1",
                             plan.at(dataset).table));
  MIG_ASSIGN(table, quote_identifier(plan.at(dataset).table));
  for (const plan::Field& field : plan.entity_of(dataset).fields) {
    if (!is_same_name(field.column, key)) continue;
    MIG_ASSIGN(column, quote_identifier(field.column));
    MIG_ASSIGN(highest, highest_in(database, table, column));
    SequenceState state{
        .dataset = dataset, .field = field.name, .name = "sqlite_sequence", .highest = highest};
    state.next = last == std::numeric_limits<std::int64_t>::max() ? last : last + 1;
    if (highest)
      state.mend = fmt::format("UPDATE sqlite_sequence SET seq = {} WHERE name = {};", *highest,
                               quote_text(name));
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace

Result<std::vector<SequenceState>> read_sequences(const Database& database, const plan::Plan& plan,
                                                  plan::DatasetId dataset) {
  return database.dialect() == Dialect::Postgres ? postgres_sequences(database, plan, dataset)
                                                 : sqlite_sequences(database, plan, dataset);
}

Result<void> pass_copied_keys(const Database& database, const plan::Plan& plan,
                              plan::DatasetId dataset) {
  if (database.dialect() == Dialect::Sqlite) return {};
  MIG_ASSIGN(exists, has_table(database, plan.at(dataset).table));
  if (!exists) return {};
  MIG_ASSIGN(table, quote_identifier(plan.at(dataset).table));
  MIG_ASSIGN(all, owned_sequences(database, plan, dataset));
  for (const Owned& owned : all) {
    // Nobody may write meanwhile. What has no index is not unique: a number that comes twice is no
    // mistake there.
    if (!owned.field->key && !owned.is_quick) continue;
    MIG_ASSIGN(pass, database.prepare(fmt::format(
                         "SELECT setval(?1::text::regclass, greatest(most, last_value)) FROM {}, "
                         "(SELECT max({}) AS most FROM {}) AS t WHERE most >= 1",
                         owned.name, owned.column, table)));
    pass.bind_text(1, owned.name);
    MIG_TRY(pass.run());
  }
  return {};
}

}  // namespace mig::runtime
