// How the runtime reports what the world did: a value, or an Error that says what kind of trouble
// it is.
//
// Failure policy reads `kind`, never the text; people read the text. Our own mistakes are asserts.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace mig::runtime {

enum class ErrorKind {
  Transient,  // may pass by itself: a busy database, a refused connection
  Conflict,   // somebody else was there: a lock, a fence of another epoch, a changed schema
  Permanent,  // will fail again until a person changes something
};

// Why a person has to look, where `kind` alone does not say it; exit codes follow it.
enum class Cause {
  Other,
  Damaged,   // a file is not what was written into it
  Newer,     // a file is of a newer format than this program reads
  DiskFull,  // nothing is wrong but the space: what is journaled as a pause, never as a failure
};

// One clear sentence, and what to do next. Both are shown as they are, so neither holds a secret or
// a row.
struct Error {
  ErrorKind kind = ErrorKind::Permanent;
  std::string message;
  std::string help;
  Cause cause = Cause::Other;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string message, std::string help = {},
                                   Cause cause = Cause::Other) {
  return std::unexpected(Error{kind, std::move(message), std::move(help), cause});
}

// Leaves the calling function with the error of a Result that has no value.
#define MIG_TRY(expression)                                  \
  do {                                                       \
    if (auto mig_result = (expression); !mig_result) {       \
      return std::unexpected(std::move(mig_result).error()); \
    }                                                        \
  } while (false)

// Declares `name` with the value of a Result, or leaves the calling function with its error.
#define MIG_ASSIGN(name, expression)                                            \
  auto name##_result = (expression);                                            \
  if (!name##_result) return std::unexpected(std::move(name##_result).error()); \
  auto& name = *name##_result  // NOLINT(bugprone-macro-parentheses): a declaration takes none

}  // namespace mig::runtime
