// When rows expire, as far as both sides of a comparison know such a thing. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "runtime/clock.hpp"
#include "runtime/stores/keyset_reader.hpp"

namespace mig::runtime {

// In Unix milliseconds, or kNoExpiry; nothing where the page's store keeps rows for good.
inline std::optional<std::int64_t> expiry_of(const Page& page, std::size_t row) {
  return page.expiries.empty() ? std::nullopt : std::optional(page.expiries[row]);
}

// Within a second, which whoever sets an expiry from now on may be off.
inline bool expire_together(std::optional<std::int64_t> left, std::optional<std::int64_t> right) {
  constexpr std::int64_t kSecond = 1000;
  if (!left || !right) return true;
  if ((*left == kNoExpiry) != (*right == kNoExpiry)) return false;
  return std::abs(*left - *right) <= kSecond;
}

inline bool has_expired(std::int64_t expiry, Instant now) {
  const auto at = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  return expiry != kNoExpiry && expiry <= at.count();
}

}  // namespace mig::runtime
