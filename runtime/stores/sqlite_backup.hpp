// A table of a SQLite file on its way into a backup: the table as it is, with its indexes, and
// every cell as it is, whatever its column is declared: it keeps rows that fit no type. One thread.
#pragma once

#include <memory>

#include "compiler/plan/plan.hpp"
#include "runtime/stores/backup_source.hpp"
#include "runtime/stores/store_snapshot.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

// `snapshot`: of a file with a write-ahead log; the other datasets of that file share it. A look
// as long as that would stop the writers of any other file, so there it is null, and the tables
// have to stand still. The stores and the plan outlive the source.
std::unique_ptr<BackupSource> sqlite_backup(Stores& stores, const plan::Plan& plan,
                                            plan::DatasetId dataset,
                                            std::shared_ptr<StoreSnapshot> snapshot);

}  // namespace mig::runtime
