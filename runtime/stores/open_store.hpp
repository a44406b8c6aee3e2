// A store that is open, of whatever kind: a database that speaks SQL, or a Redis server.
//
// Steps pass it on; only what differs between kinds asks which one it is. Copied like a pointer,
// and lasts as long as what it was made of. One thread, like that.
#pragma once

#include <string>
#include <utility>

#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

class OpenStore {
 public:
  // Implicit: whoever takes a store takes a database.
  OpenStore(const Database& database) : sql_(&database) {}
  OpenStore(RedisConnection& redis) : redis_(&redis) {}

  // Null where it is of the other kind.
  const Database* sql() const { return sql_; }
  RedisConnection* redis() const { return redis_; }

  // What messages call it.
  const std::string& shown_place() const {
    return sql_ != nullptr ? sql_->shown_place() : redis_->shown();
  }
  bool is_lost() const { return sql_ != nullptr ? sql_->is_lost() : redis_->is_lost(); }

  // Calls with whichever it is.
  template <class Visitor>
  auto visit(Visitor&& visitor) const {
    return sql_ != nullptr ? std::forward<Visitor>(visitor)(*sql_)
                           : std::forward<Visitor>(visitor)(*redis_);
  }

 private:
  const Database* sql_ = nullptr;
  RedisConnection* redis_ = nullptr;
};

}  // namespace mig::runtime
