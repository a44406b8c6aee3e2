#include "runtime/stores/instance.hpp"

#include <sys/stat.h>

#include <fmt/format.h>

#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {
namespace {

Result<Instance> file_of(const Database& database) {
  struct stat status {};
  if (stat(path_of(database).c_str(), &status) == 0) {
    return Instance{"sqlite", fmt::format("{}:{}", status.st_dev, status.st_ino),
                    std::to_string(status.st_ino)};
  }
  return fail(ErrorKind::Permanent, fmt::format("`{}` cannot be looked at", database.shown_place()),
              "check that the file exists and may be read");
}

// A clone of the server has its system identifier, so its address counts as well.
Result<Instance> server_of(const Database& database) {
  MIG_ASSIGN(rows, database.prepare(
                       "SELECT s.system_identifier::text, c.timeline_id::text, "
                       "current_database()::text, coalesce(host(inet_server_addr()), 'local') || "
                       "':' || current_setting('port') "
                       "FROM pg_control_system() s, pg_control_checkpoint() c"));
  MIG_TRY(rows.step());
  const auto text = [&](int column) { return std::string(rows.text(column)); };
  return Instance{"postgres", fmt::format("{}:{}:{}:{}", text(0), text(1), text(2), text(3)),
                  fmt::format("{}:{}", text(0), text(2))};
}

}  // namespace

Result<Instance> instance_of(const Database& database) {
  return database.dialect() == Dialect::Sqlite ? file_of(database) : server_of(database);
}

}  // namespace mig::runtime
