// Numbers in network order, as PostgreSQL's binary formats have them.
//
// Used by the codecs of postgres_types, postgres_numeric and postgres_tuples. Pure.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace mig::runtime {

template <std::integral T>
T network_order(T value) {
  static_assert(std::endian::native == std::endian::little);
  if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  if constexpr (sizeof(T) == 8)
    return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
}

template <std::integral T>
void append_number(std::string& out, T value) {
  const T turned = network_order(value);
  out.append(reinterpret_cast<const char*>(&turned), sizeof turned);
}

// Of at least `at + sizeof(T)` bytes.
template <std::integral T>
T number_at(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return network_order(value);
}

}  // namespace mig::runtime
