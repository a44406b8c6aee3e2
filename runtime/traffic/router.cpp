#include "runtime/traffic/router.hpp"

#include <cassert>

#include "runtime/traffic/routing_file.hpp"

namespace mig::runtime {

std::unique_ptr<Router> open_router(Stores& stores, const std::filesystem::path& folder) {
  const plan::Plan& plan = stores.plan();
  assert(plan.through.has_value());
  const plan::Router& router = plan.at(*plan.through);
  RouterName name{.plan = plan.name, .router = router.name};
  return std::make_unique<RoutingFile>(folder / router.path, std::move(name), initial_routes(plan));
}

}  // namespace mig::runtime
