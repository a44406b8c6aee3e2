// The hash chain over a journal's records. FORMAT.md documents the bytes; change both or neither.
// Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "runtime/data/sha256.hpp"
#include "runtime/journal/journal.hpp"

namespace mig::runtime {

// What record 1 is chained to: it binds the records to their journal.
Sha256 chain_start(std::string_view journal_uuid);

// The exact bytes whose SHA-256 is the record's hash.
std::string chained_bytes(const Sha256& previous, const JournalRecord& record);

Sha256 chain_next(const Sha256& previous, const JournalRecord& record);

}  // namespace mig::runtime
