#include "runtime/traffic/router.hpp"

#include <cassert>

#include "compiler/plan/views.hpp"
#include "runtime/traffic/routing_channel.hpp"
#include "runtime/traffic/routing_file.hpp"
#include "runtime/traffic/routing_table.hpp"

namespace mig::runtime {

std::unique_ptr<Router> open_router(const plan::Plan& plan, Stores& stores,
                                    const std::filesystem::path& folder) {
  assert(plan.through.has_value());
  const plan::Router& router = plan.at(*plan.through);
  switch (router.kind) {
    case plan::RouterKind::File:
      return std::make_unique<RoutingFile>(folder / own_path(plan, router.path), stores,
                                           router_name(plan), initial_routes(plan));
    case plan::RouterKind::Table:
      return std::make_unique<RoutingTable>(open_routing_table(plan, stores));
    case plan::RouterKind::Channel:
      return std::make_unique<RoutingChannel>(open_routing_channel(plan, stores));
    case plan::RouterKind::Hook:
    case plan::RouterKind::Redis:
    case plan::RouterKind::Http:
    case plan::RouterKind::Postgres:
      break;  // no run is started with one of them (compiler/plan/carried_out.hpp)
  }
  assert(false && "every router of a run is of a kind that this version opens");
  return nullptr;
}

}  // namespace mig::runtime
