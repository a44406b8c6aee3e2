#include "runtime/stores/sql_effect.hpp"

#include <cassert>

#include "runtime/stores/control.hpp"
#include "runtime/stores/postgres_pgoutput.hpp"

namespace mig::runtime {

Result<std::optional<Applied>> read_applied(const Database& database, const std::string& run,
                                            std::string_view step) {
  MIG_ASSIGN(exists, has_control_tables(database));
  if (!exists) return std::optional<Applied>();
  MIG_ASSIGN(rows,
             database.prepare("SELECT cursor, rows_read, moved, kept, rejected, written, finished "
                              "FROM mig_ctl_applied WHERE run = ?1 AND step = ?2"));
  rows.bind_text(1, run);
  rows.bind_text(2, step);
  MIG_ASSIGN(has_row, rows.step());
  if (!has_row) return std::optional<Applied>();
  Applied applied;
  applied.cursor = rows.text(0);
  applied.counts = {rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4),
                    rows.integer(5)};
  applied.finished = rows.integer(6) != 0;
  return applied;
}

Result<SqlEffect> SqlEffect::begin(const Database& database,
                                   const std::vector<std::string>& resources,
                                   const Authority& authority, std::string step, FenceLock lock) {
  MIG_ASSIGN(transaction, Transaction::begin_write(database));
  MIG_TRY(check_fence(database, resources, authority, lock));
  // Triggers look for the one, readers of a slot for the other.
  MIG_TRY(database.execute(database.dialect() == Dialect::Sqlite
                               ? std::string("INSERT INTO mig_ctl_origin(actor) VALUES('mig')")
                               : "SET LOCAL mig.origin = 'mig'; SELECT " + own_writes_sql()));
  SqlEffect effect(database, std::move(transaction), authority.run, std::move(step));
  MIG_ASSIGN(applied, read_applied(database, effect.run_, effect.step_));
  effect.applied_ = std::move(applied);
  return effect;
}

Result<void> SqlEffect::commit(const Applied& now, Durable durable) {
  assert(now.counts.balance() && "every row that was read is moved, kept or rejected");
  const bool can_wait = durable == Durable::WithTheNext && !now.finished;
  if (can_wait && database_->dialect() == Dialect::Postgres)
    MIG_TRY(database_->execute("SET LOCAL synchronous_commit = off"));
  MIG_TRY(write_note(step_, now));
  return finish();
}

Result<void> SqlEffect::note_part(std::size_t part, const Applied& now) {
  return write_note(part_name(step_, part), now);
}

Result<void> SqlEffect::write_note(const std::string& step, const Applied& now) {
  MIG_ASSIGN(write, database_->prepare(
                        "INSERT INTO mig_ctl_applied(run, step, cursor, rows_read, moved, kept, "
                        "rejected, written, finished) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
                        "ON CONFLICT(run, step) DO UPDATE SET cursor = excluded.cursor, "
                        "rows_read = excluded.rows_read, moved = excluded.moved, "
                        "kept = excluded.kept, rejected = excluded.rejected, "
                        "written = excluded.written, finished = excluded.finished"));
  write.bind_text(1, run_);
  write.bind_text(2, step);
  write.bind_text(3, now.cursor);
  write.bind(4, now.counts.read);
  write.bind(5, now.counts.moved);
  write.bind(6, now.counts.kept);
  write.bind(7, now.counts.rejected);
  write.bind(8, now.counts.written);
  write.bind(9, std::int64_t{now.finished});
  return write.run();
}

Result<void> SqlEffect::forget_parts() {
  const std::string prefix = part_name(step_, 0).substr(0, step_.size() + 1);
  MIG_ASSIGN(drop, database_->prepare("DELETE FROM mig_ctl_applied WHERE run = ?1 "
                                      "AND substr(step, 1, length(?2)) = ?2"));
  drop.bind_text(1, run_);
  drop.bind_text(2, prefix);
  return drop.run();
}

Result<void> SqlEffect::commit_undone() {
  MIG_TRY(forget_parts());
  {
    MIG_ASSIGN(drop,
               database_->prepare("DELETE FROM mig_ctl_applied WHERE run = ?1 AND step = ?2"));
    drop.bind_text(1, run_);
    drop.bind_text(2, step_);
    MIG_TRY(drop.run());
  }
  return finish();
}

Result<void> SqlEffect::finish() {
  if (database_->dialect() == Dialect::Sqlite)
    MIG_TRY(database_->execute("DELETE FROM mig_ctl_origin"));
  return transaction_.commit();
}

}  // namespace mig::runtime
