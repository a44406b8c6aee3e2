// One side of the data as an application knows it: how a row with a value is read and written
// there.
//
// A value is a number that nobody else writes; every other column follows from it, so that both
// sides of a migration hold the same for the same value. Calls stand inside the caller's
// transaction on `connection()`. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/app/connection.hpp"
#include "tests/app/history.hpp"

namespace mig::app {

class Side {
 public:
  virtual ~Side() = default;

  virtual Connection& connection() = 0;
  // First in a transaction that writes these rows, for whoever has other writers beside him.
  virtual void lock(const std::vector<std::string>& keys) = 0;
  virtual Cell read(const std::string& key) = 0;
  // False where the row is there already, and nothing has changed.
  virtual bool insert(const std::string& key, std::int64_t value) = 0;
  // False where there is no such row.
  virtual bool update(const std::string& key, std::int64_t value) = 0;
  virtual void replace(const std::string& key, std::int64_t value) = 0;
  virtual bool remove(const std::string& key) = 0;
  // Another key and another value; false where there is no such row, or where the key is taken.
  virtual bool rename(const std::string& key, const std::string& to, std::int64_t value) = 0;
  // Every key of the workload that has a row.
  virtual std::vector<std::pair<std::string, std::int64_t>> all() = 0;
};

// Where both sides are: URLs of servers, or paths of files.
struct Places {
  std::string old_side;
  std::string new_side;
};

// What an application moves: both sides of one migration.
class Sides {
 public:
  virtual ~Sides() = default;

  virtual Side& old_side() = 0;
  // Null while there is no such file yet. Its connection reads the routing document.
  virtual Side* new_side() = 0;
  // Whether the old side stands in the same store, and on the same connection.
  virtual bool is_one_store() const = 0;
  // Of the workload's rows; any number from 0. The bytes that the document's hash takes are its
  // own.
  virtual std::string key(std::int64_t number) const = 0;
};

// Of the package index; its old side is a file.
std::unique_ptr<Sides> open_index(const Places& places);
// Of the users that are split; the old side is a store with the new one where both are in one
// place.
std::unique_ptr<Sides> open_users(const Places& places);
// Of the sessions; the new side is a Redis, the old one a Redis or a PostgreSQL. Both are URLs.
std::unique_ptr<Sides> open_sessions(const Places& places);

// An application, by the name of what it moves.
struct Application {
  std::string_view name;
  std::string_view plan;  // whose document it follows
  std::string_view router;
  Places files;  // in its folder, unless other places are named
  std::unique_ptr<Sides> (*open)(const Places& places);
};
inline const std::array kApplications = {
    Application{"index", "split_index", "glue", {"legacy.db", "catalog.db"}, open_index},
    Application{"users", "split_users", "app_switch", {"app.db", "app.db"}, open_users},
    Application{"sessions", "move_sessions", "glue", {}, open_sessions}};

}  // namespace mig::app
