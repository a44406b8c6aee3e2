#include "runtime/stores/control.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/stores/catalogue.hpp"
#include "runtime/stores/instance.hpp"
#include "runtime/stores/lineage.hpp"

namespace mig::runtime {
namespace {

constexpr const char* kSqliteTables = R"sql(
CREATE TABLE IF NOT EXISTS mig_ctl_meta(
  name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mig_ctl_fence(
  resource TEXT NOT NULL PRIMARY KEY, journal TEXT NOT NULL, run TEXT NOT NULL,
  epoch INTEGER NOT NULL, head_seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mig_ctl_applied(
  run TEXT NOT NULL, step TEXT NOT NULL, cursor TEXT NOT NULL, rows_read INTEGER NOT NULL,
  moved INTEGER NOT NULL, kept INTEGER NOT NULL, rejected INTEGER NOT NULL,
  written INTEGER NOT NULL, finished INTEGER NOT NULL,
  PRIMARY KEY(run, step)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mig_ctl_origin(actor TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS mig_ctl_reject(
  run TEXT NOT NULL, step TEXT NOT NULL, dataset TEXT NOT NULL, row_key TEXT NOT NULL,
  shown_key TEXT NOT NULL, field TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
  owner TEXT NOT NULL, closed TEXT,
  PRIMARY KEY(run, step, row_key)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mig_ctl_run(
  journal TEXT NOT NULL, run TEXT NOT NULL, plan_name TEXT NOT NULL, plan_hash TEXT NOT NULL,
  env TEXT NOT NULL, outcome TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY(journal, run)) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO mig_ctl_meta(name, value) VALUES
  ('format', '1'), ('file', lower(hex(randomblob(16))));
)sql";

// The lock keeps two runners from making them at the same time, which one of them would not
// survive. There is no table of origins: a transaction of ours says so in `mig.origin`.
constexpr const char* kPostgresTables = R"sql(
SELECT pg_advisory_xact_lock(7165061472123487601);
CREATE TABLE IF NOT EXISTS mig_ctl_meta(name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE IF NOT EXISTS mig_ctl_fence(
  resource text PRIMARY KEY, journal text NOT NULL, run text NOT NULL,
  epoch bigint NOT NULL, head_seq bigint NOT NULL);
CREATE TABLE IF NOT EXISTS mig_ctl_applied(
  run text NOT NULL, step text NOT NULL, cursor text NOT NULL, rows_read bigint NOT NULL,
  moved bigint NOT NULL, kept bigint NOT NULL, rejected bigint NOT NULL,
  written bigint NOT NULL, finished bigint NOT NULL, PRIMARY KEY(run, step));
CREATE TABLE IF NOT EXISTS mig_ctl_reject(
  run text NOT NULL, step text NOT NULL, dataset text NOT NULL, row_key text NOT NULL,
  shown_key text NOT NULL, field text NOT NULL, reason text NOT NULL, at text NOT NULL,
  owner text NOT NULL, closed text, PRIMARY KEY(run, step, row_key));
CREATE TABLE IF NOT EXISTS mig_ctl_run(
  journal text NOT NULL, run text NOT NULL, plan_name text NOT NULL, plan_hash text NOT NULL,
  env text NOT NULL, outcome text NOT NULL, at text NOT NULL, PRIMARY KEY(journal, run));
CREATE TABLE IF NOT EXISTS mig_ctl_block(
  run text NOT NULL, step text NOT NULL, moment text NOT NULL, behind text NOT NULL,
  blocks text NOT NULL, PRIMARY KEY(run, step, behind));
INSERT INTO mig_ctl_meta(name, value) VALUES
  ('format', '1'), ('file', replace(gen_random_uuid()::text, '-', '')) ON CONFLICT DO NOTHING;
)sql";

constexpr const char* kDropTables =
    "DROP TABLE mig_ctl_meta; DROP TABLE mig_ctl_fence; DROP TABLE mig_ctl_applied;"
    "DROP TABLE IF EXISTS mig_ctl_origin; DROP TABLE mig_ctl_reject; DROP TABLE mig_ctl_run;"
    "DROP TABLE IF EXISTS mig_ctl_block;";

constexpr std::string_view kSqliteGuards =
    "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name LIKE "
    "'mig\\_ctl\\_guard\\_%' ESCAPE '\\'";
constexpr std::string_view kPostgresGuards =
    "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'mig\\_ctl\\_guard\\_%'";

bool is_sqlite(const Database& database) {
  return database.dialect() == Dialect::Sqlite;
}

Result<std::int64_t> count(const Database& database, std::string_view sql) {
  MIG_ASSIGN(rows, database.prepare(sql));
  MIG_ASSIGN(has_row, rows.step());
  return has_row ? rows.integer(0) : 0;
}

Result<void> delete_of_run(const Database& database, std::string_view table,
                           const std::string& run) {
  MIG_ASSIGN(rows, database.prepare(fmt::format("DELETE FROM {} WHERE run = ?1", table)));
  rows.bind_text(1, run);
  return rows.run();
}

Result<void> drop_lineages_of(const Database& database, const std::string& run) {
  std::vector<std::string> tables;
  MIG_ASSIGN(fences, read_fences(database));
  for (const Fence& fence : fences) {
    if (fence.run == run) tables.push_back(fence.resource);
  }
  return remove_lineages(database, tables);
}

Result<std::vector<Fence>> fences_of(Statement& rows) {
  std::vector<Fence> fences;
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return fences;
    fences.push_back({std::string(rows.text(0)), std::string(rows.text(1)),
                      std::string(rows.text(2)), rows.integer(3), rows.integer(4)});
  }
}

// Always in one order, so that two transactions never wait for each other.
Result<std::vector<Fence>> lock_fences(const Database& database,
                                       const std::vector<std::string>& resources, FenceLock lock) {
  std::string marks;
  for (std::size_t i = 1; i <= resources.size(); ++i)
    marks += fmt::format("{}?{}", i == 1 ? "" : ", ", i);
  MIG_ASSIGN(exists, has_control_tables(database));
  if (!exists) return std::vector<Fence>();
  MIG_ASSIGN(rows, database.prepare(fmt::format(
                       "SELECT resource, journal, run, epoch, head_seq FROM mig_ctl_fence "
                       "WHERE resource IN ({}) ORDER BY resource FOR {}",
                       marks, lock == FenceLock::Alone ? "UPDATE" : "SHARE")));
  for (std::size_t i = 0; i < resources.size(); ++i)
    rows.bind_text(static_cast<int>(i) + 1, resources[i]);
  return fences_of(rows);
}

Result<void> drop_if_unused(const Database& database) {
  MIG_ASSIGN(rows,
             count(database, fmt::format("SELECT (SELECT count(*) FROM mig_ctl_fence)"
                                         " + (SELECT count(*) FROM mig_ctl_applied)"
                                         " + (SELECT count(*) FROM mig_ctl_reject)"
                                         " + (SELECT count(*) FROM mig_ctl_run) + ({})",
                                         is_sqlite(database) ? kSqliteGuards : kPostgresGuards)));
  if (rows > 0) return {};
  return database.execute(kDropTables);
}

Result<std::string> meta(const Database& database, std::string_view name) {
  MIG_ASSIGN(rows, database.prepare("SELECT value FROM mig_ctl_meta WHERE name = ?1"));
  rows.bind_text(1, name);
  MIG_ASSIGN(has_row, rows.step());
  return has_row ? std::string(rows.text(0)) : std::string();
}

// Kept with the place: whoever copies the store may give the copy another environment.
Result<void> record_environment(const Database& database, const std::string& environment) {
  if (environment == plan::kDefaultEnvironment) return {};
  MIG_ASSIGN(recorded, recorded_environment(database));
  if (recorded) return {};
  MIG_ASSIGN(here, instance_of(database));
  MIG_ASSIGN(write, database.prepare("INSERT INTO mig_ctl_meta(name, value) VALUES"
                                     "('environment', ?1), ('environment_inode', ?2) "
                                     "ON CONFLICT(name) DO UPDATE SET value = excluded.value"));
  write.bind_text(1, environment);
  write.bind_text(2, here.copy);
  return write.run();
}

}  // namespace

std::unexpected<Error> held_by_another(const std::string& place, const Fence& fence) {
  return fail(
      ErrorKind::Conflict,
      fmt::format("`{}` in `{}` is being moved by the run `{}` of the journal `{}`", fence.resource,
                  place, fence.run, fence.journal),
      "finish or roll back that run; if its journal is lost, `mig unlock --take` takes over");
}

std::unexpected<Error> overtaken(const Fence& fence, const Authority& authority) {
  return fail(ErrorKind::Conflict,
              fmt::format("another runner has taken over the run `{}`: `{}` is held under epoch "
                          "{}, ours is {}",
                          fence.run, fence.resource, fence.epoch, authority.epoch),
              "nothing is to be done here; look at it with `mig status`");
}

bool is_held_by(const Fence& fence, const Authority& authority) {
  return fence.journal == authority.journal && fence.run == authority.run;
}

Result<std::optional<std::string>> recorded_environment(const Database& database) {
  MIG_ASSIGN(exists, has_control_tables(database));
  if (!exists) return std::optional<std::string>();
  MIG_ASSIGN(environment, meta(database, "environment"));
  MIG_ASSIGN(inode, meta(database, "environment_inode"));
  MIG_ASSIGN(here, instance_of(database));
  if (environment.empty() || inode != here.copy) return std::optional<std::string>();
  return std::optional(environment);
}

std::vector<std::string> resources_of(const Stores& stores, plan::StoreId store) {
  std::vector<std::string> resources;
  for (const plan::DatasetId dataset : datasets_in(stores, store))
    resources.push_back(stores.plan().at(dataset).place());
  std::ranges::sort(resources);
  const auto repeated = std::ranges::unique(resources);
  resources.erase(repeated.begin(), repeated.end());
  if (resources.empty()) resources.emplace_back("*");
  return resources;
}

Result<void> create_control_tables(const Database& database) {
  return database.execute(is_sqlite(database) ? kSqliteTables : kPostgresTables);
}

Result<bool> has_control_tables(const Database& database) {
  return has_table(database, "mig_ctl_fence");
}

Result<std::vector<Fence>> read_fences(const Database& database) {
  MIG_ASSIGN(exists, has_control_tables(database));
  if (!exists) return std::vector<Fence>();
  MIG_ASSIGN(rows, database.prepare("SELECT resource, journal, run, epoch, head_seq "
                                    "FROM mig_ctl_fence ORDER BY resource"));
  return fences_of(rows);
}

Result<void> install_fence(const Database& database, const std::vector<std::string>& resources,
                           const Authority& authority, std::int64_t head_seq, Takeover takeover) {
  MIG_ASSIGN(transaction, Transaction::begin_write(database));
  MIG_TRY(create_control_tables(database));
  MIG_ASSIGN(fences, read_fences(database));
  for (const Fence& fence : fences) {
    if (std::ranges::find(resources, fence.resource) == resources.end()) continue;
    if (is_held_by(fence, authority)) {
      if (fence.epoch > authority.epoch) return overtaken(fence, authority);
    } else if (takeover == Takeover::Polite) {
      return held_by_another(database.shown_place(), fence);
    }
  }
  MIG_ASSIGN(write,
             database.prepare("INSERT INTO mig_ctl_fence(resource, journal, run, epoch, head_seq) "
                              "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(resource) DO UPDATE SET "
                              "journal = excluded.journal, run = excluded.run, "
                              "epoch = excluded.epoch, head_seq = excluded.head_seq"));
  for (const std::string& resource : resources) {
    write.bind_text(1, resource);
    write.bind_text(2, authority.journal);
    write.bind_text(3, authority.run);
    write.bind(4, authority.epoch);
    write.bind(5, head_seq);
    MIG_TRY(write.run());
  }
  return transaction.commit();
}

Result<void> check_fence(const Database& database, const std::vector<std::string>& resources,
                         const Authority& authority, FenceLock lock) {
  // A file's write lock keeps its fences as they are; elsewhere they are locked themselves, so that
  // a takeover waits for whom it takes over, and a follower and a copy never overlap.
  MIG_ASSIGN(fences,
             is_sqlite(database) ? read_fences(database) : lock_fences(database, resources, lock));
  for (const std::string& resource : resources) {
    const auto fence = std::ranges::find(fences, resource, &Fence::resource);
    if (fence == fences.end()) {
      return fail(ErrorKind::Conflict,
                  fmt::format("the run `{}` does not hold `{}` in `{}`", authority.run, resource,
                              database.shown_place()),
                  "somebody released it; start the run again with `mig apply`");
    }
    if (!is_held_by(*fence, authority)) return held_by_another(database.shown_place(), *fence);
    if (fence->epoch != authority.epoch) return overtaken(*fence, authority);
  }
  return {};
}

Result<void> release(const Database& database, const FinishedRun& finished) {
  MIG_ASSIGN(transaction, Transaction::begin_write(database));
  MIG_ASSIGN(exists, has_control_tables(database));
  if (!exists) return transaction.commit();
  MIG_TRY(drop_lineages_of(database, finished.run));
  MIG_TRY(delete_of_run(database, "mig_ctl_fence", finished.run));
  MIG_TRY(delete_of_run(database, "mig_ctl_applied", finished.run));
  MIG_ASSIGN(has_blocks, has_table(database, "mig_ctl_block"));
  if (has_blocks) MIG_TRY(delete_of_run(database, "mig_ctl_block", finished.run));
  if (finished.outcome == "rolled_back") {
    MIG_TRY(delete_of_run(database, "mig_ctl_reject", finished.run));
  } else {
    MIG_ASSIGN(write,
               database.prepare("INSERT INTO mig_ctl_run(journal, run, plan_name, plan_hash, env, "
                                "outcome, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                                "ON CONFLICT(journal, run) DO UPDATE SET plan_name = "
                                "excluded.plan_name, plan_hash = excluded.plan_hash, env = "
                                "excluded.env, outcome = excluded.outcome, at = excluded.at"));
    int parameter = 0;
    for (const std::string* value :
         {&finished.journal, &finished.run, &finished.plan_name, &finished.plan_hash, &finished.env,
          &finished.outcome, &finished.at}) {
      write.bind_text(++parameter, *value);
    }
    MIG_TRY(write.run());
    MIG_TRY(record_environment(database, finished.env));
  }
  MIG_TRY(drop_if_unused(database));
  return transaction.commit();
}

Result<std::vector<FinishedRun>> finished_runs(const Database& database) {
  std::vector<FinishedRun> found;
  MIG_ASSIGN(exists, has_control_tables(database));
  if (!exists) return found;
  MIG_ASSIGN(rows, database.prepare("SELECT journal, run, plan_name, plan_hash, env, outcome, at "
                                    "FROM mig_ctl_run ORDER BY at DESC, run"));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return found;
    const auto text = [&](int column) { return std::string(rows.text(column)); };
    found.push_back({text(0), text(1), text(2), text(3), text(4), text(5), text(6)});
  }
}

Result<std::string> identity(const Database& database) {
  MIG_ASSIGN(here, instance_of(database));
  std::string own;
  MIG_ASSIGN(exists, has_control_tables(database));
  if (exists) {
    MIG_ASSIGN(recorded, meta(database, "file"));
    own = recorded;
  }
  return fmt::format("{}:{}:{}", here.kind, own.empty() ? "new" : own, here.place);
}

}  // namespace mig::runtime
