// The value of what has to work in a bench; a failure ends the program with its sentence.
#pragma once

#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "runtime/result.hpp"

namespace mig::bench {

template <class Value>
Value need(runtime::Result<Value> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}\n", result.error().message);
  std::exit(70);
}
inline void need(const runtime::Result<void>& result) {
  if (result) return;
  fmt::print(stderr, "{}\n", result.error().message);
  std::exit(70);
}

}  // namespace mig::bench
