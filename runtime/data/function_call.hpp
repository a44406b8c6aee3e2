// One function of the language, applied to the rows of a batch: what the functions' files see.
//
// Every argument is present in every row of `rows`, except for Equal, NotEqual, Present and Widen.
// A function whose result can be absent finds `present` set and clears it. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/expr.hpp"
#include "runtime/data/cells.hpp"

namespace re2 {
class RE2;
}

namespace mig::runtime {

class ColumnProgram;

// What is worked out once for a call site.
struct Prepared {
  Prepared();
  Prepared(Prepared&&) noexcept;
  Prepared& operator=(Prepared&&) noexcept;
  ~Prepared();

  std::unique_ptr<re2::RE2> regex;
  std::vector<std::string> path;
};

// Looks at the constant arguments that a function wants to know beforehand.
Prepared prepare(plan::Function function, std::span<const Cells* const> arguments);

struct Call {
  plan::Function function;
  const plan::Type& type;  // of the result
  std::span<const Cells* const> arguments;
  std::span<const plan::Type* const> types;  // of the arguments
  Selection rows;
  Cells& result;
  ItemCells& items;  // for results that are lists
  const Prepared& prepared;
  TextArena& arena;
  ColumnProgram& program;
  std::uint32_t domain;

  std::string_view text(std::size_t argument, std::size_t row) const {
    return arguments[argument]->text(row);
  }
  void absent(std::size_t row) const { result.present[row] = 0; }
  void reject(std::size_t row, std::string_view reason) const;
};

// Which results can be absent although every argument is there.
bool can_be_absent(plan::Function function);

void apply_function(const Call& call);

// By file. Each takes the functions of its group only.
void apply_arithmetic(const Call& call);
void apply_comparison(const Call& call);
void apply_widening(const Call& call);
void apply_text(const Call& call);
void apply_pattern(const Call& call);
void apply_mailbox(const Call& call);
void apply_conversion(const Call& call);
void apply_time(const Call& call);
void apply_document(const Call& call);
void apply_digest(const Call& call);

}  // namespace mig::runtime
