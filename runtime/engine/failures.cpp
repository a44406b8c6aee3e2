#include "runtime/engine/failures.hpp"

#include <cassert>

#include <fmt/format.h>

namespace mig::runtime {

plan::Trouble trouble_of(const Error& error) {
  if (error.cause == Cause::DiskFull) return plan::Trouble::DiskFull;
  switch (error.kind) {
    case ErrorKind::Transient:
      return plan::Trouble::Transient;
    case ErrorKind::Conflict:
      return plan::Trouble::Conflict;
    case ErrorKind::Permanent:
      return plan::Trouble::Permanent;
  }
  assert(false && "every kind is a trouble");
  return plan::Trouble::Permanent;
}

std::string sentence(const Error& error) {
  return error.help.empty() ? error.message : fmt::format("{}; {}", error.message, error.help);
}

}  // namespace mig::runtime
