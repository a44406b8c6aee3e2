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
  switch (router.kind) {
    case plan::RouterKind::File:
      return std::make_unique<RoutingFile>(folder / own_path(plan, router.path), router_name(plan),
                                           initial_routes(plan));
    case plan::RouterKind::Table:
      return std::make_unique<RoutingTable>(open_routing_table(plan, stores));
  }
  assert(false && "every kind of router is opened");
  return nullptr;
}

}  // namespace mig::runtime
