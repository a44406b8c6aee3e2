// A store with one table, fenced by a run, and the router through which its application goes.
//
// Used by the tests of routers.
#pragma once

#include <memory>

#include "runtime/stores/control.hpp"
#include "runtime/traffic/router.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace mig::tests {

inline plan::Plan plan_of_users(plan::RouterKind kind) {
  plan::Plan plan;
  plan.name = "split_users";
  plan.stores = {{.name = "app", .location = {"app.db"}}};
  plan.routers = {{.name = "app_switch",
                   .kind = kind,
                   .path = "routes.json",
                   .store = plan::StoreId{0},
                   .table = "mig_routes"}};
  plan.entities = {{.name = "User", .fields = {{.name = "id", .column = "id", .key = true}}}};
  plan.datasets = {{.name = "users", .table = "users"}};
  plan.to = {plan::DatasetId{0}};
  plan.through = plan::RouterId{0};
  return plan;
}

struct RoutedUsers {
  TemporaryFolder folder;
  plan::Plan plan;
  runtime::Stores stores;
  runtime::Authority runner{.journal = "journal", .run = "run", .epoch = 3};
  std::unique_ptr<runtime::Router> router;

  explicit RoutedUsers(plan::RouterKind kind = plan::RouterKind::Table)
      : plan(plan_of_users(kind)), stores(runtime::Stores::find(plan, folder.path(), {}).value()) {
    connection().execute("CREATE TABLE users (id INTEGER PRIMARY KEY) STRICT").value();
    fence(runner);
    router = open_router(stores.plan(), stores, folder.path());
  }

  // From here on that runner holds the table, and nobody else.
  void fence(const runtime::Authority& authority) {
    const auto* database = stores.writer(plan::StoreId{0}).value();
    install_fence(*database, {"users"}, authority, 1).value();
  }
  // Another connection, as an application has one.
  runtime::Database connection() const {
    return runtime::open_sqlite(folder / "app.db", runtime::Mode::Create,
                                {.busy_wait = std::chrono::milliseconds(0)})
        .value();
  }
  runtime::Routes moved() {
    runtime::Routes routes = router->read().value();
    routes.reads.share = plan::Ratio::percent(5);
    routes.writes.mirror = plan::Side::New;
    routes.writes.mode = plan::WriteMode::Transaction;
    return routes;
  }
};

}  // namespace mig::tests
