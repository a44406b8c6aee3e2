// Foreign keys inside a transaction: when they are looked at, and whether they hold.
//
// Within a transaction what is referred to may go and come back, where its keys let it: all of
// SQLite's do, and those of PostgreSQL that are DEFERRABLE. Nothing refers to a key of Redis. One
// thread, like the store.
#pragma once

#include "runtime/result.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// From here to the end of the transaction, or until `refer_at_once`.
Result<void> refer_later(const Database& database);
Result<void> refer_later(Effect& effect);
// Each statement answers for itself again; where something is amiss already it stays as it is.
Result<void> refer_at_once(const Database& database);
Result<void> refer_at_once(Effect& effect);
// Whether the transaction has left rows without those that they refer to, which its commit would
// refuse.
Result<bool> has_broken_references(const Database& database);
Result<bool> has_broken_references(Effect& effect);

}  // namespace mig::runtime
