#include "runtime/traffic/routing_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <unistd.h>

#include <fmt/format.h>

#include "runtime/durable_file.hpp"
#include "runtime/full_disk.hpp"

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

RoutingFile::RoutingFile(std::filesystem::path path, RouterName name, Routes initial)
    : path_(std::move(path)), name_(std::move(name)), initial_(std::move(initial)) {}

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
  MIG_ASSIGN(present, read());
  MIG_ASSIGN(next, next_routes(present, wanted, authority, now));
  if (!next) return {};
  if (const auto error = replace_durably(path_, encode(*next, name_)); error) {
    return cannot("written", path_, error.value());
  }
  return {};
}

Result<void> RoutingFile::restore(const Authority& authority) {
  MIG_ASSIGN(present, read());
  if (!is_spent(present, authority)) return {};
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) return cannot("removed", path_, errno);
  return {};
}

}  // namespace mig::runtime
