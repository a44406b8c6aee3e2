// Where a plan's routing document lies: what its steps see of a router.
//
// Made when it is used. One thread, like the stores it may use.
#pragma once

#include <filesystem>
#include <memory>

#include "runtime/result.hpp"
#include "runtime/stores/stores.hpp"
#include "runtime/traffic/routes.hpp"

namespace mig::runtime {

class Router {
 public:
  virtual ~Router() = default;

  // The initial routes where there is no document yet; Permanent where something else lies there.
  virtual Result<Routes> read() = 0;
  // Replaces the document: whoever reads it sees the old one or the new one. Conflict when a newer
  // epoch of the same run wrote it. Writing what it says already changes nothing.
  virtual Result<void> write(const Routes& wanted, const Authority& authority, Instant now) = 0;
  // Takes the document away again if this run made it and everything is back where it was.
  virtual Result<void> restore(const Authority& authority) = 0;
};

// Of a plan or a view of it. A resource has a document of its own, so that several may share a
// router. REQUIRES: it goes through a router. The stores outlive it.
std::unique_ptr<Router> open_router(const plan::Plan& plan, Stores& stores,
                                    const std::filesystem::path& folder);

}  // namespace mig::runtime
