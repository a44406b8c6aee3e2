// A password or token. It cannot be printed, formatted, compared or copied; its memory is cleared
// when it ends. Used by store adapters at the moment of connecting, through `reveal` only.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/result.hpp"

namespace mig::runtime {

class Secret {
 public:
  explicit Secret(std::string_view text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  // The one way out. The view lasts as long as the Secret; do not copy it into anything that is
  // logged, journaled or shown.
  std::string_view reveal() const { return {data_, size_}; }

  bool operator==(const Secret&) const = delete;

 private:
  void clear() noexcept;

  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// Answers for one environment variable. Only the command line has a real one.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;

// `env:NAME` or `file:/absolute/path` (one final line break is dropped). Errors name the reference
// and never what it leads to.
Result<Secret> resolve_secret(std::string_view reference, const EnvironmentLookup& environment);

}  // namespace mig::runtime
