// The keys of a dataset, sorted by their bytes, in a scratch file: SCAN gives them in no order and
// more than once, and a copy reads pages behind a place.
//
// Memory is bounded, whatever the number of keys: they are appended as they come and sorted once on
// disk. The file is gone when this ends; whoever was killed gathers anew and goes on behind the
// same place. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/drift_scratch.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

class RedisKeySet {
 public:
  // In that folder, which is made where it is missing.
  static Result<RedisKeySet> open(const std::filesystem::path& folder);

  // Forgets all keys.
  Result<void> clear();
  Result<void> add(std::string_view key);
  // After the last one: sorts them, each once. What follows may then be asked.
  Result<void> finish();

  // Up to `limit` keys behind `after` (nothing: from the first) up to and with `until` (nothing: to
  // the last). A key may be empty.
  Result<void> range(const std::optional<std::string>& after,
                     const std::optional<std::string>& until, std::size_t limit,
                     std::vector<std::string>& keys);
  std::int64_t count() const { return count_; }
  Result<std::optional<std::string>> last() const;  // nothing where there is none

 private:
  RedisKeySet(std::unique_ptr<ScratchFile> file, Database database, Statement add, Statement range)
      : file_(std::move(file)),
        database_(std::move(database)),
        add_(std::move(add)),
        range_(std::move(range)) {}

  std::unique_ptr<ScratchFile> file_;  // statements end before their database, and that before it
  Database database_;
  Statement add_;
  Statement range_;
  std::int64_t count_ = 0;
};

}  // namespace mig::runtime
