#include "runtime/stores/lock_holders.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

std::optional<std::string> status_field(pid_t process, std::string_view field) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(field)) continue;
    const auto start = line.find_first_not_of(" \t", field.size());
    return start == std::string::npos ? std::string{} : line.substr(start);
  }
  return std::nullopt;
}

}  // namespace

std::vector<pid_t> lock_holders(const std::filesystem::path& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return {};
  const std::string wanted =
      fmt::format("{:02x}:{:02x}:{}", major(file.st_dev), minor(file.st_dev), file.st_ino);
  std::vector<pid_t> holders;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    // 1: POSIX  ADVISORY  WRITE 4711 fe:00:1234 1073741826 1073742335
    std::istringstream words(line);
    std::string number, kind;
    words >> number >> kind;
    if (kind == "->") continue;  // somebody who waits
    std::string strength, access, identity;
    pid_t process = 0;
    words >> strength >> access >> process >> identity;
    if (words && identity == wanted && process > 0 && process != getpid()) {
      holders.push_back(process);
    }
  }
  std::ranges::sort(holders);
  holders.erase(std::ranges::unique(holders).begin(), holders.end());
  return holders;
}

std::optional<std::string> process_state(pid_t process) {
  return status_field(process, "State:");
}

std::string describe_process(pid_t process) {
  const auto name = status_field(process, "Name:");
  const auto state = process_state(process);
  if (!name || !state) return fmt::format("process {}", process);
  return fmt::format("process {} (`{}`, {})", process, *name, *state);
}

}  // namespace mig::runtime
