// A router of the kind `table`: the routing document is a row beside the application's data.
//
// An application reads the row in the transaction of its own write, in PostgreSQL FOR SHARE, so a
// change of the row waits for the writes that were decided before it, and every later one sees it.
// In PostgreSQL it is notified, too, on the channel of the table's name. The table appears with the
// first document and goes with the last. One thread, like the stores.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/stores/stores.hpp"
#include "runtime/traffic/router.hpp"

namespace mig::runtime {

class RoutingTable final : public Router {
 public:
  // The stores outlive it.
  RoutingTable(Stores& stores, plan::StoreId store, std::string table, RouterName name,
               Routes initial);

  Result<Routes> read() override;
  Result<void> write(const Routes& wanted, const Authority& authority, Instant now) override;
  Result<void> restore(const Authority& authority) override;

  // Inside a transaction of the caller, who holds the store's fence: what else changes with the
  // routes changes in the same instant.
  Result<Routes> read_within(const Database& database) const { return read_from(database); }
  Result<void> write_within(const Database& database, const Routes& wanted,
                            const Authority& authority, Instant now) const;
  Result<void> restore_within(const Database& database, const Authority& authority) const;

 private:
  Result<Routes> read_from(const Database& database) const;
  Result<bool> is_ours(const Database& database) const;
  Result<void> remove_row(const Database& database) const;
  Result<void> notify(const Database& database, std::int64_t version) const;

  Stores& stores_;
  plan::StoreId store_;
  std::string table_;
  RouterName name_;
  Routes initial_;
};

// Of a plan or a view of it. REQUIRES: it goes through one. The stores outlive it.
RoutingTable open_routing_table(const plan::Plan& plan, Stores& stores);

}  // namespace mig::runtime
