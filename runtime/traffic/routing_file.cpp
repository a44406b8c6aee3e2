#include "runtime/traffic/routing_file.hpp"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/durable_file.hpp"
#include "runtime/full_disk.hpp"

namespace mig::runtime {
namespace {

constexpr std::string_view kFormat = "mig.routes/1";

std::string_view spelling(plan::Side side) {
  switch (side) {
    case plan::Side::Old:
      return "old";
    case plan::Side::New:
      return "new";
    case plan::Side::None:
      return "none";
  }
  assert(false && "every side has a spelling");
  return {};
}

std::optional<plan::Side> side_of(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return std::nullopt;
  for (const auto side : {plan::Side::Old, plan::Side::New, plan::Side::None}) {
    if (*found == spelling(side)) return side;
  }
  return std::nullopt;
}

std::unexpected<Error> cannot(std::string_view verb, const std::filesystem::path& path, int error) {
  return fail(ErrorKind::Permanent,
              fmt::format("the routing file {} cannot be {}: {}", path.string(), verb,
                          std::strerror(error)),
              is_disk_full(error) ? "free space on its disk, then run the same command again"
                                  : "check its folder and its permissions",
              is_disk_full(error) ? Cause::DiskFull : Cause::Other);
}

}  // namespace

RoutingFile::RoutingFile(std::filesystem::path path, std::string router, std::string plan)
    : path_(std::move(path)), router_(std::move(router)), plan_(std::move(plan)) {}

Result<Routes> RoutingFile::read() const {
  std::ifstream in(path_, std::ios::binary);
  if (!in) {
    if (errno == ENOENT) return Routes{};
    return cannot("read", path_, errno);
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const bool is_document = json.is_object() && json.value("format", nlohmann::json()) == kFormat;
  const auto reads = is_document ? side_of(json, "reads") : std::nullopt;
  const auto writes = is_document ? side_of(json, "writes") : std::nullopt;
  const bool is_whole =
      reads && writes && json.contains("version") && json["version"].is_number_integer();
  if (!is_whole) {
    return fail(ErrorKind::Permanent, fmt::format("{} is not a routing document", path_.string()),
                "move it away, or name another path in the plan's router");
  }
  Routes routes{.reads = *reads, .writes = *writes, .version = json["version"].get<std::int64_t>()};
  const auto text_of = [&](const char* key) {
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>()
                                                       : std::string();
  };
  routes.run = text_of("run");
  routes.created_by = text_of("created_by");
  if (json.contains("epoch") && json["epoch"].is_number_integer())
    routes.epoch = json["epoch"].get<std::int64_t>();
  return routes;
}

Result<void> RoutingFile::write(Routes wanted, const Authority& authority, Instant now) const {
  MIG_ASSIGN(present, read());
  if (present.run == authority.run && present.epoch > authority.epoch) {
    return fail(ErrorKind::Conflict, fmt::format("epoch {} of this run has written {} already",
                                                 present.epoch, path_.string()));
  }
  const bool is_there = present.version > 0 && present.reads == wanted.reads &&
                        present.writes == wanted.writes && present.run == authority.run &&
                        present.epoch == authority.epoch;
  if (is_there) return {};
  nlohmann::ordered_json json;
  json["format"] = kFormat;
  json["router"] = router_;
  json["plan"] = plan_;
  json["version"] = present.version + 1;
  json["reads"] = spelling(wanted.reads);
  json["writes"] = spelling(wanted.writes);
  json["run"] = authority.run;
  json["epoch"] = authority.epoch;
  json["created_by"] = present.version == 0 ? authority.run : present.created_by;
  json["changed_at"] = print(now);
  if (const auto error = replace_durably(path_, json.dump(2) + "\n"); error) {
    return cannot("written", path_, error.value());
  }
  return {};
}

Result<void> RoutingFile::restore(const Authority& authority) const {
  MIG_ASSIGN(present, read());
  const bool is_ours = present.version > 0 && present.created_by == authority.run;
  const bool is_back = present.reads == plan::Side::Old && present.writes == plan::Side::Old;
  if (!is_ours || !is_back) return {};
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) return cannot("removed", path_, errno);
  return {};
}

RoutingFile routing_file(const World& world) {
  assert(world.plan.through.has_value());
  const plan::Router& router = world.plan.at(*world.plan.through);
  return RoutingFile(world.folder / router.path, router.name, world.plan.name);
}

}  // namespace mig::runtime
