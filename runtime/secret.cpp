#include "runtime/secret.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

constexpr std::size_t kLongestSecret = std::size_t{16} * 1024;

Result<Secret> read_secret_file(const std::string& path) {
  if (!path.starts_with('/')) {
    return fail(ErrorKind::Permanent, fmt::format("the secret file `{}` is not absolute", path),
                "write `file:` and a path that begins with `/`");
  }
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) {
    return fail(ErrorKind::Permanent,
                fmt::format("the secret file `{}` cannot be read: {}", path, std::strerror(errno)),
                "check the path and its permissions");
  }
  std::array<char, kLongestSecret + 1> buffer;
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < buffer.size() &&
         (got = read(file, buffer.data() + size, buffer.size() - size)) > 0) {
    size += static_cast<std::size_t>(got);
  }
  close(file);
  std::string_view text(buffer.data(), size);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  const bool is_usable = got == 0 && !text.empty() && size <= kLongestSecret;
  auto secret = is_usable ? Result<Secret>(Secret(text))
                          : fail(ErrorKind::Permanent,
                                 fmt::format("the secret file `{}` is empty or unreadable or over "
                                             "{} bytes",
                                             path, kLongestSecret),
                                 "put one secret on one line");
  explicit_bzero(buffer.data(), buffer.size());
  return secret;
}

}  // namespace

Secret::Secret(std::string_view text) : data_(new char[text.size() + 1]), size_(text.size()) {
  std::ranges::copy(text, data_);
  data_[size_] = '\0';
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    clear();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret::~Secret() {
  clear();
}

void Secret::clear() noexcept {
  if (data_ != nullptr) explicit_bzero(data_, size_);
  delete[] std::exchange(data_, nullptr);
  size_ = 0;
}

Result<Secret> resolve_secret(std::string_view reference, const EnvironmentLookup& environment) {
  constexpr std::string_view kEnv = "env:";
  constexpr std::string_view kFile = "file:";
  if (reference.starts_with(kFile)) {
    return read_secret_file(std::string(reference.substr(kFile.size())));
  }
  if (reference.starts_with(kEnv)) {
    const std::string name(reference.substr(kEnv.size()));
    auto value = environment(name);
    if (!value || value->empty()) {
      return fail(ErrorKind::Permanent, fmt::format("the secret `env:{}` is not set", name),
                  fmt::format("set the environment variable `{}`", name));
    }
    Secret secret(*value);
    explicit_bzero(value->data(), value->size());
    return secret;
  }
  // The reference itself may be a password that somebody pasted; it is not repeated.
  return fail(ErrorKind::Permanent, "a secret is named by `env:NAME` or `file:/path`",
              "put the secret into the environment or a file and name that");
}

}  // namespace mig::runtime
