// A router of the kind `file`: the routing document is a file, which an application reads whenever
// it has changed.
//
// A reader sees the old document or the new one, never half of one. No file means that nothing has
// moved. One thread.
#pragma once

#include <filesystem>
#include <optional>

#include "runtime/stores/sql_database.hpp"
#include "runtime/traffic/file_lock.hpp"
#include "runtime/traffic/router.hpp"

namespace mig::runtime {

class RoutingFile final : public Router {
 public:
  RoutingFile(std::filesystem::path path, Stores& stores, RouterName name, Routes initial);

  Result<Routes> read() override;
  Result<void> write(const Routes& wanted, const Authority& authority, Instant now) override;
  Result<void> restore(const Authority& authority) override;

 private:
  // One of the two.
  struct Held {
    std::optional<Transaction> transaction;
    std::optional<FileLock> lock;
  };
  Result<Held> hold_fence(const Authority& authority) const;

  std::filesystem::path path_;
  Stores& stores_;
  RouterName name_;
  Routes initial_;
};

}  // namespace mig::runtime
