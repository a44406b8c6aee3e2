// Transactions of a server that stay open: in whatever database they are, nothing that began behind
// them is followed, and no lock that they hold comes free.
//
// Used before a run starts and by whoever asks what a run waits for. Reads only; one thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// What is under way for a while already; shorter ones end by themselves.
constexpr auto kLongOpen = std::chrono::seconds(10);

// Prepared ones, oldest first, then the process whose writing transaction is the oldest; one
// sentence each, with what ends it. Nothing in a file, where nobody keeps a transaction open
// without a lock that is told of elsewhere.
Result<std::vector<std::string>> long_open_transactions(const Database& database,
                                                        std::chrono::seconds at_least = kLongOpen);

}  // namespace mig::runtime
