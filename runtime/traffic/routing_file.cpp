#include "runtime/traffic/routing_file.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <unistd.h>

#include <fmt/format.h>

#include "runtime/durable_file.hpp"
#include "runtime/full_disk.hpp"
#include "runtime/stores/control.hpp"
#include "runtime/stores/redis_control.hpp"

namespace mig::runtime {
namespace {

std::unexpected<Error> cannot(std::string_view verb, const std::filesystem::path& path, int error) {
  return fail(ErrorKind::Permanent,
              fmt::format("the routing file {} cannot be {}: {}", path.string(), verb,
                          std::strerror(error)),
              is_disk_full(error) ? "free space on its disk, then run the same command again"
                                  : "check its folder and its permissions",
              is_disk_full(error) ? Cause::DiskFull : Cause::Other);
}

}  // namespace

RoutingFile::RoutingFile(std::filesystem::path path, Stores& stores, RouterName name,
                         Routes initial)
    : path_(std::move(path)),
      stores_(stores),
      name_(std::move(name)),
      initial_(std::move(initial)) {}

// A file knows no transactions, and after a rollback there is no document that could name a newer
// epoch. So the fence of a store is held, under its write lock, while the file is changed: nobody
// who takes the run over gets past that.
Result<RoutingFile::Held> RoutingFile::hold_fence(const Authority& authority) const {
  Held held;
  for (const plan::StoreId store : files_of(stores_)) {
    if (!stores_.exists(store)) continue;
    MIG_ASSIGN(opened, stores_.writing(store));
    if (opened.redis() != nullptr) {
      // No fence is held there. Whoever took the run over waits here for whom it took it from, and
      // that one finds the newer fence.
      if (!held.lock) {
        MIG_ASSIGN(lock, FileLock::wait(path_.string() + ".lock"));
        held.lock.emplace(std::move(lock));
      }
      MIG_TRY(check_fence(*opened.redis(), resources_of(stores_, store), authority));
      continue;
    }
    MIG_ASSIGN(transaction, Transaction::begin_write(*opened.sql()));
    MIG_TRY(check_fence(*opened.sql(), resources_of(stores_, store), authority));
    held.transaction.emplace(std::move(transaction));
    return held;
  }
  assert(held.lock);  // a run begins with the old side
  return held;
}

Result<Routes> RoutingFile::read() {
  std::ifstream in(path_, std::ios::binary);
  if (!in) {
    if (errno == ENOENT) return initial_;
    return cannot("read", path_, errno);
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto routes = decode_routes(text, initial_);
  if (!routes) {
    return fail(ErrorKind::Permanent, fmt::format("{} is not a routing document", path_.string()),
                "move it away, or name another path in the plan's router");
  }
  return std::move(*routes);
}

Result<void> RoutingFile::write(const Routes& wanted, const Authority& authority, Instant now) {
  const auto held = hold_fence(authority);
  if (!held) return std::unexpected(held.error());
  MIG_ASSIGN(present, read());
  MIG_ASSIGN(next, next_routes(present, wanted, authority, now));
  if (!next) return {};
  if (const auto error = replace_durably(path_, encode(*next, name_)); error) {
    return cannot("written", path_, error.value());
  }
  return {};
}

Result<void> RoutingFile::restore(const Authority& authority) {
  const auto held = hold_fence(authority);
  if (!held) return std::unexpected(held.error());
  MIG_ASSIGN(present, read());
  if (!is_spent(present, authority)) return {};
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) return cannot("removed", path_, errno);
  return {};
}

}  // namespace mig::runtime
