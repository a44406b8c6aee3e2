// A router of the kind `channel`: the routing document is a field of a hash in Redis, and whoever
// listens hears of every change.
//
//   NAME    hash      a router's name: its document
//   NAME    channel   the document's new version, 0 where the field is gone
//
// Field and message are of one transaction. An application that writes watches the hash, and mig's
// guard where its data stand in the same Redis, reads both, and sends what it writes in MULTI and
// EXEC: an EXEC that was decided by another document does nothing (FORMAT.md). The hash appears
// with the first document and goes with the last. One thread, like the stores.
#pragma once

#include <string>

#include "runtime/stores/stores.hpp"
#include "runtime/traffic/router.hpp"

namespace mig::runtime {

class RoutingChannel final : public Router {
 public:
  // The stores outlive it.
  RoutingChannel(Stores& stores, plan::StoreId store, std::string key, RouterName name,
                 Routes initial);

  Result<Routes> read() override;
  Result<void> write(const Routes& wanted, const Authority& authority, Instant now) override;
  Result<void> restore(const Authority& authority) override;

 private:
  // What is to become of the field: the document that follows, or nothing, which takes it away.
  struct Change {
    std::optional<Routes> next;
  };
  template <class Decide>
  Result<void> change(const Authority& authority, const Decide& decide);
  Result<RedisConnection*> redis(bool is_for_writes) const;
  Result<Routes> read_from(RedisConnection& redis) const;

  Stores& stores_;
  plan::StoreId store_;
  std::string key_;
  RouterName name_;
  Routes initial_;
};

// Of a plan or a view of it. REQUIRES: it goes through one. The stores outlive it.
RoutingChannel open_routing_channel(const plan::Plan& plan, Stores& stores);

}  // namespace mig::runtime
