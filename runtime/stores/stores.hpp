// The plan's stores, opened when they are first used.
//
// Every store has one connection that reads and one that writes; stores in one place, a file or a
// database of a server, share them. One that was lost is opened anew by the next use. Belongs to
// one thread at a time, like the databases it hands out.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/secret.hpp"
#include "runtime/stores/open_store.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

class PostgresSlotStream;

enum class IfMissing { Refuse, Create };

class Stores {
 public:
  // `folder`: what relative paths of the plan are relative to. The plan outlives the stores. Fails
  // where the plan names a path by `secret(…)` and `environment` or the file does not give it.
  static Result<Stores> find(const plan::Plan& plan, const std::filesystem::path& folder,
                             const EnvironmentLookup& environment);

  const plan::Plan& plan() const { return plan_; }
  // Of a file.
  std::filesystem::path path(plan::StoreId store) const { return places_[store.index].text; }
  // What messages call the place: the path, or where the plan says that it is kept.
  const std::string& shown_path(plan::StoreId store) const { return places_[store.index].shown; }
  bool is_file(plan::StoreId store) const;
  // A file may not be there yet. A server is taken to be there: asking it is what tells.
  bool exists(plan::StoreId store) const;
  bool is_one_file(plan::StoreId left, plan::StoreId right) const;

  // Of whatever kind, to read from. Lives as long as the stores do.
  Result<OpenStore> reading(plan::StoreId store);
  // The one that changes are made with.
  Result<OpenStore> writing(plan::StoreId store, IfMissing if_missing = IfMissing::Refuse);

  // What follows is for stores that speak SQL, and Permanent elsewhere.
  // Opened read-only: nothing can be written by mistake.
  Result<const Database*> reader(plan::StoreId store);
  // A connection of the caller's own, for a look that outlasts a slice.
  Result<Database> another_reader(plan::StoreId store) const;
  // Foreign keys are enforced on it.
  Result<const Database*> writer(plan::StoreId store, IfMissing if_missing = IfMissing::Refuse);
  // Another one, for whoever changes what a connection sees: what is attached to it has names too.
  Result<Database> own_writer(plan::StoreId store) const;
  // Another one to a server that is in use, for whoever listens to it.
  Result<RedisConnection> another_redis(plan::StoreId store) const;
  // Another one to a PostgreSQL, which speaks replication.
  Result<Database> another_stream(plan::StoreId store) const;
  // The streams that are open, by the name of their slot: whoever follows one shares it.
  std::map<std::string, std::shared_ptr<PostgresSlotStream>>& slot_streams() { return streams_; }
  // Closes what is open; the next use opens it again.
  void close();

  // A folder for what is put aside meanwhile.
  const std::filesystem::path& scratch() const { return scratch_; }

 private:
  struct Place {
    std::string text;  // a path, or what libpq takes
    std::string shown;
  };
  struct Connections {
    std::unique_ptr<Database> reader;
    std::unique_ptr<Database> writer;
    std::unique_ptr<RedisConnection> redis_reader;
    std::unique_ptr<RedisConnection> redis_writer;
  };
  Stores(const plan::Plan& plan, std::vector<Place> places, std::filesystem::path scratch);
  bool is_redis(plan::StoreId store) const;
  Result<OpenStore> redis(plan::StoreId store,
                          std::unique_ptr<RedisConnection> Connections::*which);
  Result<Database> open(plan::StoreId store, Mode mode) const;
  Result<Database> open_server(plan::StoreId store, Mode mode) const;
  Result<Database> open_writer(plan::StoreId store, Mode mode) const;
  void finish_recovery(plan::StoreId store) const;

  const plan::Plan& plan_;
  std::vector<Place> places_;                       // by StoreId
  std::map<std::string, Connections> connections_;  // by the text of their place
  // Whoever still holds one of these meets what it met.
  std::vector<std::unique_ptr<Database>> lost_;
  std::vector<std::unique_ptr<RedisConnection>> lost_redis_;
  std::map<std::string, std::shared_ptr<PostgresSlotStream>> streams_;
  std::filesystem::path scratch_;
};

// The datasets of the plan that stand in this store's file, in the plan's order.
std::vector<plan::DatasetId> datasets_in(const Stores& stores, plan::StoreId store);

// The stores of the plan, each file once.
std::vector<plan::StoreId> files_of(const Stores& stores);

}  // namespace mig::runtime
