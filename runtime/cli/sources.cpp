#include "runtime/cli/sources.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sys/stat.h>

#include <fmt/format.h>

namespace mig::cli {

namespace {

SourceText unreadable(std::string message, ExitCode exit) {
  return SourceText{{}, Unreadable{std::move(message), exit}};
}

SourceText too_large(const std::string& path) {
  return unreadable(
      fmt::format("`{}` is larger than 16 MiB; a plan is a text that people read", path),
      ExitCode::PlanWrong);
}

// The offset of the first byte that is not part of a UTF-8 text, or none.
std::optional<std::size_t> find_not_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead == 0) return at;
    std::size_t length = 1;
    if (lead >= 0x80) {
      if (lead < 0xC2 || lead > 0xF4) return at;
      length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
      if (at + length > text.size()) return at;
      const auto second = static_cast<unsigned char>(text[at + 1]);
      const bool is_overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
      const bool is_no_point = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
      if (is_overlong || is_no_point) return at;
      for (std::size_t i = 1; i < length; ++i) {
        if ((static_cast<unsigned char>(text[at + i]) & 0xC0U) != 0x80U) return at;
      }
    }
    at += length;
  }
  return std::nullopt;
}

}  // namespace

SourceText checked_source(const std::string& path, std::string text) {
  if (text.size() > syntax::SourceSet::kMaxBytes) return too_large(path);
  const auto broken = find_not_utf8(text);
  if (!broken) return SourceText{std::move(text), std::nullopt};
  if (text.find('\0') != std::string::npos) {
    return unreadable(fmt::format("`{}` is a binary file, not a plan; name a .mig file", path),
                      ExitCode::PlanWrong);
  }
  const auto line =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*broken), '\n');
  return unreadable(fmt::format("`{}` is not UTF-8 in line {}; save it as UTF-8", path, line + 1),
                    ExitCode::PlanWrong);
}

SourceText read_source(const std::string& path) {
  const bool is_input = path == "-";
  struct stat status {};
  if (!is_input && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return unreadable(fmt::format("`{}` is a directory; name a .mig file", path), ExitCode::Usage);
  }
  const auto close = [&](std::FILE* file) { return is_input ? 0 : std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(
      is_input ? stdin : std::fopen(path.c_str(), "rb"), close);
  if (file == nullptr) {
    return unreadable(
        fmt::format("cannot read `{}`: {}; check the path", path, std::strerror(errno)),
        ExitCode::Usage);
  }
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file.get())) {
    text.append(buffer, count);
    if (text.size() > syntax::SourceSet::kMaxBytes) return too_large(path);
  }
  if (std::ferror(file.get()) != 0) {
    return unreadable(
        fmt::format("cannot read `{}`: {}; check the path", path, std::strerror(errno)),
        ExitCode::Usage);
  }
  return checked_source(path, std::move(text));
}

void report_unreadable(const Unreadable& problem, ExitCode& exit) {
  fmt::print(stderr, "mig: {}\n", problem.message);
  exit = std::max(exit, problem.exit);
}

}  // namespace mig::cli
