// A table of PostgreSQL's on its way into a backup: all its columns, of one moment.
//
// A cell stands in the file as the server writes it, whole numbers and bytes as SQLite's own, so no
// type is too strange and nothing is rounded. Pages come by a cursor, in constant memory. The
// table is locked as by any reader meanwhile: its rows may change, its columns may not. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/stores/backup_source.hpp"
#include "runtime/stores/store_snapshot.hpp"

namespace mig::runtime {

// Before anything is read in the snapshot: keeps the tables from being emptied or altered beneath
// it, and refuses where the role would be shown some of the rows only.
Result<void> hold_tables(const Database& snapshot, const std::vector<std::string>& tables);

// REQUIRES: `snapshot` holds the dataset's table; it is let go behind the last page. `taken_at`:
// for people. The plan outlives the source.
std::unique_ptr<BackupSource> postgres_backup(const plan::Plan& plan, plan::DatasetId dataset,
                                              std::shared_ptr<StoreSnapshot> snapshot,
                                              std::string taken_at);

}  // namespace mig::runtime
