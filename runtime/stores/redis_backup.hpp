// The keys of a dataset in Redis on their way into a backup: every key of its form, whatever stands
// under it, as DUMP gives it, with the moment at which it expires.
//
// Redis shows no moment that stands still, so nobody may write to the keys meanwhile: each is
// looked at once more behind the copy, and those that came are counted. A key that has expired by
// then is no difference. Memory is bounded by the largest value, whatever their number. One thread.
#pragma once

#include <memory>
#include <string>

#include "compiler/plan/plan.hpp"
#include "runtime/stores/backup_source.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

// `taken_at`: for people. The stores and the plan outlive the source.
Result<std::unique_ptr<BackupSource>> redis_backup(Stores& stores, const plan::Plan& plan,
                                                   plan::DatasetId dataset, std::string taken_at);

}  // namespace mig::runtime
