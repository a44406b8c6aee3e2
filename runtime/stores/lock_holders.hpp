// Who holds a lock on a file or has it open, for messages: "locked by process 4711, T (stopped)".
//
// Reads /proc only. It never opens the file itself: closing a second descriptor of a SQLite file
// would drop the locks of every connection this process has to it. Best effort, thread-safe.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace mig::runtime {

// The processes with a POSIX or OFD lock on `path` as far as the kernel tells; not this one.
std::vector<pid_t> lock_holders(const std::filesystem::path& path);

// The processes that have `path` open for writing, as far as we may look; not this one.
std::vector<pid_t> writers_of(const std::filesystem::path& path);

// `S (sleeping)`, `T (stopped)`; nothing when there is no such process.
std::optional<std::string> process_state(pid_t process);

// "process 4711 (`mig`, T (stopped))", as much of it as is known.
std::string describe_process(pid_t process);

}  // namespace mig::runtime
