#include "runtime/stores/store_control.hpp"

#include "runtime/stores/redis_control.hpp"

namespace mig::runtime {

Result<void> install_fence(const OpenStore& store, const std::vector<std::string>& resources,
                           const Authority& authority, std::int64_t head_seq, Takeover takeover) {
  return store.visit(
      [&](auto& kind) { return install_fence(kind, resources, authority, head_seq, takeover); });
}

Result<void> install_fences(Stores& stores, const Authority& authority, std::int64_t head_seq,
                            Takeover takeover) {
  for (const plan::StoreId id : files_of(stores)) {
    if (!stores.exists(id)) continue;
    MIG_ASSIGN(store, stores.writing(id));
    MIG_TRY(install_fence(store, resources_of(stores, id), authority, head_seq, takeover));
  }
  return {};
}

Result<std::vector<Fence>> read_fences(const OpenStore& store) {
  return store.visit([](auto& kind) { return read_fences(kind); });
}

Result<std::vector<FinishedRun>> finished_runs(const OpenStore& store) {
  return store.visit([](auto& kind) { return finished_runs(kind); });
}

Result<std::optional<std::string>> recorded_environment(const OpenStore& store) {
  return store.visit([](auto& kind) { return recorded_environment(kind); });
}

Result<void> release(const OpenStore& store, const FinishedRun& finished) {
  return store.visit([&](auto& kind) { return release(kind, finished); });
}

Result<std::string> identity(const OpenStore& store) {
  return store.visit([](auto& kind) { return identity(kind); });
}

}  // namespace mig::runtime
