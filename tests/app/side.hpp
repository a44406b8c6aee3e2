// One side of the data as an application knows it: how a row with a value is read and written
// there.
//
// A value is a number that nobody else writes; every other column follows from it, so that both
// sides of a migration hold the same for the same value. Calls stand inside the caller's
// transaction on `connection()`. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/app/connection.hpp"
#include "tests/app/history.hpp"

namespace mig::app {

class Side {
 public:
  virtual ~Side() = default;

  virtual Connection& connection() = 0;
  virtual Cell read(const std::string& key) = 0;
  // False where the row is there already, and nothing has changed.
  virtual bool insert(const std::string& key, std::int64_t value) = 0;
  // False where there is no such row.
  virtual bool update(const std::string& key, std::int64_t value) = 0;
  virtual void replace(const std::string& key, std::int64_t value) = 0;
  virtual bool remove(const std::string& key) = 0;
  // Another key and another value; false where there is no such row, or where the key is taken.
  virtual bool rename(const std::string& key, const std::string& to, std::int64_t value) = 0;
  // Every key of the workload that has a row: they begin with `app-`.
  virtual std::vector<std::pair<std::string, std::int64_t>> all() = 0;
};

// Of examples/01_package_index. `folder` holds its files.
std::unique_ptr<Side> open_old_side(const std::string& folder);
// Null while there is no such file yet.
std::unique_ptr<Side> open_new_side(const std::string& folder);

}  // namespace mig::app
