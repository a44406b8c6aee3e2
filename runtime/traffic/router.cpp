#include "runtime/traffic/router.hpp"

#include <cassert>

#include "compiler/plan/views.hpp"
#include "runtime/traffic/routing_file.hpp"
#include "runtime/traffic/routing_table.hpp"

namespace mig::runtime {

std::unique_ptr<Router> open_router(const plan::Plan& plan, Stores& stores,
                                    const std::filesystem::path& folder) {
  assert(plan.through.has_value());
  const plan::Router& router = plan.at(*plan.through);
  RouterName name{.plan = plan.name, .router = router.name};
  if (plan.seen_by) name.router += "." + plan.at(*plan.seen_by).name;
  switch (router.kind) {
    case plan::RouterKind::File:
      return std::make_unique<RoutingFile>(folder / own_path(plan, router.path), std::move(name),
                                           initial_routes(plan));
    case plan::RouterKind::Table:
      return std::make_unique<RoutingTable>(stores, router.store.value(), router.table,
                                            std::move(name), initial_routes(plan));
  }
  assert(false && "every kind of router is opened");
  return nullptr;
}

}  // namespace mig::runtime
