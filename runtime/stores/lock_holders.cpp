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

std::vector<pid_t> writers_of(const std::filesystem::path& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return {};
  std::vector<pid_t> writers;
  std::error_code failed;  // processes end while they are looked at, others are not ours to see
  for (const auto& entry : std::filesystem::directory_iterator("/proc", failed)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const pid_t process = std::stoi(name);
    if (process == getpid()) continue;
    for (const auto& open : std::filesystem::directory_iterator(entry.path() / "fd", failed)) {
      struct stat target {};
      struct stat link {};
      const bool is_it = stat(open.path().c_str(), &target) == 0 && target.st_dev == file.st_dev &&
                         target.st_ino == file.st_ino && lstat(open.path().c_str(), &link) == 0;
      if (!is_it || (link.st_mode & S_IWUSR) == 0) continue;
      writers.push_back(process);
      break;
    }
  }
  std::ranges::sort(writers);
  return writers;
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
